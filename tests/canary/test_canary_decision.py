"""When a canary is promoted, rolled back or watched on."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.settings import Canary
from freshground.lake.queries import Tally
from quality.canary import decide

HOUR = timedelta(hours=1)
NOW = timedelta(0)
SETTINGS = Canary()


def tally(queries: int, *, errors: int = 0, empty: int = 0, seconds: float = 0.1) -> Tally:
    """Return queries whose answers take `seconds` on the whole, some less and some more."""
    found = Tally()
    for number in range(queries):
        answered = number >= errors
        found.add(
            seconds * (1.3 if number % 2 else 1 / 1.3) if answered else None,
            empty=answered and number < errors + empty,
        )
    return found


def test_many_good_queries_promote_before_the_time_is_up() -> None:
    found = decide(tally(1000), tally(1000), NOW, SETTINGS)
    assert (found.action, all(harm.ruled_out for harm in found.harms)) == ("promote", True)


def test_few_good_queries_wait_and_promote_when_the_time_is_up() -> None:
    few, live = tally(49), tally(1000)
    assert decide(few, live, HOUR - timedelta(seconds=1), SETTINGS).action == "wait"
    found = decide(few, live, HOUR, SETTINGS)
    assert found.action == "promote"
    assert "too few" in found.reason


def test_nobody_asked() -> None:
    assert decide(Tally(), Tally(), NOW, SETTINGS).action == "wait"
    assert decide(Tally(), Tally(), HOUR, SETTINGS).action == "promote"


def test_without_live_queries_nothing_is_sure() -> None:
    assert decide(tally(50, errors=50), Tally(), NOW, SETTINGS).action == "wait"


@pytest.mark.parametrize(
    ("bad", "name"),
    [
        (tally(60, errors=20), "errors"),
        (tally(60, empty=30), "empty answers"),
        (tally(60, seconds=0.3), "latency"),
    ],
)
def test_each_harm_rolls_back_at_once(bad: Tally, name: str) -> None:
    found = decide(bad, tally(600), NOW, SETTINGS)
    assert found.action == "roll back"
    assert [harm.name for harm in found.harms if harm.sure] == [name]
    assert name in found.reason


def test_a_canary_that_breaks_down_is_rolled_back_after_a_handful() -> None:
    assert decide(tally(8, errors=8), tally(70), NOW, SETTINGS).action == "roll back"
    assert decide(tally(1, errors=1), tally(9), NOW, SETTINGS).action == "wait"


def test_errors_of_the_callers_speak_against_neither() -> None:
    assert decide(tally(1000, errors=100), tally(1000, errors=100), NOW, SETTINGS).action != (
        "roll back"
    )


def test_one_error_more_is_not_sure_but_decides_when_the_time_is_up() -> None:
    suspect, live = tally(60, errors=2), tally(600)
    assert decide(suspect, live, NOW, SETTINGS).action == "wait"
    found = decide(suspect, live, HOUR, SETTINGS)
    assert (found.action, [h.name for h in found.harms if h.sure]) == ("roll back", [])
    assert decide(tally(30, errors=2), live, HOUR, SETTINGS).action == "promote", "too few to say"


def test_the_limits_are_the_settings() -> None:
    slower = tally(1000, seconds=0.12)
    assert decide(slower, tally(1000), NOW, SETTINGS).action == "promote"
    strict = Canary(max_latency_ratio=1.1)
    assert decide(slower, tally(1000), NOW, strict).action == "roll back"


def test_a_canary_like_the_live_release_is_hardly_ever_rolled_back_early() -> None:
    rng = random.Random(7)

    def arm(queries: int) -> Tally:
        found = Tally()
        for _ in range(queries):
            seconds = None if rng.random() < 0.02 else rng.lognormvariate(-2, 0.8)
            found.add(seconds, empty=rng.random() < 0.1)
        return found

    rolled_back = 0
    for _ in range(100):
        canary, live = Tally(), Tally()
        for _look in range(12):
            canary.merge(arm(20))
            live.merge(arm(180))
            rolled_back += decide(canary, live, NOW, SETTINGS).action == "roll back"
    assert rolled_back == 0


counts = st.integers(0, 400)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    queries = draw(counts)
    errors = draw(st.integers(0, queries))
    empty = draw(st.integers(0, queries - errors))
    return tally(queries, errors=errors, empty=empty, seconds=draw(st.floats(0.001, 10)))


@given(tallies(), tallies(), st.floats(0, 7200))
def test_it_is_always_decided_when_the_time_is_up_and_bounds_hold_what_is_seen(
    canary: Tally, live: Tally, age: float
) -> None:
    found = decide(canary, live, timedelta(seconds=age), SETTINGS)
    assert (found.action == "wait") <= (age < 3600)
    for harm in found.harms:
        assert harm.low <= harm.high
        if harm.seen is not None:
            assert harm.low - 1e-9 <= harm.seen <= harm.high + 1e-9
        assert harm.as_dict()["limit"] == harm.limit
    if found.action == "promote":
        assert not any(harm.sure for harm in found.harms)


@given(st.lists(st.one_of(st.none(), st.floats(0, 100)), max_size=30), st.integers(0, 30))
def test_tallies_of_parts_add_up(times: list[float | None], cut: int) -> None:
    whole, left, right = Tally(), Tally(), Tally()
    for place, seconds in enumerate(times):
        whole.add(seconds)
        (left if place < cut else right).add(seconds)
    left.merge(right)
    assert (left.queries, left.errors) == (whole.queries, whole.errors)
    assert left.log_seconds == pytest.approx(whole.log_seconds)
