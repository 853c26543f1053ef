"""A process that has asked before is told the same as one that asks for the first time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from freshground.core.clock import iso
from freshground.lake.schemas import PUBLICATIONS
from freshground.service.freshness.as_of import durations
from freshground.service.freshness.history import as_of_steps, changes, first_published
from freshground.service.freshness.sla import report
from indexes import publications

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.service.context import Context
    from tests.project import Project

DAY = timedelta(days=1)
EVERY = timedelta(hours=6)  # two days after a step, another one falls on the edge


def step(context: Context, number: int, as_of: datetime | None) -> None:
    kind = "confirmation" if number % 3 else "release"
    body = {"release": number // 9, "as_of": iso(as_of)} if as_of else {"release": number // 9 - 1}
    context.lake.journal.add(context.run_id, kind, "docs", body)
    context.lake.journal.commit()


def publish(context: Context, number: int) -> None:
    """Publish a candidate that brings two documents, one that waited a day and one an hour."""
    now = context.clock.now()
    name = f"c{number}"
    rows = [
        {
            "doc_id": f"d{number}{place}", "source_id": source, "content_hash": "0",
            "groups": ["*"], "modified_at": now, "observed_at": now, "index_id": "docs",
            "candidate": name, "built_at": now, "run_id": "r", "change": "edited",
            "since": now - wait, "listed_at": now - wait / 2,
        }
        for place, (source, wait) in enumerate(
            (("docs", DAY), ("docs", timedelta(hours=number % 5)), ("mail", EVERY))
        )
    ]  # fmt: skip
    table = pa.Table.from_pylist(rows, schema=PUBLICATIONS)
    context.lake.publications.append(table)
    if number % 4 == 0:
        return  # never published
    seen = context.lake.pointers.live("docs")
    told = {"index": "docs", "release": number, "candidate": name, "action": "publish",
            "at": iso(now), "by": "tester"}  # fmt: skip
    assert context.lake.pointers.swap(seen, told)


def test_steps_that_were_read_stay_and_new_ones_come(quick: Project) -> None:
    old = quick.context()
    for number in range(40):
        quick.clock.advance(EVERY)
        at = None if number % 10 == 9 else quick.clock.now() - timedelta(hours=number % 4)
        step(old if number % 2 else quick.context(), number, at)
        if number % 5 == 0:
            assert as_of_steps(old, "docs") == as_of_steps(quick.context(), "docs")
    assert len(as_of_steps(old, "docs")) == 40
    assert as_of_steps(old, "docs") == as_of_steps(quick.context(), "docs")


def test_lags_are_those_of_the_rows(quick: Project) -> None:
    old = quick.context()
    for number in range(1, 12):
        quick.clock.advance(EVERY)
        publish(quick.context(), number)
        known = changes(old, "docs")
        since = quick.clock.now() - 2 * DAY
        rows = publications.read(old.lake, "docs", first_published(old, "docs"), since)
        for source in (None, "docs", "mail", "none"):
            own = sorted(r["lag_s"] for r in rows if source in (None, r["source_id"]))
            found = known.lags(since, source)
            assert [length.total_seconds() for length in found.lengths()] == pytest.approx(own)
            assert found.percentile(100) == (own[-1] if own else None)
            ends = (3600, 86_400)
            assert found.up_to(ends) == [
                sum(lag <= 3600 for lag in own),
                sum(3600 < lag <= 86_400 for lag in own),
                sum(lag > 86_400 for lag in own),
            ]
    took = durations(old, "docs")
    assert sorted(took) == ["docs", "mail"]
    assert len(took["mail"]) == 9, "of what was published"
    assert set(took["mail"]) == {EVERY / 2}


def test_the_error_budget_counts_from_what_was_served_before_the_period(quick: Project) -> None:
    quick.index(sla={"max_staleness": "2d", "objective": 0.9})
    context = quick.context()
    start = quick.clock.now()
    step(context, 0, start)
    quick.clock.advance(45 * DAY)
    # Nothing was served anew for 45 days: all 30 that count are out of SLA.
    assert [row["within"] for row in report(context) if row["source"] is None] == [0.0]
    step(context, 1, quick.clock.now())
    quick.clock.advance(DAY)
    (row,) = (row for row in report(context) if row["source"] is None)
    assert row["within"] == pytest.approx(1 / 30)
