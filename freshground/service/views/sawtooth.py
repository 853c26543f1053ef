"""Staleness over time: a line that climbs, and falls whenever the as-of moves. Pure."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from quality.freshness.budget import Step

Line = tuple[np.ndarray, np.ndarray]
"""Seconds since 1970, and the staleness in seconds; NaN where nothing was served."""


def sawtooth(steps: Sequence[Step], since: datetime, now: datetime) -> Line:
    """Return the staleness from `since` until `now`, exact: a point before and after each step.

    Steps are in order of time. Nothing before the first; an as-of after its own moment counts as
    that moment.
    """
    start = bisect_right(steps, since, key=lambda step: step[0])
    end = bisect_right(steps, now, key=lambda step: step[0])
    inside = [(at.timestamp(), _seconds(as_of)) for at, as_of in steps[start:end]]
    first = since.timestamp()
    before = _seconds(steps[start - 1][1]) if start else None
    if before is None and not inside:
        return np.empty(0), np.empty(0)
    if before is not None:
        inside.insert(0, (first, before))
    at, serving = np.array(inside).T
    x = np.append(np.repeat(at, 2)[1:], now.timestamp())
    y = np.maximum(x - np.repeat(serving, 2), 0)  # NaN stays NaN
    return x, y


def thinned(line: Line, most: int) -> Line:
    """Return at most `most` (8 or more) points: of each stretch of time the least and the greatest.

    So no peak is lost. The first and the last point stay, and of each stretch one where nothing was
    served.
    """
    x, y = line
    if len(x) <= most:
        return line
    stretches = max(1, (most - 2) // 3)
    width = (x[-1] - x[0]) / stretches or 1.0
    cell = np.minimum(((x - x[0]) / width).astype(np.int64), stretches - 1)
    known = np.flatnonzero(~np.isnan(y))
    kept = {0, len(x) - 1, *_ends(cell, y, known)}
    gaps = np.flatnonzero(np.isnan(y))
    kept.update(gaps[np.unique(cell[gaps], return_index=True)[1]].tolist())
    places = sorted(kept)
    return x[places], y[places]


def _ends(cell: np.ndarray, y: np.ndarray, known: np.ndarray) -> list[int]:
    """Return the places of the least and the greatest value of each cell."""
    order = known[np.lexsort((y[known], cell[known]))]
    if not len(order):
        return []
    changes = np.flatnonzero(np.diff(cell[order]))
    first = np.concatenate([[0], changes + 1])
    last = np.concatenate([changes, [len(order) - 1]])
    return [*order[first].tolist(), *order[last].tolist()]


def _seconds(as_of: datetime | None) -> float:
    return float("nan") if as_of is None else as_of.timestamp()
