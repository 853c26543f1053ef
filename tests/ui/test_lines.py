"""Staleness as a line: exact at every moment, and thinned without losing a peak."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.service.ui.sparklines import HEIGHT, WIDTH, sparkline
from freshground.service.views.sawtooth import sawtooth, thinned

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

steps = st.lists(
    st.tuples(st.integers(-500, 0), st.one_of(st.none(), st.integers(0, 300))), max_size=60
).map(
    lambda pairs: [
        (NOON + at * MINUTE, None if back is None else NOON + (at - back) * MINUTE)
        for at, back in sorted(dict(pairs).items())
    ]
)


def staleness(all_steps, at: datetime) -> float | None:
    """By the definition: what the newest step before a moment served, and its age."""
    past = [as_of for when, as_of in all_steps if when <= at]
    return None if not past or past[-1] is None else (at - past[-1]).total_seconds()


def near(value: float | None) -> object:
    return None if value is None else pytest.approx(value, abs=1e-5)


def pairs(line) -> list[tuple[float, float | None]]:
    x, y = line
    return [(a, None if np.isnan(b) else b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


@given(steps)
def test_the_line_is_the_staleness_at_every_moment(all_steps) -> None:
    since = NOON - 300 * MINUTE
    points = pairs(sawtooth(all_steps, since, NOON))
    if not all_steps:
        assert points == []
        return
    times = [at for at, _ in points]
    assert times == sorted(times)
    assert points[-1] == (NOON.timestamp(), near(staleness(all_steps, NOON)))
    assert times[0] == max(since, all_steps[0][0]).timestamp()
    last = dict(points)  # of two points at one moment the second is what is served from then on
    for at, value in last.items():
        assert value == near(staleness(all_steps, datetime.fromtimestamp(at, UTC)))
    for (start, low), (end, high) in zip(points, points[1:], strict=False):
        if start < end:
            middle = datetime.fromtimestamp((start + end) / 2, UTC)
            expected = None if low is None else (low + high) / 2
            assert staleness(all_steps, middle) == near(expected)


@given(
    st.lists(st.tuples(st.floats(0, 1e6), st.one_of(st.none(), st.floats(0, 1e5))), max_size=900)
)
def test_thinning_keeps_every_peak(points) -> None:
    points = sorted(points, key=lambda point: point[0])
    x, y = np.array([at for at, _ in points]), np.array([value for _, value in points], float)
    found = pairs(thinned((x, y), 400))
    assert len(found) <= 400
    assert found == [point for point in found if point in points]
    assert [at for at, _ in found] == sorted(at for at, _ in found)
    if points:
        assert (found[0], found[-1]) == (points[0], points[-1])
    known = [value for _, value in points if value is not None]
    kept = [value for _, value in found if value is not None]
    assert max(known, default=None) == max(kept, default=None)
    assert min(known, default=None) == min(kept, default=None)


def test_thinning_many_points_keeps_the_ends_of_each_stretch() -> None:
    x = np.arange(6000.0)
    y = 500 + 100 * np.sin(x / 7)
    y[[1234, 4321]] = 1, 999
    y[3000] = np.nan
    kept_x, kept_y = thinned((x, y), 400)
    assert len(kept_x) <= 400
    assert {1234.0, 3000.0, 4321.0} <= set(kept_x.tolist())
    assert (np.nanmin(kept_y), np.nanmax(kept_y)) == (1, 999)
    assert kept_y[kept_x == 3000.0] != kept_y[kept_x == 3000.0], "a gap stays"


def test_a_sparkline_has_gaps_and_stays_inside() -> None:
    line = sparkline([0, 10, 20, 30, 40], [0, 10, None, 5, 20], 15)
    assert line is not None
    assert len(line["lines"]) == 2
    places = [tuple(map(float, p.split(","))) for part in line["lines"] for p in part.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in places)
    assert 0 < line["limit"] < HEIGHT
    assert sparkline([], [], 15) is None
    assert sparkline([1, 1], [None, None], 15) is None
