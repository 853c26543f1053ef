"""Who asks is told what waits for the budget, and the governor does not ask in vain."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from freshground.core.settings import Governor, Sla
from freshground.service.cli import show_plan, show_status
from freshground.service.freshness.governor import govern
from freshground.service.freshness.sla import report
from freshground.service.plans import approvals
from freshground.service.plans.planning import plan
from freshground.service.views.needs import needs
from freshground.service.views.overview import overview
from quality.governor import Promise, SourceState, decide
from tests.project import Project, article

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def lake_bytes(project: Project) -> dict[str, str]:
    """Return path -> hash of every file but the journal's and those of who waits."""
    root = project.root / project.lake
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not {"journal", "waiting"} & set(path.parts)
    }


@pytest.mark.slow
def test_what_waits_is_told_and_leaves_everything_as_it_was(
    quick: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.fill(4)
    quick.refresh()
    quick.changes["budget"] = {"tokens_per_day": 1}  # more was spent today
    files, before = lake_bytes(quick), quick.content()
    quick.write("new.md", article(50))
    quick.write("d001.md", article(51))
    found = plan(quick.context())
    assert found["sources"][0]["deferred"] == ["new.md", "d001.md"]
    assert found["totals"]["tokens"] == 0, "they cost nothing today"
    show_plan.plan(found, as_json=False)
    assert "2 wait for the budget, new.md first" in capsys.readouterr().out
    run = quick.refresh()
    assert (run.status, run.of("ingest").outcome) == (0, "waiting")
    assert run.totals["deferred"] == 2
    assert lake_bytes(quick) == files
    assert quick.content() == before
    (row,) = overview(quick.context())
    assert row["deferred"] == 2
    assert [limit["unit"] for limit in row["limits"]]
    assert "2 documents" in next(n for n in needs(quick.context()) if n["kind"] == "budget")["what"]
    show_status.status([row], as_json=False)
    assert "docs: 2 documents wait for the budget" in capsys.readouterr().out
    for line in report(quick.context()):
        assert line["held_by"] == ["2 documents of docs wait for the budget"]
    (made,) = govern(quick.context())
    assert made.action == "wait"
    quick.clock.advance(25 * HOUR)
    assert report(quick.context())[0]["verdict"] == "late", "waiting is no excuse"
    (made,) = govern(quick.context())
    assert made.action == "refresh"
    assert quick.refresh().totals["deferred"] == 1
    assert quick.refresh(later=DAY).totals["deferred"] == 0
    assert overview(quick.context())[0]["deferred"] == 0
    assert report(quick.context())[0]["held_by"] == []
    assert not list((quick.root / "lake" / "waiting").glob("*"))


@pytest.mark.slow
def test_an_index_written_anew_says_what_holds_it(quick: Project) -> None:
    quick.fill(4)
    quick.refresh()
    quick.changes["encoder"] = {"model": "hashing-32"}
    quick.changes["budget"] = {"tokens_per_run": 300}
    quick.refresh(later=DAY)
    held = report(quick.context())[0]["held_by"]
    assert len(held) == 1
    assert "wait for the budget" in held[0]
    quick.changes["budget"] = {}
    quick.refresh()
    assert report(quick.context())[0]["held_by"] == []


@pytest.mark.slow
def test_growth_that_was_approved_is_not_asked_about_again(quick: Project) -> None:
    quick.source(guards={"growth": {"share": 2.0, "at_least": 5}})
    quick.fill(2)
    quick.refresh()
    for number in range(10, 26):
        quick.write(f"d{number:03d}.md", article(number))
    quick.changes["budget"] = {"tokens_per_run": 600}
    assert quick.refresh().status == 4
    approvals.approve(quick.context(), "docs")
    assert quick.refresh().totals["deferred"] > 1
    quick.write("d026.md", article(26))
    run = quick.refresh()
    assert run.status == 0, "one more is no growth, though many wait"
    for number in range(30, 60):
        quick.write(f"d{number:03d}.md", article(number, 1))
    assert quick.refresh().status == 4, "many more are"


def test_a_source_whose_budget_is_used_up_is_listed_seldom_until_the_next_day() -> None:
    evening = datetime(2026, 11, 20, 22, 30, tzinfo=UTC)
    promise = Promise("index docs", Sla(max_staleness=HOUR), evening - DAY)
    state = SourceState("docs", (promise,), started=(evening,), short_at=evening)
    settings = Governor()
    made = decide(state, evening + 59 * timedelta(minutes=1), settings)
    assert (made.action, made.until) == ("wait", evening + HOUR)
    assert "the budget is used up" in made.reason
    assert decide(state, evening + HOUR, settings).action == "refresh"
    later = evening + HOUR
    state = SourceState("docs", (promise,), started=(later,), short_at=later)
    midnight = datetime(2026, 11, 21, tzinfo=UTC)
    made = decide(state, midnight - timedelta(seconds=1), settings)
    assert (made.action, made.until) == ("wait", midnight)
    assert decide(state, midnight, settings).action == "refresh"
