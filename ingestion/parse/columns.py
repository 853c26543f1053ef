"""Columns of running text on a page, and whether the file gives them one after the other.

A gutter is a left edge that several lines share, with lines of prose on both sides of it at the
same height. Lines that cross it (titles, wide captions) cut the page into bands; within a band the
left side is read before the right one.
"""

# ruff: noqa: PLR2004 - shares of the font size, and counts of lines

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ingestion.parse.segments import Segment

MIN_LINES = 4
MIN_CHARS = 18
"""The least median of a column's characters a line: shorter ones are cells of a table."""

MAX_DEPTH = 6
MAX_CANDIDATES = 8


def gutter(segments: Sequence[Segment]) -> float | None:
    """Return where the right one of two columns begins, or None where there are no columns."""
    if len(segments) < 2 * MIN_LINES:
        return None
    size = median(s.size for s in segments)
    edges: Counter[int] = Counter(round(s.x0) for s in segments if len(s.text) > 3)
    leftmost = min(s.x0 for s in segments)
    popular = [x for x, count in edges.most_common(MAX_CANDIDATES) if count >= MIN_LINES]
    best, most = None, 0
    for x in popular:
        if x <= leftmost + 4 * size:
            continue
        place = x - 1.5
        weight = _weight(segments, place, size)
        if weight > most:
            best, most = place, weight
    return best


def _weight(segments: Sequence[Segment], place: float, size: float) -> int:
    """Return the characters beside a gutter on its poorer side, 0 where it is no gutter."""
    left, right, across = sides(segments, place)
    if min(len(left), len(right)) < MIN_LINES or len(across) > (len(left) + len(right)) / 2:
        return 0
    heights = sorted((s.y0 + s.y1) / 2 for s in left)
    beside = [s for s in right if _within(heights, s)]
    if len(beside) < MIN_LINES:
        return 0
    low, high = min(s.y0 for s in beside), max(s.y1 for s in beside)
    facing = [s for s in left if s.y1 > low and s.y0 < high]
    if len(facing) < MIN_LINES:
        return 0
    if min(median(len(s.text) for s in side) for side in (facing, beside)) < MIN_CHARS:
        return 0
    if place - max(s.x1 for s in facing) < 0.3 * size:
        return 0
    return min(sum(len(s.text) for s in side) for side in (facing, beside))


def _within(heights: list[float], segment: Segment) -> bool:
    at = bisect_left(heights, segment.y0)
    return at < len(heights) and heights[at] <= segment.y1


def sides(
    segments: Sequence[Segment], place: float
) -> tuple[list[Segment], list[Segment], list[Segment]]:
    """Return what stands left of a gutter, right of it, and across it."""
    left, right, across = [], [], []
    for segment in segments:
        if segment.x0 >= place:
            right.append(segment)
        elif segment.x1 <= place:
            left.append(segment)
        else:
            across.append(segment)
    return left, right, across


def is_woven(segments: Sequence[Segment], place: float) -> bool:
    """Whether the file goes to and fro over the gutter, more often than cells of a table would."""
    side = [s.x0 >= place for s in segments if s.x0 >= place or s.x1 <= place]
    changes = sum(a != b for a, b in pairwise(side))
    return changes > min(side.count(False), side.count(True))


def by_columns(
    segments: Sequence[Segment],
    place: float,
    ordered: Callable[[list[Segment]], list[Segment]],
) -> list[Segment]:
    """Return segments band by band, in each the left side before the right one.

    `ordered` puts the segments of one side of one band in order.
    """
    left, right, across = sides(segments, place)
    across.sort(key=lambda s: (-s.y1, s.x0))
    result: list[Segment] = []
    for segment in [*across, None]:
        floor = float("-inf") if segment is None else (segment.y0 + segment.y1) / 2
        for side in (left, right):
            band = [s for s in side if (s.y0 + s.y1) / 2 > floor]
            side[:] = [s for s in side if (s.y0 + s.y1) / 2 <= floor]
            result += ordered(band)
        if segment is not None:
            result.append(segment)
    return result
