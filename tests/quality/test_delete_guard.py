"""The delete guard: exact thresholds, and no way to creep past it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import Fatal
from freshground.core.settings import DeleteGuard
from quality.guards import EMPTY_LISTING, MASS_DELETION, GuardVerdict, delete_guard

COUNTS = st.integers(0, 2_000)
SETTINGS = st.builds(
    DeleteGuard,
    share=st.integers(0, 100).map(lambda percent: percent / 100),
    at_least=st.integers(1, 50),
)


def judge(settings: DeleteGuard | None = None, **given_counts: Any) -> GuardVerdict:
    counts: dict[str, Any] = {
        "source_id": "handbook",
        "live": 100,
        "deleting": 0,
        "deleted_in_window": 0,
        "live_at_window_start": 100,
        "listed": 100,
        "approved": False,
    } | given_counts
    return delete_guard(settings=settings or DeleteGuard(), **counts)


@pytest.mark.parametrize(
    ("live", "deleting", "tripped"),
    [
        (100, 20, False),  # exactly the share is allowed
        (100, 21, True),
        (20, 9, False),  # fewer than at_least are allowed, whatever their share
        (20, 10, True),
        (10, 9, False),
        (50, 10, False),
        (49, 10, True),
        (1_000_000, 200_000, False),
        (1_000_000, 200_001, True),
    ],
)
def test_thresholds_are_exact(live: int, deleting: int, *, tripped: bool) -> None:
    verdict = judge(live=live, live_at_window_start=live, deleting=deleting, listed=live - deleting)
    assert verdict.tripped is tripped
    assert verdict.guard == MASS_DELETION
    assert verdict.value == deleting / live
    assert verdict.threshold == 0.2


@given(percent=st.integers(0, 100), hundreds=st.integers(1, 100))
def test_share_is_taken_as_written(percent: int, hundreds: int) -> None:
    """0.29 of 100 is 29, not 28.999999999999996."""
    settings = DeleteGuard(share=percent / 100, at_least=1)
    live, allowed = 100 * hundreds, percent * hundreds
    given_counts = {"live": live, "live_at_window_start": live, "listed": 1}
    assert not judge(settings, deleting=allowed, **given_counts).tripped
    if allowed < live:
        assert judge(settings, deleting=allowed + 1, **given_counts).tripped


@pytest.mark.parametrize("live", [1, 5, 9, 10, 5_000])
def test_empty_listing_trips_at_any_size(live: int) -> None:
    verdict = judge(live=live, deleting=live, listed=0, live_at_window_start=live)
    assert verdict.tripped
    assert verdict.guard == EMPTY_LISTING
    assert (verdict.value, verdict.threshold) == (1.0, 0.0)


def test_empty_listing_trips_even_when_the_share_allows_everything() -> None:
    everything = DeleteGuard(share=1.0, at_least=1)
    assert judge(everything, live=3, deleting=3, listed=0, live_at_window_start=3).tripped


@given(SETTINGS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_nothing_to_delete_never_trips(
    settings: DeleteGuard, live: int, gone: int, start: int, listed: int
) -> None:
    verdict = judge(
        settings,
        live=live,
        deleting=0,
        deleted_in_window=gone,
        live_at_window_start=start,
        listed=listed,
    )
    assert not verdict.tripped
    assert verdict.message == ""


@given(SETTINGS, COUNTS, COUNTS, COUNTS, COUNTS, st.integers(0, 50), st.integers(0, 50))
def test_more_deletions_never_turn_a_stop_into_a_pass(
    settings: DeleteGuard, live: int, deleting: int, gone: int, start: int, more: int, past: int
) -> None:
    deleting = min(deleting, live)
    less = judge(
        settings, live=live, deleting=deleting, deleted_in_window=gone, live_at_window_start=start
    )
    worse = judge(
        settings,
        live=live,
        deleting=min(deleting + more, live),
        deleted_in_window=gone + past,
        live_at_window_start=start,
    )
    assert worse.tripped or not less.tripped


@given(
    SETTINGS,
    st.integers(1, 500),
    st.lists(st.integers(1, 40), min_size=1, max_size=60),
    st.data(),
)
def test_small_deletions_get_no_further_than_one_large_one(
    settings: DeleteGuard, start: int, steps: list[int], data: st.DataObject
) -> None:
    """Within one window, however cut up and with documents added meanwhile."""
    live, gone, added = start, 0, 0
    for step in steps:
        joined = data.draw(st.integers(0, 3))
        live, added = live + joined, added + joined
        deleting = min(step, live)
        verdict = judge(
            settings,
            live=live,
            deleting=deleting,
            deleted_in_window=gone,
            live_at_window_start=start,
            listed=live - deleting or 1,
        )
        if not verdict.tripped:
            live, gone = live - deleting, gone + deleting
    at_once = judge(
        settings,
        live=start + added,
        deleting=gone,
        live_at_window_start=start,
        listed=1,
    )
    assert not at_once.tripped
    assert gone <= max(settings.share * (start + added) + 1e-6, settings.at_least - 1)


def test_the_second_half_of_a_mass_deletion_is_stopped() -> None:
    assert not judge(deleting=15).tripped
    verdict = judge(live=85, deleting=6, deleted_in_window=15)
    assert verdict.tripped
    assert verdict.value == pytest.approx(0.21)
    assert not judge(live=85, deleting=5, deleted_in_window=15).tripped


def test_share_is_of_the_larger_of_then_and_now() -> None:
    grown = {"live": 1_000, "live_at_window_start": 10}
    assert not judge(deleting=200, **grown).tripped
    assert judge(deleting=201, **grown).tripped
    shrunk = {"live": 40, "live_at_window_start": 100}
    assert not judge(deleting=20, **shrunk).tripped
    assert judge(deleting=21, **shrunk).tripped


@given(SETTINGS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_approval_lets_every_plan_pass_and_records_what_it_passed(
    settings: DeleteGuard, live: int, deleting: int, gone: int, start: int, listed: int
) -> None:
    counts = {
        "live": live,
        "deleting": deleting,
        "deleted_in_window": gone,
        "live_at_window_start": start,
        "listed": listed,
    }
    asked = judge(settings, **counts)
    approved = judge(settings, **counts, approved=True)
    assert not approved.tripped
    assert approved.message.startswith("Approved: ") == asked.tripped
    same = {"guard", "value", "threshold"}
    assert {k: v for k, v in asdict(asked).items() if k in same} == {
        k: v for k, v in asdict(approved).items() if k in same
    }


def test_message_says_what_was_found_and_how_to_approve() -> None:
    mass = judge(deleting=30, deleted_in_window=5, live=95).message
    assert "'handbook' would lose 35 of 100 documents (35.0%), 5 of them already deleted" in mass
    assert "at most 20.0%" in mass
    assert mass.endswith("freshground approve handbook")
    empty = judge(deleting=100, listed=0).message
    assert "lists nothing, but 100 of its documents are live" in empty
    assert empty.endswith("freshground approve handbook")


@pytest.mark.parametrize(
    "name", ["live", "deleting", "deleted_in_window", "live_at_window_start", "listed"]
)
def test_negative_count_is_fatal(name: str) -> None:
    with pytest.raises(Fatal, match=f"{name} = -1"):
        judge(**{name: -1})
