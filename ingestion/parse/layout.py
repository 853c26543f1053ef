"""From lines on pages to blocks: paragraphs, headings, lists and tables.

What is set larger than the body, or wholly bold, is a heading; sizes rank headings.
"""

# ruff: noqa: PLR2004 - shares of the font size, read where they are used

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median
from typing import TYPE_CHECKING

from ingestion.parse.blocks import Block, table_text
from ingestion.parse.reading_order import rows_of
from ingestion.parse.segments import Page, Segment, merged, pitch
from ingestion.parse.table_layout import CAPTION, cells_of, table_end

if TYPE_CHECKING:
    from collections.abc import Sequence

MARGIN = 0.09
"""The share of a page's height, at the top and at the bottom, where page furniture stands."""

FOOT = 0.45
"""The share of a page's height, from below, where footnotes stand."""

HEADING_SCALE = 1.12
NOTE_SCALE = 0.92
MIN_NOTE = 20

MAX_HEADING = 160
MAX_HEADING_LINES = 3
_BULLET = re.compile(r"[\u2022\u25cf\u25cb\u25e6\u25aa\u25a0\u2023\u2043\uf0b7\uf0a7\u2013-]\s+\S")
_NUMBERED = re.compile(r"\(?(?:\d{1,2}|[a-z]|[ivx]{1,5})[.)]\s+\S")
_SECTION = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[A-Z]\.|Chapter \d+|Appendix [A-Z])\s+\S")
_DOTTED = re.compile(r"\d{1,3}(?:\.\d{1,3})+\.?\s+\S")
_BARE = re.compile(r"(\d{1,2})\s+\S")
_LEADS = re.compile(r"(?:\.{4}|(?: \.){4}|\u2026{2})[. \u2026]*\w{1,5}$")
"""The end of a line of a table of contents."""
_NOTE = re.compile(r"(?:\d{1,3}|[*\u2020\u2021\xa7]{1,3})[.)]?\s?[^\W\d_]")
_ADDRESS = re.compile(r"^\S+@\S+$|^\S+://\S+$")
_SENTENCE_END = (".", "!", "?", ":", ";", "\u3002", "\u201d", '"')


@dataclass(slots=True)
class _Paragraph:
    lines: list[Segment]
    page: int
    margin: bool
    low: bool = False

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)

    @property
    def size(self) -> float:
        return median(line.size for line in self.lines)

    @property
    def even(self) -> bool:
        return all(line.even for line in self.lines)

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def blocks_of(pages: Sequence[Page]) -> list[Block]:
    """Return the blocks of a document's pages in reading order."""
    body = _body_size(pages)
    if _is_typed(pages):
        # A document that is all set in one width has no code that it could show by that.
        pages = [
            replace(page, segments=tuple(replace(s, even=False) for s in page.segments))
            for page in pages
        ]
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


def _is_typed(pages: Sequence[Page]) -> bool:
    sizes = [(len(s.text), s.even) for page in pages for s in page.segments]
    return 2 * sum(size for size, even in sizes if even) > sum(size for size, _ in sizes)


def _rounded(size: float) -> float:
    return round(size * 2) / 2


def _page_parts(page: Page) -> list[_Paragraph | Block]:
    rows = rows_of(page.segments)
    parts: list[_Paragraph | Block] = []
    run: list[Segment] = []
    position = 0
    while position < len(rows):
        is_code = all(segment.even for segment in rows[position])
        end = position if is_code else table_end(rows, position)
        if end > position:
            parts += _paragraphs(run, page)
            run = []
            table = table_text(cells_of(rows[position:end]))
            parts.append(Block("table", table, page.number))
            position = end
        else:
            run.append(merged(rows[position]))
            position += 1
    return [*parts, *_paragraphs(run, page)]


def _paragraphs(lines: Sequence[Segment], page: Page) -> list[_Paragraph]:
    paragraphs: list[_Paragraph] = []
    for line in lines:
        margin = line.y0 > page.height * (1 - MARGIN) or line.y1 < page.height * MARGIN
        if paragraphs and paragraphs[-1].margin == margin and _belongs(paragraphs[-1], line):
            paragraphs[-1].lines.append(line)
        else:
            low = line.y1 < FOOT * page.height
            paragraphs.append(_Paragraph([line], page.number, margin, low))
    return paragraphs


def _belongs(paragraph: _Paragraph, line: Segment) -> bool:
    """Whether a line goes on with the paragraph before it."""
    last = paragraph.lines[-1]
    size = max(last.size, 1.0)
    if line.even or last.even:
        return _goes_on(paragraph, line)
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
    if _LEADS.search(last.text) or (_follows(first, line) and abs(first.x0 - line.x0) < size):
        return False
    is_item = any(mark.match(first.text) for mark in (_BULLET, _NUMBERED, _DOTTED))
    indented = line.x0 > last.x0 + 0.8 * size
    if indented and not (is_item and len(paragraph.lines) == 1) and _ended(paragraph):
        return False
    right = max(item.x1 for item in paragraph.lines)
    alone = len(paragraph.lines) == 1
    short = last.x1 < right - 4 * size or (alone and last.x1 < line.x1 - 8 * size)
    return not (short and _ended(paragraph))


def _follows(first: Segment, line: Segment) -> bool:
    """Whether lines begin with a number and the next one, as the items of some lists do."""
    number, next_one = _BARE.match(first.text), _BARE.match(line.text)
    return bool(number and next_one) and int(number[1]) + 1 == int(next_one[1])


def _goes_on(paragraph: _Paragraph, line: Segment) -> bool:
    """Whether a line of or after code goes on with a paragraph, which is code or holds some."""
    last = paragraph.lines[-1]
    size = max(last.size, 1.0)
    gap = last.y0 - line.y1
    if line.y1 > last.y1 or abs(line.size - last.size) > 0.12 * size:
        return False
    if line.even and paragraph.even:
        return gap < 1.8 * size
    # A line of prose may be nothing but a path or a name: it stands as the others do.
    return gap < 0.6 * size and abs(line.x0 - last.x0) < 0.5 * size and not _ended(paragraph)


def _ended(paragraph: _Paragraph) -> bool:
    text = paragraph.lines[-1].text.rstrip()
    return text.endswith(_SENTENCE_END) or (paragraph.bold and len(paragraph.lines) == 1)


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
    if CAPTION.match(text) or _BULLET.match(text):
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
    if paragraph.even and not (
        len(paragraph.lines) == 1 and (_ADDRESS.search(text) or _is_heading(paragraph, body))
    ):
        return [Block("code", _code(paragraph.lines), page, margin=margin)]
    if CAPTION.match(text):
        return [Block("caption", text, page, margin=margin, wrapped=True)]
    if bullet := _BULLET.match(text):
        item = "- " + text[bullet.end() - 1 :]
        return [Block("list_item", item, page, margin=margin, wrapped=True)]
    is_small = paragraph.size <= NOTE_SCALE * body
    if paragraph.low and is_small and len(text) >= MIN_NOTE and _NOTE.match(text):
        return [Block("footnote", text, page, margin=margin, wrapped=True)]
    key = _rank_key(paragraph, body)
    if key in ranks and _is_heading(paragraph, body):
        return [Block("heading", text, page, ranks[key], margin=margin, wrapped=True)]
    if _NUMBERED.match(text):
        return [Block("list_item", text, page, margin=margin, wrapped=True)]
    return [Block("text", text, page, margin=margin, wrapped=True)]


def _code(lines: Sequence[Segment]) -> str:
    """Return lines as they stand: indented by the width of a character, with their blank lines."""
    left = min(line.x0 for line in lines)
    width = pitch(max(lines, key=lambda line: len(line.text)))
    step = min((above.y0 - below.y0 for above, below in pairwise(lines)), default=0.0)
    written = []
    for place, line in enumerate(lines):
        if place and lines[place - 1].y0 - line.y0 > 1.6 * step:
            written.append("")
        written.append(" " * round((line.x0 - left) / width) + line.text)
    return "\n".join(written)
