"""Runs and cost: what the pages say is what the commands say, and what the journal holds."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from typer.testing import CliRunner

from freshground.core.clock import iso
from freshground.lake.progress import Beat
from freshground.lake.usage import Used
from freshground.service.cli import runs as commands
from freshground.service.cli import usage as usage_command
from freshground.service.cli.app import app
from freshground.service.reports import StageReport
from freshground.service.ui import live
from freshground.service.ui.rendering import age, count, decimal, moment, money
from tests.project import Project, article
from tests.ui.chromium import chromium
from tests.ui.desk import desk, somebody

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

HOSTILE = "<script>alert(1)</script>\u202e"
AIRFLOW = "freshground_silver_docs/scheduled__2026-11-20T18:00:00+00:00"


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Project:
    """Three refreshes and a run of Airflow: all new; one document more, one set aside; a guard."""
    project = Project(tmp_path_factory.mktemp("runs"), engine="memory")
    project.changes = {
        "encoder": {"model": "hashing-64", "price_per_million_tokens": 20.0},
        "budget": {"tokens_per_day": 100_000, "money_per_run": 50.0},
        "sources": [
            {"id": "docs", "type": "files", "url": "docs", "access": "public"},
            {"id": "legal", "type": "files", "url": "legal", "access": {"groups": ["legal"]}},
        ],
        "indexes": [
            {"id": name, "sources": sources, "engine": "memory"}
            for name, sources in (("all", ["docs", "legal"]), ("docs", ["docs"]))
        ],
    }
    project.fill(12)
    project.write("../legal/a.md", article(50))
    project.refresh()
    project.write("d100.md", article(100))
    project.write("../legal/secret.md", b"")
    project.refresh(later=timedelta(days=1), comment=HOSTILE)
    project.delete(*(f"d{number:03d}.md" for number in range(12)))
    project.refresh()
    project.clock.advance(timedelta(hours=1))
    tasks = project.context(run_id=AIRFLOW)
    tasks.by = "airflow:freshground_silver_docs"
    report = StageReport("silver", "docs", "done", 2.0, {"parsed": 3, "quarantined": 0, "rows": 3})
    tasks.note(report)
    tasks.lake.journal.add(
        tasks.run_id, "cost", "docs",
        {"texts": 2, "tokens": 100, "money": 0.002, "price_per_million_tokens": 20.0},
    )  # fmt: skip
    tasks.lake.journal.commit()
    for name, used in (("assistant", Used(3, 40, 5_000, 12.5)), ("<b>x</b>", Used(1, 1, 2, 3.0))):
        tasks.lake.usage.add(name, used)
    tasks.lake.usage.flush()
    return project


@pytest.fixture(scope="module")
def url(past: Project) -> Iterator[Any]:
    with desk(past.context()) as (found, door):
        yield found, door


@pytest.fixture
def said(past: Project, monkeypatch) -> Any:
    """What a command prints as JSON, by the project's clock."""

    def told(*arguments: str) -> Any:
        done = CliRunner().invoke(app, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return json.loads(done.output)

    for module in (commands, usage_command):
        monkeypatch.setattr(module, "open_context", lambda _: past.context())
    return told


def _get(url: Any, path: str) -> str:
    answer = httpx.get(f"{url[0]}{path}", timeout=30)
    assert answer.status_code == 200, answer.text
    return answer.text


def _cells(page: str, label: str) -> list[str]:
    """Return the text of every cell of a column."""
    found = re.findall(rf'<td data-label="{label}"[^>]*>(.*?)</td>', page, re.DOTALL)
    return [" ".join(html.unescape(re.sub(r"<[^>]*>", " ", cell)).split()) for cell in found]


def _fact(page: str, name: str) -> str:
    found = re.search(rf"<dt>{name}</dt><dd>(.*?)(?:<small>|</dd>)", page)
    assert found is not None, name
    return html.unescape(found[1])


def _plain(text: str) -> str:
    return text.replace("\u202f", " ")


def test_the_list_says_what_the_command_says(url, said) -> None:
    rows = said("runs")
    page = _get(url, "/runs")
    assert [row["outcome"] for row in rows] == ["done", "guard", "quarantined", "done"]
    assert _cells(page, "started") == [moment(row["started_at"]) for row in rows]
    for label, name in (
        ("chunks", "chunks"), ("embedded", "texts_embedded"), ("reused", "vectors_reused"),
        ("tokens", "tokens"),
    ):  # fmt: skip
        assert _cells(page, label) == [_plain(count(row[name])) for row in rows]
    assert _cells(page, "money") == [money(row["money"]) for row in rows]
    assert [cell.split()[0] for cell in _cells(page, "documents")] == [
        str(row["documents"]) for row in rows
    ]
    took = [age(s) if s >= 10 else f"{decimal(s)}s" for s in (row["seconds"] for row in rows)]
    assert _cells(page, "took") == took
    assert [row["trigger"] for row in rows] == ["airflow", "program", "program", "program"]
    first = rows[-1]
    assert (first["documents"], first["texts_embedded"]) == (13, first["chunks"])
    assert first["money"] == pytest.approx(first["tokens"] * 20e-6, abs=1e-5)


def test_one_outcome_alone(url, said) -> None:
    assert [row["outcome"] for row in said("runs", "--outcome", "guard")] == ["guard"]
    page = _get(url, "/runs?outcome=guard&days=90")
    assert len(_cells(page, "started")) == 1
    assert "No run ended as" in _get(url, "/runs?outcome=%3Cscript%3E")


def test_a_run_says_what_the_command_says(url, said) -> None:
    for row in said("runs"):
        found = said("runs", "show", row["run"])
        page = _get(url, f"/runs/{row['run']}")
        assert _fact(page, "tokens") == count(found["tokens"])
        assert _fact(page, "chunks cut") == count(found["chunks"])
        assert _fact(page, "money") == money(found["money"])
        names = [f"{stage['stage']} {stage['subject']}" for stage in found["stages"]]
        assert [cell for cell in _cells(page, "stage") if cell] == names
        assert all(stage["seconds"] is not None for stage in found["stages"])
    assert said("runs", "show", row["run"][:9])["run"] == row["run"]
    assert httpx.get(f"{url[0]}/runs/nothing-of-this-name").status_code == 404


def test_a_stopped_run_says_why_and_what_to_do(url, said) -> None:
    (row,) = said("runs", "--outcome", "guard")
    page = _get(url, f"/runs/{row['run']}")
    assert "would lose 12 of 13 documents" in page
    assert "approve the plan or reject it" in page


def test_what_was_set_aside_is_for_its_readers(url, past) -> None:
    found, door = url
    (row,) = [r for r in commands_runs(past) if r["outcome"] == "quarantined"]
    page = _get(url, f"/runs/{row['run']}")
    assert "/legal/secret.md" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;⟨U+202E⟩" in page
    assert "<script>alert" not in page
    (aside,) = [s for s in row_stages(past, row["run"]) if s["newly_quarantined"]]
    document = aside["newly_quarantined"][0]["doc_id"]
    assert f"/documents/{document}" in page
    before = door.who
    try:
        for groups, sees in ((frozenset({"legal"}), True), (frozenset({"staff"}), False)):
            door.who = somebody("viewer", groups)
            page = _get(url, f"/runs/{row['run']}")
            assert ("secret.md" in page) is sees
            assert (document in page) is sees
            assert ("outside your groups or beyond" in page) is not sees
            # What a stage says may name any document: it is for those who may read all.
            guard = next(r for r in commands_runs(past) if r["outcome"] == "guard")["run"]
            assert "would lose" not in _get(url, f"/runs/{guard}")
            assert httpx.post(f"{found}/refresh", data={"token": "t" * 32}).status_code == 403
    finally:
        door.who = before


def commands_runs(past: Project) -> list[dict[str, Any]]:
    from freshground.service.views.runs import runs

    return runs(past.context())


def row_stages(past: Project, run_id: str) -> list[dict[str, Any]]:
    from freshground.service.views.run import run

    return run(past.context(), run_id)["stages"]


@pytest.mark.parametrize("by", ["index", "source", "model"])
@pytest.mark.parametrize("days", [7, 90])
def test_costs_add_up_and_are_what_the_command_says(url, said, by, days) -> None:
    found = said("cost", "--by", by, "--days", str(days))
    total = found["total"]
    assert total["tokens"] > 100
    for rows in (found["parts"], found["by_day"]):
        for name in ("texts", "tokens"):
            assert sum(row[name] for row in rows) == total[name]
        assert sum(row["money"] for row in rows) == pytest.approx(total["money"], abs=1e-9)
    for day in found["by_day"]:
        for name in ("texts", "tokens"):
            assert sum(part[name] for part in day["parts"].values()) == day[name]
    assert len(found["by_day"]) == days
    page = _get(url, f"/runs/cost?by={by}&days={days}")
    assert _fact(page, "money") == money(total["money"])
    assert _fact(page, "tokens embedded") == count(total["tokens"])
    for part in found["parts"]:
        row = re.search(rf'<th scope="row">{part["name"]}</th>(.*?)</tr>', page, re.DOTALL)
        numbers = re.findall(r'<td data-label="\w+" class="n">(.*?)</td>', row[1])
        assert numbers[:3] == [count(part["texts"]), count(part["tokens"]), money(part["money"])]


def test_costs_are_told_apart_by_source_and_model(said) -> None:
    parts = {part["name"]: part for part in said("cost", "--by", "source")["parts"]}
    assert set(parts) == {"docs", "legal", "not recorded"}
    assert parts["not recorded"]["tokens"] == 100
    assert 0 < parts["legal"]["texts"] < parts["docs"]["texts"]
    models = {part["name"] for part in said("cost", "--by", "model")["parts"]}
    assert models == {"hashing-64", "not recorded"}


def test_budgets_and_callers(url, said) -> None:
    found = said("cost")
    day, run = found["budgets"]
    assert (day["unit"], day["period"], run["unit"], run["period"]) == (
        "tokens", "day", "money", "run",
    )  # fmt: skip
    today = [row for row in found["by_day"] if row["tokens"]][-1]
    assert day["used"] == today["tokens"]
    page = _get(url, "/runs/cost")
    assert f"{count(day['used'])} of {count(100_000)}" in page
    callers = said("usage", "--by", "key", "--since", "2026-10-24")
    assert _cells(page, "caller") == ["assistant", "<b>x</b>"]
    assert "<b>x</b>" not in page
    assert sorted(_cells(page, "requests")) == sorted(str(row["requests"]) for row in callers)


def _beat(past: Project, done: int) -> Beat:
    now = iso(past.clock.now()) or ""
    return Beat(
        "run-at-work", "eve<i>", now, now, "command", "p1", "embed", "docs", "texts", done, 400,
        10.0, 20.0, [], [["embed", "docs"], ["build", "docs"]],
    )  # fmt: skip


def test_what_runs_is_renewed_while_somebody_looks(url, past) -> None:
    running = past.context().lake.progress
    running.put(_beat(past, 100))
    try:
        with httpx.stream("GET", f"{url[0]}/runs/live", timeout=20) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.iter_lines()
            first = _event(lines)
            assert first["runs"][0]["parts"][0]["text"] == "100 of 400 texts, 20 a second"
            assert first["runs"][0]["parts"][0]["share"] == 0.25
            running.put(_beat(past, 200))
            second = _event(lines)
            assert second["runs"][0]["parts"][0]["share"] == 0.5
            assert second["shape"] == first["shape"]
        with chromium() as browser:
            page = browser.new_page(viewport={"width": 390, "height": 800})
            wrong: list[str] = []
            page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.goto(f"{url[0]}/runs")
            bar = page.locator('[data-part="p1"] progress')
            assert bar.evaluate("bar => bar.value") == 0.5
            page.evaluate("window.same = true")
            running.put(_beat(past, 300))
            page.locator('[data-part="p1"]', has_text="300 of 400 texts").wait_for()
            assert bar.evaluate("bar => bar.value") == 0.75
            running.ended("run-at-work")
            page.locator("#progress .run").wait_for(state="detached")
            assert page.evaluate("window.same")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390
            assert not wrong
    finally:
        running.ended("run-at-work")


def _event(lines: Iterator[str]) -> dict[str, Any]:
    for line in lines:
        if line.startswith("data:"):
            return json.loads(line.removeprefix("data:"))
    raise AssertionError("the stream ended")


def test_too_many_who_look_are_told_to_ask(url, monkeypatch) -> None:
    monkeypatch.setattr(live, "STREAMS", 0)
    answer = httpx.get(f"{url[0]}/runs/live", timeout=20)
    assert "event: poll" in answer.text


def test_a_project_without_a_past(quick) -> None:
    with desk(quick.context()) as (url, _):
        assert "No run in 30 days" in _get((url,), "/runs")
        assert "Nothing was embedded" in _get((url,), "/runs/cost")
