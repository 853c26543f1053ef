"""The error budget, held against counting every minute."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.settings import Sla, Window
from quality.freshness.budget import Budget, budget
from quality.freshness.verdict import judge
from quality.freshness.windows import inside
from tests.freshness.freshness_strategies import START, minutes, slas

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_nothing_published_uses_nothing_up() -> None:
    assert budget([], NOON, Sla()) == Budget(None, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)


def test_two_hours_late_in_ten_days() -> None:
    sla = Sla(max_staleness=6 * HOUR, objective=0.99)
    listings = [NOON - 10 * DAY + number * 4 * HOUR for number in range(60)]
    steps = [(at, at) for at in listings if at != NOON - 5 * DAY]
    found = budget(steps, NOON, sla)
    assert (found.since, found.counted_s) == (NOON - 10 * DAY, 10 * 86400)
    assert found.out_s == 2 * 3600
    assert found.within == pytest.approx(1 - 2 / 240)
    assert found.left == pytest.approx(1 - (2 / 240) / 0.01)
    assert (found.burn_1h, found.burn_24h) == (0, 0)


def test_the_burn_rate_of_an_outage() -> None:
    sla = Sla(max_staleness=6 * HOUR, objective=0.99)
    found = budget([(NOON - 30 * HOUR, NOON - 30 * HOUR)], NOON, sla)
    assert found.burn_1h == pytest.approx(100)
    assert found.burn_24h == pytest.approx(100)
    assert found.left == 0
    found = budget([(NOON - 12 * HOUR, NOON - 12 * HOUR)], NOON, sla)
    assert found.burn_24h == pytest.approx(50), "twelve hours of it were before the publication"


def test_only_time_in_windows_counts() -> None:
    office = Window.model_validate({"days": "mon-fri", "from": "08:00", "to": "18:00"})
    sla = Sla(max_staleness=6 * HOUR, windows=(office,))
    saturday = datetime(2026, 11, 21, 20, tzinfo=UTC)
    found = budget([(NOON - HOUR, NOON - HOUR)], saturday, sla)
    assert found.counted_s == 7 * 3600
    assert found.out_s == 3600
    assert found.burn_1h == 0


def test_a_rollback_and_an_as_of_from_the_future() -> None:
    sla = Sla(max_staleness=6 * HOUR)
    back = [(NOON - 8 * HOUR, NOON - 8 * HOUR), (NOON - 2 * HOUR, NOON - 9 * HOUR)]
    assert budget(back, NOON, sla).out_s == 2 * 3600
    ahead = [(NOON - 8 * HOUR, NOON + 900 * DAY)]
    assert budget(ahead, NOON, sla).out_s == 2 * 3600


steps = st.lists(
    st.tuples(minutes(4 * 24 * 60), st.none() | minutes(2 * 24 * 60)), min_size=1, max_size=8
).map(lambda found: [(START + at, None if age is None else START + at - age) for at, age in found])


@given(slas, steps, minutes(5 * 24 * 60))
def test_it_is_what_counting_each_minute_finds(sla: Sla, steps: list, after: timedelta) -> None:
    now = START + after
    period = timedelta(days=1)
    found = budget(steps, now, sla, period)
    assert 0 <= found.within <= 1
    assert 0 <= found.left <= 1
    assert found.burn_1h >= 0
    assert found.burn_24h >= 0
    ordered = sorted(steps, key=lambda step: step[0])
    served = [at for at, as_of in ordered if at <= now and as_of is not None]
    if not served:
        assert found.since is None
        return
    assert found.since == max(served[0], now - period)
    counted = out = 0
    moment = found.since
    while moment < now:
        if inside(sla.windows, moment):
            counted += 60
            as_of = [as_of for at, as_of in ordered if at <= moment][-1]
            # At the very moment of the bound it is not late, in the minute from then on it is.
            age = None if as_of is None else moment - as_of
            out += 60 * (age is None or age >= sla.max_staleness)
        moment += timedelta(minutes=1)
    assert (found.counted_s, found.out_s) == (counted, out)


@given(slas, steps, st.randoms())
def test_the_order_in_which_steps_arrive_does_not_matter(sla: Sla, steps: list, chance) -> None:
    distinct = list({at: (at, as_of) for at, as_of in steps}.values())
    mixed = chance.sample(distinct, len(distinct))
    now = START + timedelta(days=6)
    assert budget(distinct, now, sla) == budget(mixed, now, sla)


@given(slas, steps)
def test_out_of_sla_in_the_budget_is_late_in_the_verdict(sla: Sla, steps: list) -> None:
    ordered = sorted({at: (at, as_of) for at, as_of in steps}.values())
    for (at, as_of), (until, _) in pairwise(ordered):
        if as_of is None:
            continue
        spent = budget([(at, as_of)], until, sla).out_s
        assert (spent > 0) <= (judge(as_of, until, sla).state == "late")
