"""The verdict, by the clock alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.settings import Sla, Window
from quality.freshness.percentiles import judge_lags, percentile
from quality.freshness.verdict import CLOCK_SKEW, Verdict, judge
from quality.freshness.windows import inside
from tests.freshness.freshness_strategies import START, minutes, moments, slas

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday
HOUR = timedelta(hours=1)
RANK = {"fresh": 0, "due": 1, "late": 2}
OFFICE = Window.model_validate({"days": "mon-fri", "from": "08:00", "to": "18:00"})


@pytest.mark.parametrize(
    ("age", "state"),
    [
        (0 * HOUR, "fresh"),
        (4 * HOUR - timedelta(seconds=1), "fresh"),
        (4 * HOUR, "due"),
        (6 * HOUR, "due"),
        (6 * HOUR + timedelta(microseconds=1), "late"),
        (600 * HOUR, "late"),
    ],
)
def test_the_states_of_an_as_of(age: timedelta, state: str) -> None:
    sla = Sla(max_staleness=6 * HOUR)
    found = judge(NOON, NOON + age, sla, expected=HOUR, margin=HOUR)
    assert found == Verdict(state, age, NOON + 6 * HOUR, NOON + 4 * HOUR)


def test_nothing_published_is_unknown() -> None:
    assert judge(None, NOON, Sla()) == Verdict("unknown")


def test_an_as_of_from_the_future_is_not_believed() -> None:
    ahead = NOON + timedelta(days=400)
    assert judge(ahead, NOON, Sla()).state == "unknown"
    slightly = judge(NOON + CLOCK_SKEW, NOON, Sla())
    assert (slightly.state, slightly.staleness) == ("fresh", timedelta(0))


def test_age_breaks_the_promise_in_windows_only() -> None:
    sla = Sla(max_staleness=6 * HOUR, windows=(OFFICE,))
    monday = datetime(2026, 11, 23, 8, tzinfo=UTC)
    found = judge(NOON, NOON + 40 * HOUR, sla, expected=HOUR)
    assert (found.state, found.deadline, found.due_at) == ("fresh", monday, monday - HOUR)
    assert judge(NOON, monday - HOUR, sla, expected=HOUR).state == "due"
    assert judge(NOON, monday, sla).state == "late"
    evening = monday + 12 * HOUR
    assert judge(NOON, evening, sla).state == "late", "closing the window mends nothing"


events = st.lists(
    st.tuples(
        st.sampled_from(["listed", "failed", "incomplete", "old confirmation", "wait", "skewed"]),
        minutes(3 * 24 * 60),
        minutes(12 * 60),
    ),
    max_size=12,
)


@given(slas, events, minutes(600), minutes(600))
def test_no_interleaving_reads_fresh_when_the_content_is_older(
    sla: Sla, events: list, expected: timedelta, margin: timedelta
) -> None:
    """Runs that fail, come late, or confirm out of order; each asked at many moments."""
    clock = ManualClock(START)
    as_of: datetime | None = None
    content: datetime | None = None
    for what, pause, length in events:
        before = clock.now()
        confirmed: datetime | None = None
        rank = 0
        for part in range(5):
            clock.set(before + pause * part / 4)
            found = judge(as_of, clock.now(), sla, expected, margin)
            old = content is None or clock.now() - content > sla.max_staleness
            if old and inside(sla.windows, clock.now()):
                assert found.state in ("late", "unknown")
            if found.state != "unknown":
                assert RANK[found.state] >= rank, "it got better by itself"
                rank = RANK[found.state]
        started = clock.now()
        clock.advance(length)
        if what == "listed":
            confirmed = started
        elif what == "old confirmation":
            confirmed = started - length
        elif what == "skewed":
            # A worker whose clock runs ahead writes a start that never was.
            judged = judge(clock.now() + CLOCK_SKEW * 2, clock.now(), sla, expected, margin)
            assert judged.state == "unknown"
        if confirmed is not None:
            as_of = max(confirmed, as_of or confirmed)
            content = as_of


@given(slas, moments, st.lists(minutes(20 * 24 * 60), min_size=2, max_size=8), minutes(600))
def test_without_a_confirmation_it_only_gets_worse(
    sla: Sla, as_of: datetime, ages: list[timedelta], expected: timedelta
) -> None:
    ranks = [RANK[judge(as_of, as_of + age, sla, expected).state] for age in sorted(ages)]
    assert ranks == sorted(ranks)


@given(slas, moments, minutes(20 * 24 * 60))
def test_a_later_as_of_is_never_worse(sla: Sla, as_of: datetime, age: timedelta) -> None:
    now = as_of + age
    older, newer = judge(as_of, now, sla), judge(as_of + age / 3, now, sla)
    assert RANK[newer.state] <= RANK[older.state]


def test_percentiles_are_values_observed() -> None:
    lags = [timedelta(minutes=number) for number in range(1, 21)]
    assert percentile(lags, 50) == timedelta(minutes=10)
    assert percentile(lags, 95) == timedelta(minutes=19)
    assert percentile(lags, 100) == timedelta(minutes=20)
    assert percentile(lags[:1], 50) == timedelta(minutes=1)
    assert percentile([], 50) is None


def test_lags_are_held_against_each_percentile() -> None:
    sla = Sla(max_lag={"p95": HOUR, "p50": timedelta(minutes=5)})
    lags = [timedelta(minutes=number) for number in range(1, 21)]
    assert [(lag.percentile, lag.met) for lag in judge_lags(lags, sla)] == [
        ("p95", True),
        ("p50", False),
    ]
    assert all(lag.met and lag.value is None for lag in judge_lags([], sla))
