"""Releases and Quality: the numbers of the command line, and for those alone who may see them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml
from typer.testing import CliRunner

from freshground.core.settings import load
from freshground.service.cli import app, checks, governance
from freshground.service.context import Context
from freshground.service.stages.regression import CHECK
from freshground.service.views import quality, won_and_lost
from freshground.service.views.readable import sight
from tests.governance.asking import grant
from tests.project import Project, article
from tests.ui.desk import desk, somebody
from tests.ui.page_cells import cells

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.slow

SECRET = "d001.md"
HOSTILE = "<script>alert(1)</script> hail\u202e"


def _ask(number: int) -> dict[str, Any]:
    text = (
        HOSTILE if number == 0 else f"What does clause 2 of policy {number} cover, annex {number}?"
    )
    return {"id": f"q{number}", "text": text, "relevant": [f"d{number:03d}.md"]}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Four releases: retention took the first, the last loses questions; a document is for hr."""
    project = Project(tmp_path_factory.mktemp("pages"), engine="memory")
    project.source(access="from_source", exclude=["**/*.access.json"])
    asked = "".join(json.dumps(_ask(number)) + "\n" for number in range(6))
    (project.root / "golden.jsonl").write_text(asked)
    project.index(
        keep_releases=3,
        gates={
            "retrieval": {"questions": "golden.jsonl", "severity": "warning"},
            "drift": {"severity": "off"},
        },
    )
    project.fill(6)
    for number in range(6):
        grant(project, f"d{number:03d}.md", *(["hr"] if number == 1 else []))
    assert project.refresh().status == 0
    project.write("late.md", article(40))
    grant(project, "late.md")
    assert project.refresh().status == 0
    project.write("d002.md", article(70))
    project.write("odd.md", "�" * 200 + " and a few words that somebody can read.\n")
    grant(project, "odd.md", "hr")
    assert project.refresh().status == 0
    for number in range(3):
        project.write(f"d{number:03d}.md", article(80 + number))
    project.delete("late.md")
    assert project.refresh("docs").status == 0
    assert project.refresh().status == 0, "nothing new: a confirmation"
    (project.root / "freshground.yaml").write_text(yaml.safe_dump(project.raw))
    return project


@pytest.fixture(scope="module")
def pages(served: Project) -> Iterator[tuple[str, Any]]:
    with desk(served.context()) as found:
        yield found


def _said(project: Project, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> Any:
    """Return what a command says at the project's moment."""

    def opened(place: Path, **_: Any) -> Context:
        return Context(load(place), clock=project.clock)

    for module in (checks, governance):
        monkeypatch.setattr(module, "open_context", opened)
    monkeypatch.setattr(app, "_context", opened)
    result = CliRunner().invoke(app.app, [*arguments, "--settings", str(project.root), "--json"])
    assert result.exception is None, result.exception
    return json.loads(result.output)


def _page(url: str, path: str) -> str:
    answer = httpx.get(f"{url}{path}")
    assert answer.status_code == 200, answer.text
    return answer.text


def test_checks_are_those_of_the_command(served, pages, monkeypatch) -> None:
    rows = _said(served, monkeypatch, "checks")
    assert {row["layer"] for row in rows} == {"bronze", "silver", "admission", "gold", "candidate"}
    found = cells(_page(pages[0], "/quality"), "Check", "Last run")
    shown = {(row["Check"], row["Of"]): row for row in found}
    assert len(rows) == len(shown) <= 50
    for row in rows:
        cell = shown[row["check"], row["subject"]]
        assert cell["Failing rows"] == f"{row['failing']} of {row['rows']}"
        assert cell["Failed in 30 days"] == str(row["failed_runs"])
        assert cell["Last run"] == row["at"].replace("T", " ")
        assert ("passed" in cell["Verdict"]) == row["passed"]
        if row["value"] is not None:
            assert float(cell["Value"]) == pytest.approx(row["value"], rel=1e-3)
        own = _page(pages[0], f"/quality/{row['layer']}/{row['check']}?subject={row['subject']}")
        newest = cells(own, "When", "Verdict", "Value")[0]
        assert newest["Value"] == cell["Value"]
        assert newest["When"] == cell["Last run"]
    failing = _said(served, monkeypatch, "checks", "--failing")
    assert [row["check"] for row in failing] == [CHECK]
    assert "1 failing" in _page(pages[0], "/quality")


def test_releases_are_those_of_the_command(served, pages, monkeypatch) -> None:
    rows = _said(served, monkeypatch, "releases")
    found = cells(_page(pages[0], "/releases/docs"), "What", "Release")
    events = {row["Release"].split("●")[0]: row for row in found if "published" in row["What"]}
    assert set(events) == {"1", "2", "3", "4"}, "also what retention took"
    for row in rows:
        event = events[str(row["release"])]
        assert event["When"] == row["published_at"].replace("T", " ")
        assert ("live" in event["Release"]) == row["live"]
        counts = row["counts"]
        assert event["Documents"] == str(counts["documents"])
        assert event["Changed"] == f"+{counts['added']} ~{counts['changed']} −{counts['removed']}"
        page = _page(pages[0], f"/releases/docs/{row['release']}")
        assert row["release_hash"] in page
        gates = {cell["Gate"]: cell for cell in cells(page, "Gate", "Verdict")}
        assert set(gates) == {gate["check_id"] for gate in row["gates"]}
        for gate in row["gates"]:
            assert ("passed" in gates[gate["check_id"]]["Verdict"]) == gate["passed"]
    assert "confirmed 1 time" in events["4"]["What"]
    assert "release 1 went by retention" in events["4"]["What"]


def test_two_releases_differ_as_the_command_says(served, pages, monkeypatch) -> None:
    told = _said(served, monkeypatch, "diff", "docs", "2", "4")
    page = _page(pages[0], "/releases/docs/compare?a=2&b=4")
    words = ", ".join(f"{n} {kind}" for kind, n in told["counts"].items() if n)
    assert f"{words}." in page
    rows = {row["Document"]: row for row in cells(page, "Change", "Document")}
    assert set(rows) == {row["uri"] for row in told["documents"]}
    for row in told["documents"]:
        assert row["change"] in rows[row["uri"]]["Change"]
        if row["change"] == "changed":
            grown = len(row["chunks_added"]) - len(row["chunks_removed"])
            cell = rows[row["uri"]]
            assert int(cell["after"]) - int(cell["Chunks before"]) == grown


def test_what_somebody_may_not_read_is_counted_and_not_named(served, pages) -> None:
    url, door = pages
    whole = _page(url, "/releases/docs/4")
    assert SECRET in whole
    assert HOSTILE not in whole
    assert "&lt;script&gt;alert(1)&lt;/script&gt; hail⟨U+202E⟩" in whole
    paths = (
        "/releases",
        "/releases/docs",
        "/releases/docs/3",
        "/releases/docs/4",
        "/releases/docs/compare?a=2&b=4",
        "/quality",
        "/quality/silver/silver.replacement_characters",
        f"/quality/candidate/{CHECK}",
    )
    door.who = somebody("viewer", frozenset({"sales"}))
    try:
        found = {path: _page(url, path) for path in paths}
    finally:
        door.who = somebody()
    for page in found.values():
        assert SECRET not in page
        assert "odd.md" not in page
        assert "policy 1 cover" not in page
    assert "1 of them you may not read" in found["/releases/docs/4"]
    assert "1 of them you may not read" in found["/releases/docs/3"]
    assert "2 of them you may not read" in found["/releases/docs/compare?a=2&b=4"]
    assert "d000.md" in found["/releases/docs/4"]
    assert "d000.md" not in cells(found["/releases/docs/4"], "Gate", "Found")[0]["Found"]


def test_a_document_taken_down_is_shown_to_nobody(quick: Project) -> None:
    from freshground.service.denial.takedown import takedown

    quick.fill(2)
    quick.refresh()
    takedown(quick.context(), SECRET)
    with desk(quick.context()) as (url, _):
        page = _page(url, "/releases/docs/1")
    assert SECRET not in page
    assert "d000.md" in page
    assert "1 of them you may not read" in page


def test_questions_lost_are_those_of_the_gate(served) -> None:
    context = served.context()
    index = context.settings.index("docs")
    manifest = context.releases.live("docs")[1]
    told = won_and_lost.won_and_lost(context, index, manifest, sight(context, None))
    gate = next(gate for gate in manifest.gates if gate["check_id"] == CHECK)
    assert told["against"] == 3
    assert [row["id"] for row in told["lost"]] == list(gate["sample"]) != []
    assert f"live {told['live_ndcg_10']:.3f}" in gate["detail"]
    assert all(row["text"] for row in told["lost"])


def test_a_question_is_for_who_may_read_what_answers_it(served) -> None:
    context = served.context()
    index = context.settings.index("docs")
    ids = [f"q{number}" for number in range(6)]
    for groups, left in ((None, ids), ({"hr"}, ids), ({"sales"}, ids[:1] + ids[2:])):
        seen = sight(context, None if groups is None else frozenset(groups))
        assert list(won_and_lost.texts(context, index, ids, seen)) == left


def test_the_failing_rows_of_a_check_lead_to_their_documents(served, pages) -> None:
    page = _page(pages[0], "/quality/silver/silver.replacement_characters?subject=docs")
    assert "expect_column_values_to_be_between" in page
    context = served.context()
    seen = sight(context, None)
    found = quality.check(context, "silver", "silver.replacement_characters", "docs", seen)
    assert found["failed_runs"] == 1
    entries = context.lake.journal.newest("failed_check", "docs", 9)
    said = next(e.body for e in entries if e.body["check_id"] == "silver.replacement_characters")
    assert said["expectation"]["unexpected_count"] == 1
    assert said["expectation"]["observed"][0] > 0.5
    assert "expectation" not in context.lake.journal.newest("check", "docs", 1)[0].body


@pytest.mark.parametrize(
    "path",
    [
        "/releases/nothing",
        "/releases/docs/99",
        "/releases/docs/2?candidate=../../secret",
        "/releases/docs/2?candidate=000004-000000000000",
        "/releases/docs/compare?a=1&b=2",
        "/quality/silver/silver.nothing",
        "/quality/copper/silver.text_present",
        "/quality/silver/silver.text_present?subject=elsewhere",
    ],
)
def test_what_there_is_not_is_said_so(pages, path) -> None:
    answer = httpx.get(f"{pages[0]}{path}")
    assert answer.status_code == 404
    assert "The page could not be made" not in answer.text


def test_of_a_release_that_retention_took_the_journal_tells(pages) -> None:
    page = _page(pages[0], "/releases/docs/1")
    assert "Retention took this release" in page
    assert {cell["Gate"] for cell in cells(page, "Gate", "Verdict")} > {"candidate.count_parity"}
