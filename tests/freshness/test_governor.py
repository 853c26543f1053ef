"""The governor: as late as the SLA allows, and never against a hold."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.settings import Governor, Sla, Window
from quality.freshness.verdict import judge
from quality.governor import (
    Promise,
    SourceState,
    backoff,
    change_rate,
    decide,
    decide_all,
    expected_duration,
    tightest,
    worth,
)
from tests.freshness.freshness_strategies import minutes, moments, slas

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
SETTINGS = Governor()


def promise(as_of: datetime | None, staleness: timedelta = DAY, **more) -> Promise:
    return Promise("index docs", Sla(max_staleness=staleness), as_of, **more)


def source(*promises: Promise, **more) -> SourceState:
    return SourceState("docs", promises, **more)


def test_it_waits_until_deadline_less_duration_less_margin() -> None:
    state = source(promise(NOON), durations=(HOUR,) * 5)
    due = NOON + DAY - HOUR - DAY * 0.1
    made = decide(state, NOON + HOUR, SETTINGS)
    assert (made.action, made.until) == ("wait", due)
    assert decide(state, due - MINUTE, SETTINGS).action == "wait"
    made = decide(state, due, SETTINGS)
    assert (made.action, made.until) == ("refresh", None)
    assert "index docs would be late at 2026-11-21T12:00:00Z" in made.reason


def test_the_strictest_deadline_counts() -> None:
    office = Window.model_validate({"days": "mon-fri", "from": "08:00", "to": "18:00"})
    now = NOON + 5.5 * HOUR
    strict = Promise("index news", Sla(max_staleness=6 * HOUR), NOON + 4 * HOUR)
    relaxed = Promise("index office", Sla(max_staleness=HOUR, windows=(office,)), now)
    made = decide(source(promise(NOON), relaxed, strict), now, SETTINGS)
    assert made.inputs["strictest"] == "index news"
    assert made.inputs["deadline"] == "2026-11-20T22:00:00Z"


def test_a_bound_on_the_lag_is_kept_as_one_on_staleness() -> None:
    sla = Sla(max_staleness=DAY, max_lag={"p95": 2 * HOUR})
    assert tightest(sla) == 2 * HOUR
    made = decide(source(Promise("index docs", sla, NOON)), NOON, SETTINGS)
    assert made.until == NOON + 2 * HOUR * 0.9


@pytest.mark.parametrize("state", [source(), source(promise(None)), source(promise(NOON + DAY))])
def test_without_an_as_of_it_refreshes_now(state: SourceState) -> None:
    made = decide(state, NOON, SETTINGS)
    assert made.action == "refresh"
    assert made.reason


def test_an_as_of_from_the_future_is_dated_by_the_last_run() -> None:
    state = source(promise(NOON + 400 * DAY), succeeded=NOON - HOUR)
    assert decide(state, NOON, SETTINGS).until == NOON - HOUR + DAY * 0.9


def test_a_source_under_no_sla_is_listed_now_and_then() -> None:
    made = decide(source(succeeded=NOON), NOON + HOUR, SETTINGS)
    assert (made.action, made.until) == ("wait", NOON + DAY)
    assert decide(source(succeeded=NOON), NOON + DAY, SETTINGS).action == "refresh"


def test_a_source_that_fails_backs_off_though_it_is_late() -> None:
    state = source(promise(NOON - 3 * DAY), failures=3, last_failure=NOON)
    made = decide(state, NOON, SETTINGS)
    assert (made.action, made.until) == ("wait", NOON + 20 * MINUTE)
    assert made.reason.startswith("failed 3 times in a row")
    assert "is late since 2026-11-18T12:00:00Z" in made.reason
    assert decide(state, NOON + 20 * MINUTE, SETTINGS).action == "refresh"


def test_what_is_on_hold_is_not_refreshed_and_holds_nobody_else_up() -> None:
    held = promise(NOON - 3 * DAY, held="rolled back to release 4; freshground resume docs")
    made = decide(source(held), NOON, SETTINGS)
    assert (made.action, made.until) == ("hold", None)
    assert "rolled back to release 4" in made.reason
    made = decide(source(held, promise(NOON)), NOON, SETTINGS)
    assert (made.action, made.until) == ("wait", NOON + DAY * 0.9)
    assert made.inputs["held"] == ["index docs"]
    awaiting = source(promise(None), held="a plan awaits approval")
    assert decide(awaiting, NOON, SETTINGS).action == "hold"


def test_a_run_that_is_going_on_is_waited_for_until_it_counts_as_lost() -> None:
    state = source(promise(NOON - 2 * DAY), durations=(HOUR,), running_since=NOON)
    made = decide(state, NOON + 10 * MINUTE, SETTINGS)
    assert (made.action, made.until) == ("wait", NOON + HOUR)
    assert decide(state, NOON + 6 * HOUR, SETTINGS).action == "refresh"


def test_the_daily_limit_stands_above_the_sla() -> None:
    starts = (NOON - 23 * HOUR, NOON - 10 * HOUR, NOON - HOUR)
    state = source(promise(NOON - HOUR, HOUR), started=starts)
    limited = Governor(max_runs_per_day=3)
    made = decide(state, NOON, limited)
    assert (made.action, made.until) == ("wait", NOON + HOUR)
    assert "at most 3 runs in 24 hours" in made.reason
    assert decide(state, NOON, Governor(max_runs_per_day=4)).action == "refresh"


def test_an_sla_that_no_run_can_keep_is_said() -> None:
    state = source(promise(NOON, HOUR), durations=(40 * MINUTE,))
    made = decide(state, NOON + MINUTE, SETTINGS)
    assert "cannot keep 1:00:00 with runs of 0:40:00" in made.reason


def test_times_that_a_wrong_clock_wrote_stand_in_nobodys_way() -> None:
    ahead = NOON + 400 * DAY
    state = source(
        promise(NOON - 2 * DAY),
        started=(ahead,),
        running_since=ahead,
        failures=5,
        last_failure=ahead,
    )
    assert decide(state, NOON, SETTINGS).action == "refresh"


def test_rates() -> None:
    assert expected_duration(source()) == timedelta(0)
    assert expected_duration(source(durations=tuple(MINUTE * n for n in range(1, 11)))) == (
        9 * MINUTE
    )
    assert change_rate(source()) == 0.5
    assert change_rate(source(listings=8, changed=2)) == 0.3
    asked = source(listings=10, changed=5, observed=10 * HOUR, queries_per_hour=8)
    assert worth(replace(asked, succeeded=NOON), NOON) == 0
    assert worth(replace(asked, succeeded=NOON - HOUR), NOON) == pytest.approx(4)
    assert worth(replace(asked, succeeded=NOON - 2 * HOUR), NOON) == pytest.approx(6)


def test_spare_runs_go_where_changes_are_likely_and_queries_frequent() -> None:
    seen = {"listings": 20, "observed": 20 * HOUR, "succeeded": NOON - HOUR}
    quiet = SourceState("quiet", (promise(NOON),), changed=0, queries_per_hour=50, **seen)
    busy = SourceState("busy", (promise(NOON),), changed=18, queries_per_hour=20, **seen)
    unread = SourceState("unread", (promise(NOON),), changed=20, queries_per_hour=0, **seen)
    states = [quiet, busy, unread]
    assert {made.action for made in decide_all(states, NOON, SETTINGS)} == {"wait"}
    spending = Governor(spare_runs_per_day=4)
    assert [m.action for m in decide_all(states, NOON, spending)] == ["wait", "refresh", "wait"]
    made = decide_all(states, NOON, spending)[1]
    assert made.inputs["spare"] is True
    assert "spare run" in made.reason
    spent = [quiet, replace(busy, spare=(NOON - 5 * HOUR,)), unread]
    assert [m.action for m in decide_all(spent, NOON, spending)] == ["wait"] * 3
    assert decide_all([unread], NOON, spending)[0].action == "wait"
    held = replace(busy, held="a plan awaits approval")
    failing = replace(quiet, failures=3, last_failure=NOON - MINUTE)
    actions = [m.action for m in decide_all([held, failing], NOON, spending)]
    assert actions == ["hold", "wait"]


governors = st.builds(
    Governor,
    every=minutes(30).filter(bool),
    margin=st.one_of(minutes(300), st.floats(0, 0.9)),
    min_interval=minutes(60),
    max_runs_per_day=st.none() | st.integers(1, 30),
    spare_runs_per_day=st.integers(0, 30),
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
    assert decide_all([held], now, settings)[0].action == "hold"
    if state.promises:
        assert decide_all([frozen], now, settings)[0].action == "hold"


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
        assert made.until == min(asked)
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
    state = source(promise(clock.now(), sla.max_staleness), durations=(duration,) * 3)
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
