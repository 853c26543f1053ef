"""What is counted of queries: percentiles that are true, minutes that add up, folding."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.lake.storage import Files
from freshground.lake.traffic import STEP, Traffic, TrafficCounts

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WITHIN = 0.05


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(str(tmp_path), {})


@given(
    st.lists(st.floats(1e-5, 1e4, allow_nan=False), min_size=1, max_size=200),
    st.sampled_from([0, 1, 50, 90, 95, 99, 100]),
)
def test_percentiles_are_within_five_per_cent(times: list[float], percent: int) -> None:
    class Nowhere:
        def put(self, path: str, data: bytes) -> None: ...
        def list(self, prefix: str) -> list[str]:
            return []

    counts = TrafficCounts(Nowhere(), ManualClock(NOON))  # type: ignore[arg-type]
    for seconds in times:
        counts.add("docs", seconds, 1)
    found = counts.over("docs", NOON, NOON).percentile(percent)
    true = np.percentile(times, percent, method="inverted_cdf")
    assert found == pytest.approx(true, rel=WITHIN)
    assert STEP**0.5 - 1 < WITHIN


def test_what_several_processes_count_adds_up(files, clock) -> None:
    one, other = TrafficCounts(files, clock), TrafficCounts(files, clock)
    one.add("docs", 0.1, 3)
    one.add("docs", 0.2, 0)
    other.add("docs", 0.0, 0, error=True)
    other.add("faq", 0.1, 1)
    other.flush()
    other.flush()
    found = one.over("docs", NOON - 5 * MINUTE, NOON)
    assert (found.queries, found.errors, found.empty, found.answered) == (3, 1, 1, 2)
    assert (found.empty_share, found.error_share) == (0.5, pytest.approx(1 / 3))
    one.flush()
    clock.advance(MINUTE)
    one.add("docs", 0.3, 1)
    one.flush()  # writes the same file anew
    third = TrafficCounts(files, clock)
    assert third.over("docs", NOON, clock.now()).queries == 4
    assert third.over("docs", NOON + MINUTE, clock.now()).queries == 1
    assert third.over("docs", NOON, NOON).queries == 3
    assert third.over("none", NOON, clock.now()).p95_s is None


def test_a_series_over_hours_and_midnight(files, clock) -> None:
    start = NOON + timedelta(hours=10, minutes=30)
    clock.set(start)
    counts = TrafficCounts(files, clock)
    for _ in range(6):
        counts.add("docs", 0.1, 1)
        counts.flush()
        clock.advance(timedelta(minutes=30))
    found = TrafficCounts(files, clock).series("docs", start, timedelta(hours=1))
    assert [(at - start, cell.queries) for at, cell in found] == [
        (timedelta(hours=n), 2) for n in range(3)
    ]
    counts.add("docs", 0.1, 1)
    assert sum(cell.queries for _, cell in counts.series("docs", start, MINUTE)) == 7


def test_folded_days_count_the_same(files, clock) -> None:
    for hour in (1, 9):
        clock.set(NOON.replace(hour=hour))
        counts = TrafficCounts(files, clock)
        for number in range(10):
            counts.add("docs", 0.1 * number, number % 2)
        counts.flush()
    before = counts.over("docs", NOON.replace(hour=0), NOON)
    clock.advance(timedelta(days=3))
    again = TrafficCounts(files, clock)
    assert again.over("docs", NOON.replace(hour=0), NOON) == before
    kept = {path: files.get(path) for path in files.list("traffic")}
    again.fold()
    assert [path.rsplit("/", 1)[1] for path in files.list("traffic")] == ["all.json"]
    for path, data in kept.items():  # one that was killed before it deleted what it had folded
        files.put(path, data)
    assert TrafficCounts(files, clock).over("docs", NOON.replace(hour=0), NOON) == before
    again.fold()
    assert len(files.list("traffic")) == 1
    assert again.over("docs", NOON.replace(hour=0), NOON) == before
    again.forget(NOON + timedelta(days=1))
    assert not files.list("traffic")


def test_threads_lose_nothing(files, clock) -> None:
    counts = TrafficCounts(files, clock)

    def work() -> None:
        for _ in range(300):
            counts.add("docs", 0.01, 1)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        counts.flush()
    for thread in threads:
        thread.join()
    counts.flush()
    assert TrafficCounts(files, clock).over("docs", NOON, NOON).queries == 1200


def test_a_row_is_what_it_was() -> None:
    found = Traffic(3, 1, 1, {-20: 2})
    assert Traffic.of_row([*found.as_row()[:3], {"-20": 2}]) == found
