"""Where a metric is going: the robust line, and when it meets a threshold."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.trend import LEAST, line, runs_left, side_of

values = st.floats(-1e3, 1e3, allow_nan=False).map(lambda value: round(value, 6))
many = st.lists(values, min_size=LEAST, max_size=30)


@settings(max_examples=40)
@given(
    start=values, step=st.floats(0.01, 50), count=st.integers(LEAST, 30), left=st.integers(1, 60)
)
def test_a_straight_line_is_told_exactly(start, step, count, left) -> None:
    fallen = [start - step * place for place in range(count)]
    threshold = fallen[-1] - step * left
    assert runs_left(fallen, threshold, "floor") == (left if left <= count else None)
    risen = [-value for value in fallen]
    assert runs_left(risen, -threshold, "ceiling") == (left if left <= count else None)


@settings(max_examples=40)
@given(many, values)
def test_what_is_told_lies_ahead_and_near(found, threshold) -> None:
    for side in ("floor", "ceiling"):
        left = runs_left(found, threshold, side)
        assert left is None or 1 <= left <= len(found)


@settings(max_examples=40)
@given(many, values)
def test_floor_and_ceiling_are_mirrors(found, threshold) -> None:
    mirrored = [-value for value in found]
    assert runs_left(found, threshold, "floor") == runs_left(mirrored, -threshold, "ceiling")


@settings(max_examples=40)
@given(values, st.integers(LEAST, 30), values)
def test_what_stands_still_goes_nowhere(value, count, threshold) -> None:
    assert runs_left([value] * count, threshold, "floor") is None
    assert runs_left([value] * count, threshold, "ceiling") is None


@settings(max_examples=40)
@given(st.floats(0.1, 9), st.integers(9, 30), st.data())
def test_one_wild_run_in_five_does_not_bend_the_line(step, count, data) -> None:
    straight = [step * place for place in range(count)]
    wild = data.draw(st.sets(st.integers(0, count - 1), max_size=count // 5))
    bent = [data.draw(values) if place in wild else straight[place] for place in range(count)]
    slope, now = line(bent)
    # The median of the slopes of all pairs: most pairs are of two good values.
    assert slope == pytest.approx(step, rel=0.75)
    assert runs_left(straight, straight[-1] + step * 2, "ceiling") == 2
    assert now == pytest.approx(straight[-1], abs=step * count)


def test_noise_around_one_value_is_no_decay() -> None:
    noise = [0.95, 0.97, 0.94, 0.98, 0.93, 0.97, 0.95, 0.96, 0.94, 0.97, 0.93, 0.95]
    assert runs_left(noise, 0.9, "floor") is None


def test_noisy_decay_is_told() -> None:
    decay = [0.99, 0.985, 0.986, 0.98, 0.975, 0.977, 0.97, 0.968, 0.96, 0.961, 0.955, 0.95]
    assert runs_left(decay, 0.93, "floor") in (5, 6)


def test_few_values_tell_nothing() -> None:
    assert runs_left([5, 4, 3, 2, 1.5], 1, "floor") is None


@pytest.mark.parametrize(
    ("value", "threshold", "passed", "side"),
    [
        (0.99, 0.9, True, "floor"),
        (0.8, 0.9, False, "floor"),
        (120.0, 512.0, True, "ceiling"),
        (600.0, 512.0, False, "ceiling"),
        (1.0, 1.0, True, None),
        (None, 1.0, True, None),
        (1.0, None, True, None),
    ],
)
def test_the_wanted_side_is_told_by_what_was_judged(value, threshold, passed, side) -> None:
    assert side_of(value, threshold, passed=passed) == side
