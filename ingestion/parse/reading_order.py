"""The order in which a page is read, and its lines.

The order of the file is trusted, because programs that set columns write them one after the other;
only a page that jumps up and down, or reads across columns, is put in order by its white space.
"""

# ruff: noqa: PLR2004 - shares of the font size, and counts of cells

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingestion.parse import columns
from ingestion.parse.segments import Segment, merged

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

JOIN = 0.45
"""The share of the font size up to which a gap is one between words, not between cells."""

MAX_INDENT = 3.0
"""How far right of its mark, in font sizes, an item of a list begins at most."""

MAX_MARKS = 500
_MARK = re.compile(
    r"[\u2022\u25cf\u25cb\u25e6\u25aa\u25a0\u2023\u2043\uf0b7\uf0a7\u2013-]|(?:\d{1,3}|[a-z])[.)]"
)
MIN_WOVEN_ROWS = 4
MIN_WOVEN_CHARS = 20
MAX_CUTS = 40


def rows_of(segments: Sequence[Segment]) -> list[list[Segment]]:
    """Return a page's lines in reading order, each as the segments that wide gaps leave."""
    return _unwoven(_rows(_led(_ordered(segments))))


def _led(segments: list[Segment]) -> list[Segment]:
    """Put the marks of lists before their lines: some programs write them after the page's text."""
    is_mark = [_MARK.fullmatch(s.text) is not None for s in segments]
    last = len(segments) - 1
    # One by itself is part of a formula, or stands where it belongs.
    marks = [
        place for place, mark in enumerate(is_mark)
        if mark and (place == last or is_mark[place + 1] or (place and is_mark[place - 1]))
    ]  # fmt: skip
    led: dict[int, list[int]] = {}
    for place in marks[:MAX_MARKS]:
        line = _line_of(segments, place)
        if line is not None and line != place + 1:
            led.setdefault(line, []).append(place)
    if not led:
        return segments
    moved = {place for places in led.values() for place in places}
    order = [
        i for place in range(len(segments)) if place not in moved
        for i in (*led.get(place, ()), place)
    ]  # fmt: skip
    return [segments[i] for i in order]


def _line_of(segments: list[Segment], place: int) -> int | None:
    """Return which segment stands to the right of a mark, close by."""
    mark = segments[place]
    middle = (mark.y0 + mark.y1) / 2
    near = [
        (segment.x0, other) for other, segment in enumerate(segments)
        if segment.y0 <= middle <= segment.y1
        and 0 <= segment.x0 - mark.x1 < MAX_INDENT * mark.size
        and not _MARK.fullmatch(segment.text)
    ]  # fmt: skip
    return min(near)[1] if near else None


def _ordered(segments: Sequence[Segment], depth: int = 0) -> list[Segment]:
    """Return segments in reading order: the file's, unless that jumps or goes to and fro.

    It jumps where it goes up within a column, and weaves where it reads across two columns.
    """
    jumps = sum(
        after.y0 >= before.y1 and min(before.x1, after.x1) > max(before.x0, after.x0)
        for before, after in pairwise(segments)
    )
    is_jumpy = jumps > max(2, len(segments) // 8)
    place = columns.gutter(segments) if depth < columns.MAX_DEPTH else None
    if place is not None and (is_jumpy or columns.is_woven(segments, place)):
        return columns.by_columns(segments, place, lambda side: _ordered(side, depth + 1))
    return _cut(list(segments), 0) if is_jumpy else list(segments)


def _cut(segments: list[Segment], depth: int) -> list[Segment]:
    """Order by cutting at the widest white space, across or down, and ordering both sides."""
    if len(segments) < 2 or depth > MAX_CUTS:
        return sorted(segments, key=lambda s: (-s.y1, s.x0))
    size = median(s.size for s in segments)
    column = _gap([(s.x0, s.x1) for s in segments])
    row = _gap([(s.y0, s.y1) for s in segments])
    if column[0] > 0.8 * size and column[0] >= 0.6 * row[0]:
        left = [s for s in segments if s.x1 <= column[1]]
        right = [s for s in segments if s.x1 > column[1]]
        return _cut(left, depth + 1) + _cut(right, depth + 1)
    if row[0] > 0.2 * size:
        above = [s for s in segments if s.y0 >= row[1]]
        below = [s for s in segments if s.y0 < row[1]]
        return _cut(above, depth + 1) + _cut(below, depth + 1)
    return sorted(segments, key=lambda s: (-round(s.y1 / max(size, 1)), s.x0))


def _gap(intervals: Iterable[tuple[float, float]]) -> tuple[float, float]:
    """Return the widest gap that the intervals leave free, and its middle."""
    best, middle, reach = 0.0, 0.0, None
    for low, high in sorted(intervals):
        if reach is not None and low - reach > best:
            best, middle = low - reach, (low + reach) / 2
        reach = high if reach is None else max(reach, high)
    return best, middle


def _rows(segments: Iterable[Segment]) -> list[list[Segment]]:
    """Group segments that follow each other to the right on one line."""
    rows: list[list[Segment]] = []
    for segment in segments:
        if rows:
            last = rows[-1][-1]
            overlap = min(last.y1, segment.y1) - max(last.y0, segment.y0)
            beside = segment.x0 >= last.x1 - 0.3 * last.size
            if not beside and abs(segment.size - last.size) > 0.15 * last.size:
                # A subscript under its superscript stands back a little.
                beside = segment.x0 >= last.x0 and segment.x0 > last.x1 - 2 * last.size
            if beside and overlap > 0.3 * min(last.size, segment.size):
                if segment.x0 - last.x1 < JOIN * max(last.size, segment.size):
                    rows[-1][-1] = merged([last, segment])
                else:
                    rows[-1].append(segment)
                continue
        rows.append([segment])
    return rows


def _unwoven(rows: list[list[Segment]]) -> list[list[Segment]]:
    """Take apart two columns of running text that the file gives line by line across both."""
    result: list[list[Segment]] = []
    position = 0
    while position < len(rows):
        end = position
        while end < len(rows) and len(rows[end]) == 2 and _same_gutter(rows[position], rows[end]):
            end += 1
        run = rows[position:end]
        if (
            len(run) >= MIN_WOVEN_ROWS
            and min(median(len(row[i].text) for row in run) for i in (0, 1)) > MIN_WOVEN_CHARS
        ):
            result += [[row[0]] for row in run] + [[row[1]] for row in run]
            position = end
        else:
            result.append(rows[position])
            position += 1
    return result


def _same_gutter(first: list[Segment], other: list[Segment]) -> bool:
    return abs(first[1].x0 - other[1].x0) < first[1].size and other[0].x1 < first[1].x0
