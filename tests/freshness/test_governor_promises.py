"""The governor's promises, for any state and settings."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.settings import Governor, Sla
from quality.freshness.verdict import judge
from quality.governor import (
    Promise,
    SourceState,
    backoff,
    decide,
    decide_all,
    expected_duration,
    tightest,
)
from tests.freshness.freshness_strategies import minutes, moments, slas

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


governors = st.builds(
    Governor,
    every=minutes(30).filter(bool),
    margin=st.one_of(minutes(300), st.floats(0, 0.9)),
    min_interval=minutes(60),
    max_runs_per_day=st.none() | st.integers(1, 30),
    spare_runs_per_day=st.integers(0, 30),
    looks=st.integers(0, 5),
    backoff=minutes(60).filter(bool),
    max_backoff=minutes(600).filter(bool),
)


@st.composite
def states(draw: st.DrawFn) -> tuple[SourceState, datetime]:
    now = draw(moments)
    ago = minutes(10 * 24 * 60).map(lambda age: now - age)
    held = st.sampled_from(["", "", "", "rolled back"])
    promises = st.builds(
        Promise, st.sampled_from(["index a", "index b", "source s"]), slas, st.none() | ago, held
    )
    running = st.none() | minutes(8 * 60).map(lambda age: now - age)
    return SourceState(
        "docs",
        tuple(draw(st.lists(promises, max_size=3))),
        tuple(draw(st.lists(minutes(300), max_size=5))),
        tuple(draw(st.lists(ago, max_size=5))),
        succeeded=draw(st.none() | ago),
        running_since=draw(running),
        failures=draw(st.integers(0, 2000)),
        last_failure=draw(st.none() | ago),
        held=draw(held),
        listings=draw(st.integers(0, 20)),
        changed=0,
        observed=draw(minutes(10000)),
        queries_per_hour=draw(st.floats(0, 1e6)),
    ), now


def dues(state: SourceState, now: datetime, settings: Governor) -> list[datetime]:
    """When each open promise asks for a run, worked out anew from the verdict."""
    found = []
    for one in state.promises:
        bound = tightest(one.sla)
        sla = one.sla.model_copy(update={"max_staleness": bound})
        margin = settings.margin_of(bound)
        at = judge(one.as_of, now, sla, expected_duration(state), margin).due_at
        if not one.held:
            found.append(at or now)
    return found


@given(states(), governors)
def test_decisions_are_the_same_each_time_and_can_be_recorded(case, settings) -> None:
    state, now = case
    made = decide(state, now, settings)
    assert made == decide(state, now, settings)
    assert made.reason
    json.dumps(made.inputs)
    assert (made.until is None) == (made.action != "wait")
    assert made.until is None or made.until > now


@given(states(), governors)
def test_a_hold_never_refreshes(case, settings) -> None:
    state, now = case
    held = replace(state, held="a plan awaits approval")
    frozen = replace(
        state, promises=tuple(replace(one, held="rolled back") for one in state.promises)
    )
    assert decide_all([held], now, settings)[0].action in ("hold", "look")
    if state.promises:
        assert decide_all([frozen], now, settings)[0].action in ("hold", "look")


@given(states(), governors)
def test_it_never_refreshes_before_an_sla_asks(case, settings) -> None:
    state, now = case
    assume(state.promises)
    if decide(state, now, settings).action == "refresh":
        assert min(dues(state, now, settings)) <= now


@given(states(), governors)
def test_it_never_waits_beyond_the_due_time_when_nothing_forbids_a_run(case, settings) -> None:
    state, now = case
    free = replace(state, running_since=None, failures=0, started=(), held="")
    made = decide(free, now, settings)
    asked = dues(free, now, settings)
    if made.action == "wait" and asked:
        assert made.until == min(asked) if not settings.looks else made.until <= min(asked)
    if asked and min(asked) <= now:
        assert made.action == "refresh"


@given(states(), governors)
def test_failures_put_a_run_off_by_at_most_the_cap(case, settings) -> None:
    state, now = case
    failing = replace(state, running_since=None, started=(), held="")
    made = decide(failing, now, settings)
    asked = dues(failing, now, settings)
    if made.until is not None and asked:
        latest = failing.last_failure or now
        assert made.until <= max(min(asked), latest + settings.max_backoff)


@given(governors, st.integers(0, 10_000))
def test_the_backoff_grows_to_its_cap(settings: Governor, failures: int) -> None:
    wait = backoff(failures, settings)
    assert timedelta(0) <= wait <= settings.max_backoff
    assert wait <= backoff(failures + 1, settings)


@given(
    st.integers(2, 96),
    st.lists(st.integers(0, 3), min_size=12, max_size=12),
    st.integers(0, 4),
)
def test_runs_that_fail_within_the_margin_make_nothing_late(
    hours: int, failing: list[int], offset: int
) -> None:
    """Woken each five minutes, every run failing a few times at once before it passes."""
    settings, duration = Governor(), timedelta(minutes=3)
    sla = Sla(max_staleness=hours * HOUR)
    retries = sum((backoff(n, settings) + settings.every for n in (1, 2, 3)), timedelta(0))
    slack = settings.margin_of(sla.max_staleness) - settings.every
    allowed = 3 if slack >= retries else 0
    clock = ManualClock(NOON + offset * MINUTE)
    held = Promise("index docs", sla, clock.now())
    state = SourceState("docs", (held,), durations=(duration,) * 3)
    for fails in failing:
        published = False
        while not published:
            clock.advance(settings.every)
            now = clock.now()
            as_of = state.promises[0].as_of
            assert judge(as_of, now, sla).state in ("fresh", "due")
            made = decide(state, now, settings)
            if made.until is not None:
                wakes = (made.until - now) // settings.every
                clock.advance(max(wakes - 1, 0) * settings.every)
            if made.action != "refresh":
                continue
            if state.failures < min(fails, allowed):
                state = replace(
                    state,
                    failures=state.failures + 1,
                    last_failure=now,
                    started=(*state.started[-20:], now),
                )
                continue
            assert judge(as_of, now + duration, sla).state in ("fresh", "due")
            kept = replace(state.promises[0], as_of=now)
            state = replace(state, promises=(kept,), failures=0, succeeded=now)
            published = True
