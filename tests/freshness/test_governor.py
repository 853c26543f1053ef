"""The governor: as late as the SLA allows, and never against a hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from freshground.core.settings import Governor, Sla, Window
from quality.governor import (
    Promise,
    SourceState,
    change_rate,
    decide,
    decide_all,
    expected_duration,
    tightest,
    worth,
)

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
    made = decide(source(held, started=(NOON - 59 * MINUTE,)), NOON, SETTINGS)
    assert (made.action, made.until) == ("hold", None)
    assert "rolled back to release 4" in made.reason
    made = decide(source(held, started=(NOON - HOUR,)), NOON, SETTINGS)
    assert made.action == "look", "who may read less is not kept waiting by a hold"
    assert "rolled back to release 4" in made.reason
    made = decide(source(held, promise(NOON)), NOON, SETTINGS)
    assert (made.action, made.until) == ("wait", NOON + DAY * 0.9)
    assert made.inputs["held"] == ["index docs"]
    awaiting = source(promise(None), held="a plan awaits approval", started=(NOON,))
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
    assert "cannot keep 1h with runs of 40m" in made.reason


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


def test_it_looks_while_nothing_changed_and_gathers_changes_once_something_did() -> None:
    looking = Governor(looks=3)
    due = NOON + DAY * 0.9
    state = source(promise(NOON))
    made = decide(state, NOON + HOUR, looking)
    assert (made.action, made.until) == ("wait", NOON + DAY * 0.9 / 4)
    made = decide(state, NOON + 6 * HOUR, looking)
    assert (made.action, made.until) == ("look", None)
    assert decide(state, NOON + 6 * HOUR, SETTINGS).action == "wait"
    looked = replace(state, started=(NOON + 6 * HOUR,))
    assert decide(looked, NOON + 6.5 * HOUR, looking).action == "wait", "it looks once, not on"
    changed = replace(looked, changed_at=NOON + 6 * HOUR)
    made = decide(changed, NOON + 12 * HOUR, looking)
    assert (made.action, made.until) == ("wait", due)
    assert decide(changed, due, looking).action == "refresh"
    failing = replace(state, failures=1, last_failure=NOON + 6 * HOUR)
    assert decide(failing, NOON + 6 * HOUR, looking).until == NOON + 6 * HOUR + 5 * MINUTE
    asked = replace(state, held="asked", started=(NOON + 6 * HOUR,))
    assert decide(asked, NOON + 6 * HOUR, looking).action == "hold"


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
    held = replace(busy, held="a plan awaits approval", started=(NOON,))
    failing = replace(quiet, failures=3, last_failure=NOON - MINUTE)
    actions = [m.action for m in decide_all([held, failing], NOON, spending)]
    assert actions == ["hold", "wait"]
