"""The report: computed from the lake and the clock by whoever asks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from freshground.core.clock import parse_iso
from freshground.service.freshness import governor
from freshground.service.freshness.sla import as_of_steps, report
from freshground.service.releases.holding import rollback
from tests.project import Project, article

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


def rows(project: Project) -> tuple[dict[str, Any], dict[str, Any]]:
    """The rows of the index and of its source."""
    index, source = report(project.context())
    return index, source


def test_before_the_first_release_everything_is_unknown(quick: Project) -> None:
    index, source = rows(quick)
    assert index["verdict"] == source["verdict"] == "unknown"
    assert index["budget_left"] == 1.0
    assert index["held_by"] == ["docs was never listed"]


def test_the_clock_alone_turns_fresh_into_due_and_late(quick: Project) -> None:
    quick.index(sla={"max_staleness": "10h", "objective": 0.9})
    quick.fill(2)
    quick.refresh()
    assert rows(quick)[0]["verdict"] == "fresh"
    quick.clock.advance(9 * HOUR)
    assert rows(quick)[0]["verdict"] == "due"
    quick.clock.advance(2 * HOUR)
    index, source = rows(quick)
    assert index["verdict"] == source["verdict"] == "late"
    assert index["staleness_s"] == 11 * 3600
    assert index["within"] == pytest.approx(10 / 11)
    assert index["budget_left"] == pytest.approx(1 - (1 / 11) / 0.1)
    assert index["burn_1h"] == pytest.approx(10.0)


def test_a_confirmation_moves_the_as_of_and_the_budget_remembers(quick: Project) -> None:
    quick.index(sla={"max_staleness": "2h"})
    quick.fill(2)
    quick.refresh()
    quick.refresh(later=4 * HOUR)
    index, _ = rows(quick)
    assert (index["verdict"], index["staleness_s"]) == ("fresh", 0)
    assert index["within"] == pytest.approx(0.5)
    assert len(as_of_steps(quick.context(), "docs")) == 2


def test_a_release_that_is_rolled_back_to_is_as_old_as_when_it_was_left(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.refresh(later=4 * HOUR)
    confirmed = rows(quick)[0]["as_of"]
    quick.write("d000.md", article(9))
    quick.refresh()
    quick.refresh()
    assert rows(quick)[0]["as_of"] > confirmed
    quick.clock.advance(HOUR)
    context = quick.context()
    rollback(context, context.settings.index("docs"))
    index, source = rows(quick)
    assert (index["release"], index["as_of"], source["as_of"]) == (1, confirmed, confirmed)
    assert as_of_steps(quick.context(), "docs")[-1][1] == parse_iso(confirmed)


def test_lags_are_reported_by_source_against_what_was_promised(quick: Project) -> None:
    quick.index(sla={"max_lag": {"p95": "30m"}})
    quick.fill(2)
    quick.refresh()
    quick.write("d000.md", article(9), quick.clock.now() + timedelta(minutes=15))
    quick.refresh()
    index, source = rows(quick)
    assert index["changes"] == source["changes"] == 3
    assert index["p95_lag_s"] == source["p95_lag_s"] == 45 * 60
    assert [line["met"] for line in index["max_lag"]] == [False]


def test_a_source_that_cannot_be_seen_holds_the_index_back_in_words(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.source(url="elsewhere")
    assert quick.refresh().status == 1
    index, source = rows(quick)
    assert index["held_by"] == source["held_by"]
    assert "elsewhere" in index["held_by"][0]
    quick.source(url="docs")
    quick.refresh()
    assert rows(quick)[0]["held_by"] == []


def test_a_guard_and_a_gate_are_named_as_what_holds(quick: Project) -> None:
    quick.fill(20)
    quick.refresh()
    quick.delete(*(f"d{n:03d}.md" for n in range(15)))
    assert quick.refresh().status == 4
    assert "ingest of docs (guard)" in rows(quick)[0]["held_by"][0]


def decisions(project: Project) -> list[tuple[str, str]]:
    return [(made.action, made.reason) for made in governor.govern(project.context())]


def test_the_governor_waits_until_the_sla_asks(quick: Project) -> None:
    quick.index(sla={"max_staleness": "10h"})
    quick.fill(3)
    [(action, reason)] = decisions(quick)
    assert action == "refresh", reason
    quick.refresh()
    [(action, reason)] = decisions(quick)
    assert action == "wait", reason
    quick.clock.advance(8 * HOUR)
    assert decisions(quick)[0][0] == "wait"
    quick.clock.advance(HOUR)
    [(action, reason)] = decisions(quick)
    assert action == "refresh"
    assert "would be late" in reason
    [(action, reason)] = decisions(quick)
    assert action == "wait", "it was told already"
    quick.clock.advance(timedelta(minutes=20))
    assert decisions(quick)[0][0] == "refresh", "the call was lost: told again"
    quick.refresh(later=timedelta(0))
    assert decisions(quick)[0][0] == "wait"


def test_the_governor_backs_off_from_a_source_that_fails(quick: Project) -> None:
    quick.index(sla={"max_staleness": "1h"})
    quick.fill(2)
    quick.refresh()
    quick.source(url="elsewhere")
    quick.refresh(later=2 * HOUR)
    [(action, reason)] = decisions(quick)
    assert action == "wait"
    assert "failed once" in reason
    quick.clock.advance(timedelta(minutes=6))
    assert decisions(quick)[0][0] == "refresh"
    assert rows(quick)[0]["verdict"] == "late", "its verdict keeps running"


def test_queries_are_counted_by_the_hour(quick: Project) -> None:
    lake = quick.context().lake
    for _ in range(12):
        lake.queries.add("docs")
    lake.queries.flush()
    quick.clock.advance(HOUR)
    later = quick.context().lake
    later.queries.add("docs")
    assert later.queries.per_hour("docs", 2 * HOUR) == 6.5
    assert later.queries.per_hour("other", 2 * HOUR) == 0.0
    quick.clock.advance(5 * HOUR)
    later.queries.flush()
    later.queries.forget(quick.clock.now() - 5 * HOUR)
    assert later.queries.per_hour("docs", timedelta(hours=24)) == pytest.approx(1 / 24)
