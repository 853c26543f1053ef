"""The simulator: its arithmetic, its hindsight, and what the governor has to keep."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.governor import LOOKS, MOST, SLAS, made
from benchmarks.replay import LISTING, Cron, Governed, History, replay
from benchmarks.schedules import Best, best, wakes
from freshground.core.settings import Governor, Sla

START = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
SETTINGS = Governor()


def history(*hours: float, end: float) -> History:
    commits = tuple(START + hour * HOUR for hour in sorted(hours))
    return History("small", commits, START, START + end * HOUR)


def test_one_commit_under_cron() -> None:
    found = replay(history(1.5, end=4), Cron("0 * * * *"), Sla(max_staleness=0.5 * HOUR))
    assert found.listings == 4
    assert found.publications == 1
    assert found.lags == [0.5 * HOUR + history(end=1).duration(1)]
    assert found.misses == 4, "once between each two of its listings, and none before the end"
    assert found.worst == HOUR + history(end=1).duration(1)


def test_a_run_that_is_going_on_puts_the_next_one_off() -> None:
    busy = history(*[0.5 + number / 1000 for number in range(300)], end=4)
    found = replay(busy, Cron("0 * * * *"), Sla())
    assert found.listed == [START + number * HOUR for number in (0, 1, 3)]


def test_runs_that_fail_move_nothing() -> None:
    found = replay(history(1.5, end=4), Cron("0 * * * *"), Sla(), failing=1.0)
    assert (found.publications, found.failed, found.lags) == (0, 4, [])
    assert found.steps == [(START, START)]


def test_hindsight_waits_for_the_commit() -> None:
    """One that lists every five hours publishes twice; knowing all, one listing holds both."""
    moments = [START + number * HOUR for number in range(13)]
    two = history(4.5, 5.5, end=12)
    assert best(two, moments, Sla(max_staleness=6 * HOUR)) == Best(1, 2)
    assert best(two, moments, Sla(max_staleness=LISTING)) is None


@given(
    st.lists(st.integers(0, 40), max_size=6),
    st.sets(st.integers(1, 39), max_size=7),
    st.integers(4, 30),
)
def test_hindsight_is_the_best_of_all_schedules(
    commits: list[int], moments: set[int], staleness: int
) -> None:
    past = history(*(number / 4 for number in commits), end=10)
    sla = Sla(max_staleness=staleness * HOUR / 4)
    choices = [START + number * HOUR / 4 for number in sorted(moments)]
    kept: list[Best] = []
    for size in range(len(choices) + 1):
        for chosen in combinations(choices, size):
            publications, holds, previous = 0, True, START
            for at in chosen:
                new = past.until(at) - past.until(previous)
                holds &= at + past.duration(new) <= previous + sla.max_staleness
                publications += new > 0
                previous = at
            if holds and past.end <= previous + sla.max_staleness:
                kept.append(Best(publications, len(chosen)))
    few = min(kept, key=lambda b: (b.publications, b.listings), default=None)
    seldom = min(kept, key=lambda b: (b.listings, b.publications), default=None)
    assert best(past, [START, *choices], sla) == few
    assert best(past, [START, *choices], sla, first="listings") == seldom


@pytest.mark.parametrize("name", SLAS)
def test_the_governor_on_a_made_history(name: str) -> None:
    past, sla = made(30), SLAS[name]
    found = replay(past, Governed(SETTINGS), sla)
    assert found.misses == 0
    assert len(found.lags) == len(past.commits)
    assert all(later > earlier for earlier, later in pairwise(found.listed))
    same = best(past, [past.start, *found.listed], sla)
    assert same is not None
    assert found.publications <= MOST * same.publications


@pytest.mark.slow
@pytest.mark.parametrize("name", SLAS)
def test_the_governor_on_a_real_history(name: str, shared_data: Path) -> None:
    sla = SLAS[name]
    past = History.read(shared_data / "history" / "peps", timedelta(days=8))
    assert len(past.commits) == 120
    found = replay(past, Governed(SETTINGS), sla)
    assert found.misses == 0
    assert replay(past, Governed(SETTINGS), sla, failing=0.05).misses == 0
    moments = wakes(past, SETTINGS.every)
    seldom = best(past, moments, sla, first="listings")
    few = best(past, moments, sla)
    assert seldom is not None
    assert few is not None
    assert found.publications <= MOST * seldom.publications
    assert found.listings <= MOST * seldom.listings
    looked = replay(past, Governed(Governor(looks=LOOKS)), sla)
    assert looked.misses == 0
    assert looked.publications <= MOST * few.publications
