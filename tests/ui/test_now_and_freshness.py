"""Now and Freshness: they say what the command line says, to whom it may be said."""

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
from freshground.service.cli import approvals, freshness, show_status, status
from freshground.service.cli.app import app
from freshground.service.freshness.sla import report
from freshground.service.views.needs import needs
from freshground.service.views.overview import overview
from tests.ui.desk import TOKEN, desk, somebody
from tests.ui.trouble import NAMES, troubled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.project import Project

pytestmark = pytest.mark.slow

NOW = {
    "sla", "staleness_s", "max_staleness_s", "as_of", "release", "documents", "chunks",
    "budget_left", "burn_1h", "burn_24h", "failing_critical", "failing_warning", "quarantined",
    "queries_per_minute", "queries_1h", "p95_s", "empty_share", "tokens_today", "money_today",
}  # fmt: skip
FRESHNESS = {
    "verdict", "staleness_s", "as_of", "due_at", "deadline", "p50_lag_s", "p95_lag_s", "within",
    "budget_left", "burn_1h", "burn_24h",
}  # fmt: skip


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return troubled(tmp_path_factory.mktemp("trouble"))


@pytest.fixture(scope="module")
def served(trouble: Project) -> Iterator[Any]:
    with desk(trouble.context()) as (url, door):
        yield url, door


@pytest.fixture
def told(trouble: Project, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Ask the command line at the project's own moment."""
    for module in (status, freshness, approvals):
        monkeypatch.setattr(module, "open_context", lambda *_, **__: trouble.context())

    def ask(*arguments: str) -> Any:
        result = CliRunner().invoke(app, [*arguments, "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.output)

    return ask


def page(served: Any, path: str, **who: Any) -> str:
    url, door = served
    door.who = somebody(**who)
    answer = httpx.get(f"{url}{path}")
    assert answer.status_code == 200
    return answer.text


def numbers(text: str) -> dict[str, Any]:
    found = re.findall(r'data-number="([^"]*)" data-value="([^"]*)"', text)
    read = [(name, json.loads(html.unescape(value))) for name, value in found]
    assert len(dict(read)) == len(read), "each number stands once"
    return dict(read)


def test_every_number_on_now_is_what_the_command_line_says(served, told) -> None:
    shown = numbers(page(served, "/"))
    rows = told("status")
    assert [row["index"] for row in rows] == list(NAMES)
    for row in rows:
        own = {k.partition(".")[2]: v for k, v in shown.items() if k.startswith(f"{row['index']}.")}
        assert own.keys() >= NOW, row["index"]
        assert own == {name: row[name] for name in own}, row["index"]
    assert {row["index"]: row["sla"] for row in rows} == {
        "docs": "late", "handbook": "fresh", "faq": "fresh",
    }  # fmt: skip
    by_index = {row["index"]: row for row in rows}
    assert by_index["docs"]["quarantined"] == 1
    assert by_index["handbook"]["failing_critical"] > 0
    assert by_index["handbook"]["last_refresh"]["outcome"] == "gate"
    assert by_index["docs"]["last_refresh"]["outcome"] == "guard"
    assert "on hold" in by_index["faq"]["hold"]
    assert (by_index["faq"]["queries_1h"], by_index["faq"]["queries_per_minute"]) == (3, 0.6)
    looked = told("watch")
    assert looked["overview"] == rows
    assert shown["needs.count"] == len(looked["needs"])


def test_every_number_on_freshness_is_what_the_command_line_says(served, told) -> None:
    shown = numbers(page(served, "/freshness?window=7d"))
    for row in told("freshness"):
        if row["source"] is None:
            own = {n: shown[f"{row['index']}.{n}"] for n in FRESHNESS}
            assert own == {n: row[n] for n in FRESHNESS}
        else:
            for name in ("due_at", "deadline"):
                assert shown[f"source {row['source']}.{name}"] == row[name]


def test_what_needs_somebody_comes_first_with_its_forms(served, told, trouble) -> None:
    text = page(served, "/")
    found = needs(trouble.context())
    kinds = [need["kind"] for need in found]
    assert kinds == ["late", "guard", "gate", "hold", "burn", "quarantine"]
    assert re.findall(r'data-need="([^"]*)"', text) == [need["id"] for need in found]
    (stopped,) = told("approvals")
    assert (stopped["source"], stopped["status"]) == ("docs", "waiting")
    for path in ("/plans/docs/approve", "/plans/docs/reject", "/releases/faq/resume", "/refresh",
                 "/quarantine/replay"):  # fmt: skip
        assert f'action="/ui{path}"' in text, path
    assert f'name="plan" value="{stopped["plan"]}"' in text
    url, door = served
    door.who = somebody("viewer")
    assert "<form" not in httpx.get(f"{url}/").text


def test_nobody_reads_names_of_what_they_may_not_see(served) -> None:
    everything = page(served, "/")
    assert "handbook0.md" in everything, "the gate's message names documents"
    assert "docs1.md" in everything
    for groups in (frozenset[str](), frozenset({"sales"}), frozenset({"staff"})):
        for path in ("/", "/freshness"):
            text = page(served, path, groups=groups)
            assert "handbook0.md" not in text
    assert "docs1.md" in page(served, "/", groups=frozenset({"sales"})), "all may read those"


def test_errors_of_queries_ask_for_a_rollback(trouble) -> None:
    context = trouble.context()
    for number in range(30):
        context.lake.traffic.add("faq", 0.01, 1, error=number < 5)
    (need,) = (row for row in needs(context) if row["kind"] == "errors")
    assert need["actions"][0]["path"] == "/releases/faq/rollback"
    assert (need["severity"], need["index"]) == ("critical", "faq")


def test_status_and_watch_in_a_terminal(trouble, monkeypatch) -> None:
    monkeypatch.setattr(status, "open_context", lambda *_, **__: trouble.context())
    result = CliRunner().invoke(app, ["status"])
    assert result.exit_code == 0
    table = [line for line in result.output.splitlines() if line[:5] in ("index", "docs ", "faq  ")]
    assert len(table) == 3
    assert max(map(len, table)) <= 100
    assert "is on hold since" in result.output
    result = CliRunner().invoke(app, ["watch", "--once"])
    assert result.exit_code == 0
    assert "A plan of source docs waits for approval: mass deletion" in result.output
    assert "late" in result.output
    assert show_status.notes([]) == []


def test_watch_shows_what_runs(trouble, monkeypatch) -> None:
    monkeypatch.setattr(status, "open_context", lambda *_, **__: trouble.context())
    lake, now = trouble.context().lake, iso(trouble.clock.now()) or ""
    beat = Beat(
        "r1", "olga", now, now, stage="embed", subject="docs", unit="texts", done=30, total=40
    )
    lake.progress.put(beat)
    said = CliRunner().invoke(app, ["watch", "--once"]).output
    lake.progress.ended("r1")
    assert "by olga" in said
    assert re.search(r"embed docs +█+░+ 75% 30 of 40 texts", said)
    assert "olga" not in CliRunner().invoke(app, ["watch", "--once"]).output


def test_a_need_of_an_index_that_never_served(quick) -> None:
    quick.fill(1)
    context = quick.context()
    (row,) = overview(context)
    assert (row["release"], row["sla"], row["last_refresh"]) == (None, "unknown", None)
    with desk(context) as (url, _):
        text = httpx.get(f"{url}/").text
        assert "No release yet" in text
        assert "No release yet" in httpx.get(f"{url}/freshness").text


def test_plans_are_decided_on_the_page(served, trouble) -> None:
    url, door = served
    door.who = somebody()
    plan = re.search(r'name="plan" value="([^"]*)"', httpx.get(f"{url}/").text)
    assert plan is not None
    form = {"token": TOKEN, "from": "/", "plan": plan[1], "comment": "not today"}
    door.who = somebody("viewer")
    assert httpx.post(f"{url}/plans/docs/reject", data=form).status_code == 403
    door.who = somebody("operator", name="olga")
    with httpx.Client() as client:
        wrong = client.post(f"{url}/plans/docs/approve", data={**form, "plan": "0" * 32})
        assert "no longer the one that is stopped" in client.get(f"{url}/").text
        assert wrong.status_code == 303
    for decision, kind in (("reject", "rejection"), ("approve", "approval")):
        trouble.clock.advance(timedelta(minutes=1))  # of one moment, the rejection would count
        done = httpx.post(f"{url}/plans/docs/{decision}", data=form)
        assert done.status_code == 303
        journal = trouble.context().lake.journal
        row = journal.newest(kind, "docs", 1)[0]
        assert (row.body["by"], row.body["comment"]) == ("olga", "not today")
        action = journal.newest("action", "docs", 1)[0].body
        assert (action["action"], action["by"]) == (f"{decision}_plan", "olga")
        assert action["affected"] == {"mass_deletion": 11}
        assert 'data-need="guard.docs"' not in httpx.get(f"{url}/").text
    assert trouble.refresh(sources=["docs"], indexes=["docs"]).status == 0
    assert trouble.context().releases.live("docs")[1].counts["documents"] == 3
    assert report(trouble.context())[0]["verdict"] == "fresh"
