"""Where a metric is going: a robust line through its newest values, and when it meets a threshold.

The line is Theil and Sen's: the median of the slopes between all pairs. One wild run in four does
not bend it. Pure.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

Side = Literal["floor", "ceiling"]
"""A floor is to be stayed above, a ceiling below."""

LEAST = 6
"""Values below which a line says nothing."""

_ROUNDING = 1e-6
_AGREEING = 2 / 3
"""Share of the pairs that have to go the line's way; of values without a trend, half do."""


def side_of(value: float | None, threshold: float | None, *, passed: bool) -> Side | None:
    """Return which side of a threshold is wanted, told by a value that was judged.

    None where it stands on the threshold, or there is no value.
    """
    if value is None or threshold is None or value == threshold:
        return None
    return "floor" if passed == (value > threshold) else "ceiling"


def line(values: Sequence[float]) -> tuple[float, float]:
    """Return slope for each run and the line's value at the newest one, of at least two values."""
    y = np.asarray(values, dtype=float)
    x = np.arange(len(y)) - (len(y) - 1.0)
    first, second = np.triu_indices(len(y), k=1)
    slope = float(np.median((y[second] - y[first]) / (x[second] - x[first])))
    return slope, float(np.median(y - slope * x))


def runs_left(values: Sequence[float], threshold: float, side: Side) -> int | None:
    """Return in how many more runs the line through `values`, oldest first, meets the threshold.

    None when it does not within as many runs as there are values, goes the other way, or when too
    few pairs of values agree with it. At least 1.
    """
    if len(values) < LEAST:
        return None
    slope, now = line(values)
    if slope == 0 or (slope > 0) != (side == "ceiling"):
        return None
    y = np.asarray(values, dtype=float)
    first, second = np.triu_indices(len(y), k=1)
    agreeing = np.mean(np.sign(y[second] - y[first]) == np.sign(slope))
    if agreeing < _AGREEING:
        return None
    left = max(1, math.ceil((threshold - now) / slope - _ROUNDING))
    return left if left <= len(values) else None
