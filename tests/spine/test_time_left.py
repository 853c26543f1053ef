"""How long a run will take yet: what is reckoned, and when nothing is said."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from freshground.core.clock import iso
from freshground.lake.progress import Beat
from freshground.service.views.progress import running
from freshground.service.views.remaining import read_past

PLAN = [["ingest", "docs"], ["silver", "docs"], ["gold", "docs"]]


def _ran(quick, documents: int, silver: float, gold: float, outcome: str = "done") -> None:
    stages = [
        {"stage": "ingest", "subject": "docs", "outcome": "done", "seconds": 1.0,
         "added": documents, "changed": 0, "removed": 0},
        {"stage": "silver", "subject": "docs", "outcome": outcome, "seconds": silver},
        {"stage": "gold", "subject": "docs", "outcome": "done", "seconds": gold},
    ]  # fmt: skip
    journal = quick.context().lake.journal
    journal.add("old", "run", "refresh", {"status": 0, "seconds": 1.0, "stages": stages})
    journal.commit()


@pytest.fixture
def past(quick) -> Any:
    for documents, silver, gold in ((10, 20.0, 5.0), (20, 40.0, 10.0), (0, 0.1, 0.1)):
        _ran(quick, documents, silver, gold)
    _ran(quick, 10, 500.0, 5.0, outcome="failed")
    return quick


def _runs(project, **told: Any) -> dict[str, Any]:
    now = iso(project.clock.now()) or ""
    beat = Beat("now", "ana", now, now, "command", planned=PLAN, **told)
    lake = project.context().lake
    lake.progress.put(beat)
    (row,) = running(project.context())
    lake.progress.ended("now")
    return row


def _listed(documents: int) -> list[dict[str, Any]]:
    counts = {"added": documents, "changed": 0, "removed": 0}
    return [{"stage": "ingest", "subject": "docs", "outcome": "done", "seconds": 1.0,
             "counts": counts}]  # fmt: skip


def test_a_stage_is_expected_to_take_what_it_took_for_as_much_work(past) -> None:
    found = read_past(past.context())
    assert found.expected("silver", "docs", 5) == pytest.approx(10.0)
    assert found.expected("silver", "docs", 40) == pytest.approx(80.0)
    assert found.expected("silver", "docs", 0) == pytest.approx(0.1)
    assert found.expected("silver", "docs", None) == pytest.approx(20.0)  # the failed one aside
    assert found.expected("silver", "other", 5) is None


def test_what_is_left_is_the_stage_by_its_rate_and_those_to_come_by_the_past(past) -> None:
    row = _runs(past, stage="silver", subject="docs", unit="documents", done=10, total=20,
                rate=2.0, seconds=5.0, stages=_listed(20))  # fmt: skip
    assert row["left_s"] == pytest.approx(5.0 + 10.0)
    assert row["parts"][0]["share"] == 0.5
    assert row["parts"][0]["left_s"] == pytest.approx(5.0)


def test_a_stage_that_counts_nothing_yet_is_reckoned_by_the_past(past) -> None:
    row = _runs(past, stage="silver", subject="docs", seconds=4.0, stages=_listed(20))
    assert row["left_s"] == pytest.approx(36.0 + 10.0)


def test_nothing_is_said_without_a_past_or_of_a_stage_that_takes_far_longer(past) -> None:
    assert _runs(past, stage="silver", subject="docs", seconds=500.0, stages=_listed(20))[
        "left_s"
    ] is None  # fmt: skip
    assert _runs(past, stage="embed", subject="docs", seconds=1.0)["left_s"] is None


def test_time_goes_on_between_two_heartbeats(past) -> None:
    now = iso(past.clock.now()) or ""
    beat = Beat("now", "ana", now, now, "command", stage="gold", subject="docs", seconds=1.0,
                stages=_listed(20), planned=PLAN)  # fmt: skip
    past.context().lake.progress.put(beat)
    past.clock.advance(timedelta(seconds=4))
    (row,) = running(past.context())
    assert row["left_s"] == pytest.approx(10.0 - 1.0 - 4.0)
    assert row["seconds"] == pytest.approx(4.0)
    assert row["share"] == pytest.approx(4 / 9, abs=1e-4)


def test_what_ingest_reads_now_is_work_for_the_stages_to_come(past) -> None:
    row = _runs(past, stage="ingest", subject="docs", unit="objects", done=10, total=20, rate=5.0)
    assert row["left_s"] == pytest.approx(2.0 + 40.0 + 10.0)


def test_a_stage_whose_bar_is_full_is_not_over_yet(past) -> None:
    row = _runs(past, stage="silver", subject="docs", unit="documents", done=20, total=20,
                rate=2.0, seconds=30.0, stages=_listed(20))  # fmt: skip
    assert row["left_s"] == pytest.approx(10.0 + 10.0)
