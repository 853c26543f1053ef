"""Tables on a page without any mark-up: rows of short cells that stand under each other."""

# ruff: noqa: PLR2004 - shares of the font size, and counts of cells

from __future__ import annotations

import re
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.parse.segments import Segment

MAX_CELL = 60
MIN_ROWS = 3
_LEADER = "...."
CAPTION = re.compile(r"(?:Figure|Fig\.|Table|Tab\.|Abbildung|Tabelle)\s*\d+\s*[.:]")
_CLAUSE = re.compile(
    r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivx]{1,5})[.)]?"
    r"|[\u2022\u25cf\u25cb\u25e6\u25aa\u25a0\u2023\u2043\uf0b7\uf0a7\u2013*-]"
)


def table_end(rows: list[list[Segment]], start: int) -> int:
    """Return the end of the table that begins at row `start`, or `start` where none does.

    Rows of short cells, each row sharing at least two column positions with the one before it.
    """
    if len(rows[start]) < 2:
        return start
    end = start + 1
    previous = rows[start]
    while end < len(rows):
        row = rows[end]
        close = previous[0].y0 - row[0].y1 < 2.5 * previous[0].size
        if not close or row[0].y0 > previous[0].y1 or CAPTION.match(row[0].text):
            break
        if len(row) >= 2 and _aligned(previous, row) >= 2:
            previous = row
        elif len(row) > 1 or not (
            _continues(previous, row[0]) or _precedes(rows, end) or _between(previous, rows, end)
        ):
            break
        end += 1
    run = rows[start:end]
    full = [row for row in run if len(row) >= 2]
    cells = [segment for row in full for segment in row]
    is_table = len(full) >= MIN_ROWS or (len(full) == 2 and min(map(len, full)) >= 3)
    gaps = [b.x0 - a.x1 for row in full for a, b in pairwise(row)]
    if median(gaps) < rows[start][0].size:
        # Stretched words of justified lines and the signs of formulas stand nearer than cells.
        return start
    if _is_stretched(rows, start, end):
        return start
    if not is_table or median(len(cell.text) for cell in cells) > MAX_CELL / 2:
        return start
    is_list = all(len(row) == 2 and _CLAUSE.fullmatch(row[0].text) for row in full)
    if is_list and median(len(row[1].text) for row in full) > MAX_CELL / 3:
        # Clauses and bullets with a hanging indent stand like a table and are none.
        return start
    return start if any(len(cell.text) > 4 * MAX_CELL for cell in cells) else end


def _is_stretched(rows: list[list[Segment]], start: int, end: int) -> bool:
    """Whether rows are lines of justified prose, whose words stand far apart in narrow columns.

    They reach from edge to edge, as do the lines around them, and share no white strip.
    """
    run = rows[start:end]
    full = [row for row in run if len(row) >= 2]
    left, right = min(row[0].x0 for row in full), max(row[-1].x1 for row in full)
    slack = 0.5 * full[0][0].size

    def reaches(row: list[Segment]) -> bool:
        # Leaders close the gap between two cells.
        return (
            _LEADER not in row[0].text
            and abs(row[0].x0 - left) < slack
            and abs(row[-1].x1 - right) < slack
        )

    if not all(map(reaches, full)):
        return False
    if any(len(row) == 1 and reaches(row) for row in run):
        return True
    if any(_is_divided(row[-1].text, after[0].text) for row, after in pairwise(run)):
        return True
    beside = [
        row for row, gap in (
            *((row, row[0].y0 - run[0][0].y1) for row in rows[max(0, start - 1) : start]),
            *((row, run[-1][0].y0 - row[0].y1) for row in rows[end : end + 1]),
        ) if gap < 1.2 * slack and reaches(row)
    ]  # fmt: skip
    strips, most = _strips(full), max(map(len, full)) - 1
    if len(beside) == 2 and all(len(row) == 1 for row in beside):
        return True
    return strips < most if beside else 2 * strips < most


def _is_divided(end: str, start: str) -> bool:
    """Whether a word is divided between the end of a line and the start of the next."""
    return end[-2:-1].isalpha() and end[-1:] in "-\u2010\xad" and start[:1].islower()


def _strips(rows: list[list[Segment]]) -> int:
    """Count the white strips that go down between the cells of all rows."""
    count, reach = 0, None
    for low, high in sorted((s.x0, s.x1) for row in rows for s in row):
        count += reach is not None and low > reach
        reach = high if reach is None else max(reach, high)
    return count


def _aligned(row: list[Segment], other: list[Segment]) -> int:
    """Count the cells of `other` that start, end or are centred where a cell of `row` does."""
    slack = 0.5 * row[0].size
    return sum(
        any(
            abs(a.x0 - b.x0) < slack
            or abs(a.x1 - b.x1) < slack
            or abs(a.x0 + a.x1 - b.x0 - b.x1) < 2 * slack
            for a in row
        )
        for b in other
    )


def _continues(row: list[Segment], segment: Segment) -> bool:
    """Whether a lone segment is the next line of a cell of `row`."""
    tight = row[0].y0 - segment.y1 < 0.5 * segment.size
    return tight and any(
        abs(cell.x0 - segment.x0) < 0.5 * segment.size and segment.x1 <= right
        for cell, right in zip(row, [*(c.x0 for c in row[1:]), float("inf")], strict=True)
    )


def _between(previous: list[Segment], rows: list[list[Segment]], place: int) -> bool:
    """Whether a lone segment is a row whose first cell leaves no gap to the next one."""
    if place + 1 >= len(rows) or len(rows[place + 1]) < 2:
        return False
    segment, after = rows[place][0], rows[place + 1]
    return (
        _aligned(previous, after) >= 2
        and abs(previous[0].x0 - segment.x0) < 0.5 * segment.size
        and previous[0].y0 - segment.y1 < 1.2 * segment.size
        and segment.y0 - after[0].y1 < 1.2 * segment.size
    )


def _precedes(rows: list[list[Segment]], place: int) -> bool:
    """Whether a lone segment is the first line of the first cell of the row after it."""
    if place + 1 >= len(rows) or len(rows[place + 1]) < 2:
        return False
    segment, row = rows[place][0], rows[place + 1]
    return (
        abs(row[0].x0 - segment.x0) < 0.5 * segment.size
        and segment.x1 <= row[1].x0
        and segment.y0 - row[0].y1 < 0.5 * segment.size
    )


def cells_of(rows: list[list[Segment]]) -> list[list[str]]:
    """Return a table's cells in the columns that the boxes of all rows leave between gaps."""
    spans: list[list[float]] = []
    widest = max(len(row) for row in rows)
    for low, high in sorted((s.x0, s.x1) for row in rows for s in row):
        if spans and low < spans[-1][1]:
            spans[-1][1] = max(spans[-1][1], high)
        else:
            spans.append([low, high])
    if len(spans) < widest:
        # A header across columns closes the gaps; then the fullest row tells the columns.
        model = max(rows, key=len)
        spans = [[s.x0, s.x1] for s in model]
    table: list[list[str]] = []
    above: list[Segment] | None = None
    opened = False
    for place, row in enumerate(rows):
        cells = [""] * len(spans)
        for segment in row:
            middle = (segment.x0 + segment.x1) / 2
            column = min(
                range(len(spans)),
                key=lambda i: max(spans[i][0] - middle, middle - spans[i][1], 0.0),
            )
            cells[column] = f"{cells[column]} {segment.text}".strip()
        continues = len(row) == 1 and above is not None and _continues(above, row[0])
        first_line = len(row) == 1 and _precedes(rows, place)
        if table and (opened or (continues and not first_line)):
            table[-1] = [f"{a} {b}".strip() for a, b in zip(table[-1], cells, strict=True)]
        else:
            table.append(cells)
        opened = first_line
        above = row if len(row) > 1 else above
    return table
