"""From lines on pages to blocks: reading order, paragraphs, headings, lists and tables.

The order of the file is trusted, because programs that set columns write them one after the other;
only a page that jumps up and down is put in order by its white space. Distances are in points,
with the origin at the lower left of the page.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingestion.parse.blocks import Block, table_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Segment:
    """A run of text on one line, with its box, and the size and weight of its font."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page's number from 1, its size as shown, and its segments in the order of the file."""

    number: int
    width: float
    height: float
    segments: tuple[Segment, ...]


@dataclass(slots=True)
class _Paragraph:
    lines: list[Segment]
    page: int
    margin: bool

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        return median(line.size for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


MARGIN = 0.09
"""The share of a page's height, at the top and at the bottom, where page furniture stands."""

HEADING_SCALE = 1.12
JOIN = 0.45
"""The share of the font size up to which a gap is one between words, not between cells."""

MAX_HEADING = 160
MAX_HEADING_LINES = 3
MAX_CELL = 60
MIN_TABLE_ROWS = 3
MIN_WOVEN = 4
_BULLET = re.compile(r"[\u2022\u25cf\u25cb\u25e6\u25aa\u25a0\u2023\u2043\uf0b7\uf0a7\u2013-]\s+\S")
_NUMBERED = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,5})[.)]\s+\S")
_SECTION = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[A-Z]\.|Chapter \d+|Appendix [A-Z])\s+\S")
_CLAUSE = re.compile(
    r"\(?(?:\d{1,3}(?:\.\d{1,3})*|[A-Za-z]|[ivx]{1,5})[.)]?"
    r"|[\u2022\u25cf\u25cb\u25e6\u25aa\u25a0\u2023\u2043\uf0b7\uf0a7\u2013*-]"
)
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s+\S")
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table|Tab\.|Abbildung|Tabelle)\s*\d+\s*[.:]")
_SENTENCE_END = (".", "!", "?", ":", ";", "\u3002", "\u201d", '"')


def blocks_of(pages: Sequence[Page]) -> list[Block]:
    """Return the blocks of a document's pages in reading order."""
    body = _body_size(pages)
    parts: list[_Paragraph | Block] = []
    for page in pages:
        parts += _page_parts(page)
    ranks = _heading_ranks([p for p in parts if isinstance(p, _Paragraph)], body)
    blocks: list[Block] = []
    for part in parts:
        blocks += [part] if isinstance(part, Block) else _blocks_of_paragraph(part, ranks, body)
    return blocks


def _body_size(pages: Sequence[Page]) -> float:
    """Return the font height that most characters have."""
    sizes: Counter[float] = Counter()
    for page in pages:
        for segment in page.segments:
            sizes[_rounded(segment.size)] += len(segment.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _page_parts(page: Page) -> list[_Paragraph | Block]:
    rows = _unwoven(_rows(_ordered(page.segments)))
    parts: list[_Paragraph | Block] = []
    run: list[Segment] = []
    position = 0
    while position < len(rows):
        end = _table_end(rows, position)
        if end > position:
            parts += _paragraphs(run, page)
            run = []
            table = table_text(_cells(rows[position:end]))
            parts.append(Block("table", table, page.number))
            position = end
        else:
            run.append(_merged(rows[position]))
            position += 1
    return [*parts, *_paragraphs(run, page)]


# Reading order


def _ordered(segments: Sequence[Segment]) -> list[Segment]:
    """Return segments in reading order: the file's, unless that jumps up within a column."""
    jumps = sum(
        after.y0 > before.y1 + before.size and min(before.x1, after.x1) > max(before.x0, after.x0)
        for before, after in pairwise(segments)
    )
    if jumps <= max(2, len(segments) // 8):
        return list(segments)
    return _cut(list(segments), 0)


def _cut(segments: list[Segment], depth: int) -> list[Segment]:
    """Order by cutting at the widest white space, across or down, and ordering both sides."""
    if len(segments) < 2 or depth > 40:
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
                    rows[-1][-1] = _merged([last, segment])
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
            len(run) >= MIN_WOVEN
            and min(median(len(row[i].text) for row in run) for i in (0, 1)) > 20
        ):
            result += [[row[0]] for row in run] + [[row[1]] for row in run]
            position = end
        else:
            result.append(rows[position])
            position += 1
    return result


def _same_gutter(first: list[Segment], other: list[Segment]) -> bool:
    return abs(first[1].x0 - other[1].x0) < first[1].size and other[0].x1 < first[1].x0


# Tables


def _table_end(rows: list[list[Segment]], start: int) -> int:
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
        if not close or row[0].y0 > previous[0].y1 or _CAPTION.match(row[0].text):
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
    is_table = len(full) >= MIN_TABLE_ROWS or (len(full) == 2 and min(map(len, full)) >= 3)
    gaps = [b.x0 - a.x1 for row in full for a, b in pairwise(row)]
    if median(gaps) < rows[start][0].size:
        # Stretched words of justified lines and the signs of formulas stand nearer than cells.
        return start
    if not is_table or median(len(cell.text) for cell in cells) > MAX_CELL / 2:
        return start
    is_list = all(len(row) == 2 and _CLAUSE.fullmatch(row[0].text) for row in full)
    if is_list and median(len(row[1].text) for row in full) > MAX_CELL / 3:
        # Clauses and bullets with a hanging indent stand like a table and are none.
        return start
    return start if any(len(cell.text) > 4 * MAX_CELL for cell in cells) else end


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


def _cells(rows: list[list[Segment]]) -> list[list[str]]:
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


def _spaced(row: list[Segment]) -> Iterator[str]:
    for i, segment in enumerate(row):
        if i and segment.x0 - row[i - 1].x1 > 0.1 * segment.size:
            yield " "
        yield segment.text


def _merged(row: list[Segment]) -> Segment:
    return Segment(
        "".join(_spaced(row)),
        min(s.x0 for s in row),
        min(s.y0 for s in row),
        max(s.x1 for s in row),
        max(s.y1 for s in row),
        max(row, key=lambda s: len(s.text)).size,
        all(s.bold for s in row),
    )


# Paragraphs


def _paragraphs(lines: Sequence[Segment], page: Page) -> list[_Paragraph]:
    paragraphs: list[_Paragraph] = []
    for line in lines:
        margin = line.y0 > page.height * (1 - MARGIN) or line.y1 < page.height * MARGIN
        if paragraphs and paragraphs[-1].margin == margin and _belongs(paragraphs[-1], line):
            paragraphs[-1].lines.append(line)
        else:
            paragraphs.append(_Paragraph([line], page.number, margin))
    return paragraphs


def _belongs(paragraph: _Paragraph, line: Segment) -> bool:
    """Whether a line goes on with the paragraph before it."""
    last = paragraph.lines[-1]
    size = max(last.size, 1.0)
    if abs(line.size - last.size) > 0.12 * size or (line.bold != last.bold and _ended(paragraph)):
        return False
    if line.y1 > last.y1 or min(last.x1, line.x1) <= max(last.x0, line.x0) - size:
        return False
    gap = last.y0 - line.y1
    if len(paragraph.lines) > 1:
        before = paragraph.lines[-2].y0 - last.y1
        if gap > before + 0.35 * size:
            return False
    elif gap > 0.6 * size:
        return False
    if _BULLET.match(line.text):
        return False
    first = paragraph.lines[0]
    in_list = bool(_NUMBERED.match(first.text)) and abs(first.x0 - line.x0) < size
    if _DOTTED.match(line.text) and _DOTTED.match(first.text) and abs(first.x0 - line.x0) < size:
        return False
    if _NUMBERED.match(line.text) and (in_list or _ended(paragraph)):
        return False
    if _SECTION.match(line.text) and line.bold:
        return False
    is_item = any(mark.match(first.text) for mark in (_BULLET, _NUMBERED, _DOTTED))
    indented = line.x0 > last.x0 + 0.8 * size
    if indented and not (is_item and len(paragraph.lines) == 1) and _ended(paragraph):
        return False
    right = max(item.x1 for item in paragraph.lines)
    alone = len(paragraph.lines) == 1
    short = last.x1 < right - 4 * size or (alone and last.x1 < line.x1 - 8 * size)
    return not (short and _ended(paragraph))


def _ended(paragraph: _Paragraph) -> bool:
    text = paragraph.lines[-1].text.rstrip()
    return text.endswith(_SENTENCE_END) or (paragraph.bold and len(paragraph.lines) == 1)


# Headings


def _rank_key(paragraph: _Paragraph, body: float) -> tuple[float, bool]:
    """Return what ranks headings: the size, and boldness among those of the body's size."""
    size = max(_rounded(paragraph.size), body)
    return (-size, not paragraph.bold)


def _is_heading(paragraph: _Paragraph, body: float) -> bool:
    text = " ".join(paragraph.text.split())
    if paragraph.margin and len(text) < 4:
        return False
    if len(text) > MAX_HEADING or len(paragraph.lines) > MAX_HEADING_LINES:
        return False
    if sum(ch.isalpha() for ch in text) < max(2, 0.4 * len(text.replace(" ", ""))):
        return False
    if _CAPTION.match(text) or _BULLET.match(text):
        return False
    if paragraph.size >= HEADING_SCALE * body:
        return True
    ends = text.endswith((".", ",", ";", ":")) and not _SECTION.match(text)
    return (
        paragraph.bold
        and paragraph.size >= 0.95 * body
        and not ends
        and (len(paragraph.lines) == 1 or bool(_SECTION.match(text)))
    )


def _heading_ranks(paragraphs: Sequence[_Paragraph], body: float) -> dict[tuple[float, bool], int]:
    characters = sum(len(p.text) for p in paragraphs)
    headings = [p for p in paragraphs if _is_heading(p, body)]
    if sum(len(p.text) for p in headings) > 0.5 * characters:
        # Where most of a document looks like headings, as on a poster, none of it is one.
        return {}
    keys = sorted({_rank_key(p, body) for p in headings})
    return {key: rank for rank, key in enumerate(keys, 1)}


def _blocks_of_paragraph(
    paragraph: _Paragraph, ranks: dict[tuple[float, bool], int], body: float
) -> list[Block]:
    text, page, margin = paragraph.text, paragraph.page, paragraph.margin
    if _CAPTION.match(text):
        return [Block("caption", text, page, margin=margin, wrapped=True)]
    if bullet := _BULLET.match(text):
        item = "- " + text[bullet.end() - 1 :]
        return [Block("list_item", item, page, margin=margin, wrapped=True)]
    key = _rank_key(paragraph, body)
    if key in ranks and _is_heading(paragraph, body):
        return [Block("heading", text, page, ranks[key], margin=margin, wrapped=True)]
    if _NUMBERED.match(text):
        return [Block("list_item", text, page, margin=margin, wrapped=True)]
    return [Block("text", text, page, margin=margin, wrapped=True)]
