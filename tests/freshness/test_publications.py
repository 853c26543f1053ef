"""Freshness lag: what counts as new, since when it waited, and when it was first served."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.clock import parse_iso
from indexes import publications
from indexes.publications import last_before, waiting_since
from tests.project import NOON, Project, article

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


def lags(project: Project) -> dict[tuple[str, str], float]:
    """The lag in seconds of every change so far, by key and change."""
    context = project.context()
    first: dict[str, datetime] = {}
    for pointer in context.lake.pointers.history("docs"):
        at = parse_iso(pointer.at)
        assert at is not None
        first.setdefault(pointer.candidate, at)
    rows: list[dict[str, Any]] = publications.read(
        context.lake, "docs", first, project.clock.now() - timedelta(days=400)
    )
    names = {k: row["key"] for k, row in context.ledger.objects("docs").items()}
    return {(names[row["doc_id"]], row["change"]): row["lag_s"] for row in rows}


def test_a_first_load_waits_since_it_was_listed(quick: Project) -> None:
    quick.write("old.md", article(1))
    quick.refresh()
    assert lags(quick) == {("old.md", "added"): 0.0}


def test_an_edit_waits_since_it_was_made(quick: Project) -> None:
    quick.write("a.md", article(1))
    quick.refresh()
    edited = quick.clock.now() + 10 * timedelta(minutes=1)
    quick.write("a.md", article(2), edited)
    quick.refresh(later=2 * HOUR)
    assert lags(quick)["a.md", "edited"] == (quick.clock.now() - edited).total_seconds() == 6600


def test_a_new_file_of_an_old_date_waits_since_its_first_listing(quick: Project) -> None:
    quick.write("a.md", article(1))
    quick.refresh()
    quick.write("restored.md", article(2), NOON - timedelta(days=300))
    quick.refresh()
    assert lags(quick)["restored.md", "added"] == 0.0


def test_a_deletion_waits_since_the_last_listing_that_held_it(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    quick.delete("d001.md")
    quick.refresh(later=5 * HOUR)
    assert lags(quick)["d001.md", "removed"] == (5 * HOUR).total_seconds()


def test_an_access_change_waits_since_the_listing_before(quick: Project) -> None:
    quick.fill(2)
    quick.source(access={"groups": ["staff"]})
    quick.refresh()
    quick.source(access={"groups": ["staff", "agents"]})
    quick.refresh(later=3 * HOUR)
    found = lags(quick)
    assert found["d000.md", "described"] == found["d001.md", "described"] == 3 * 3600


@pytest.mark.usefixtures("shifted")
def test_what_a_gate_stops_waits_on_until_it_is_published(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    edited = quick.clock.now() + timedelta(minutes=1)
    quick.write("d000.md", article(7), edited)
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n", edited)
    assert quick.refresh().status == 5
    assert ("d000.md", "edited") not in lags(quick)
    quick.write("d001.md", article(8), quick.clock.now())
    assert quick.refresh().status == 0
    assert lags(quick)["d000.md", "edited"] == (quick.clock.now() - edited).total_seconds() > 3600


def test_another_chunker_publishes_no_version_again(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    before = lags(quick)
    quick.changes["chunking"] = {"max_tokens": 64}
    run = quick.refresh()
    assert run.of("build").release is not None
    assert run.of("build").counts["changed"] == 3
    assert lags(quick) == before


def test_a_version_that_comes_back_is_published_anew(quick: Project) -> None:
    quick.write("a.md", "# A\n\nfirst words of it\n")
    quick.refresh()
    quick.write("a.md", "# A\n\nother words of it\n", quick.clock.now() + timedelta(minutes=1))
    quick.refresh()
    quick.write("a.md", "# A\n\nfirst words of it\n", quick.clock.now() + timedelta(minutes=30))
    quick.refresh(later=HOUR)
    assert lags(quick)["a.md", "edited"] == 1800


moments = st.integers(0, 10**6).map(lambda seconds: NOON + timedelta(seconds=seconds))


@given(st.none() | moments, moments, st.lists(moments).map(sorted))
def test_nothing_waits_since_before_it_could_be_seen(
    modified: datetime | None, observed: datetime, listings: list[datetime]
) -> None:
    before = last_before(listings, observed)
    assert before is None or before < observed
    since = waiting_since(modified, observed, before)
    assert since <= observed
    assert since == observed or (before is not None and before < since == modified)
