"""A document as a row of pieces: the smallest parts that are not cut without need.

A piece is an element where it is small enough, else a sentence, a table row, a line, and at the
very least one character. Together the pieces hold every non-whitespace character of the text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from functools import partial
from typing import TYPE_CHECKING

from chunking import boundaries
from chunking.meter import FULL, HALF

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chunking.meter import Meter
    from freshground.core.records import Document, Element

SLIDES = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "application/vnd.ms-powerpoint",
        "application/vnd.oasis.opendocument.presentation",
    }
)
_WHOLE = frozenset({"table", "code"})
# Characters per token of a full chunk beyond which a text is cut without being counted first.
_LONG_PROSE = 4
_LONG_WHOLE = 16


class Gap(IntEnum):
    """How good a place for a boundary the gap before a piece is."""

    HELD = 0  # after a heading, or inside a list that fits into one chunk
    CHARACTER = 1
    WORD = 2
    PART = 3  # between sentences, list items, table rows, lines
    ELEMENT = 4
    SECTION = 5  # before a heading or a slide


@dataclass(slots=True)
class Piece:
    """text[start:end], without whitespace at its ends.

    `tokens` is its size, None until counted; `lead` that of the whitespace before it; `weight`
    that of both in thousandths of a chunk. `level` is a heading's depth, 0 for a title, None for
    what is no heading. `header` is the span of the first row, on later pieces of a table. `depth`
    counts the splits behind it.
    """

    start: int
    end: int
    gap: Gap
    kind: str
    page: int | None
    path: tuple[str, ...]
    level: int | None
    header: boundaries.Span | None = None
    depth: int = 0
    tokens: int | None = None
    lead: int = 0
    weight: int = 0


def pieces_of(document: Document, meter: Meter) -> list[Piece]:
    """Return the document's pieces, counted."""
    text = document.text
    pieces = list(_elements(document))
    _grade(text, pieces, slides=document.media_type in SLIDES)
    pieces = _refine(text, pieces, meter)
    weigh(text, pieces, meter)
    _hold_lists(pieces)
    return pieces


def split(text: str, piece: Piece, meter: Meter) -> list[Piece]:
    """Return the piece cut one step finer, not counted; itself alone when it is one character."""
    for depth, spans_of in enumerate(
        _splitters(piece, meter)[piece.depth :], start=piece.depth + 1
    ):
        gap, function = spans_of
        spans = function(text, piece.start, piece.end)
        if len(spans) > 1:
            return _parts(piece, spans, gap, depth)
    length = piece.end - piece.start
    if length == 1:
        return [piece]
    spans = boundaries.characters(
        text, piece.start, piece.end, max(1, min(meter.full // 2, length // 2))
    )
    return _parts(piece, spans, Gap.CHARACTER, piece.depth)


def measure(text: str, pieces: list[Piece], meter: Meter) -> None:
    """Count those pieces that are not counted yet, in one batch."""
    new = [piece for piece in pieces if piece.tokens is None]
    counts = meter.tokens([text[piece.start : piece.end] for piece in new])
    for piece, tokens in zip(new, counts, strict=True):
        piece.tokens = tokens
        piece.weight = meter.weight(tokens)


def weigh(text: str, pieces: list[Piece], meter: Meter) -> None:
    """Set lead and weight of counted pieces that follow each other in `text`."""
    before = pieces[0].start if pieces else 0
    for piece in pieces:
        piece.lead = meter.whitespace(text[before : piece.start])
        piece.weight = meter.weight((piece.tokens or 0) + piece.lead)
        before = piece.end


def _elements(document: Document) -> Iterator[Piece]:
    """Yield one piece for each element, and for text that no element holds."""
    text = document.text
    at = 0
    below = Piece(0, 0, Gap.ELEMENT, "text", None, (), None)
    for element in document.elements:
        yield from _placed(text, below, at, element.start)
        start = max(at, element.start)
        path = element.headings
        whole = replace(
            below, kind=element.kind, page=element.page, path=path, level=_level(element)
        )
        yield from _placed(text, whole, start, element.end)
        if element.kind == "heading":
            path = (*path, " ".join(text[element.start : element.end].split()))
        below = replace(below, page=element.page, path=path)
        at = max(at, element.end)
    yield from _placed(text, below, at, len(text))


def _placed(text: str, like: Piece, start: int, end: int) -> Iterator[Piece]:
    start, end = boundaries.trimmed(text, start, end)
    if start < end:
        yield replace(like, start=start, end=end)


def _level(element: Element) -> int | None:
    if element.kind == "title":
        return 0
    if element.kind == "heading":
        return element.level or len(element.headings) + 1
    return None


def _grade(text: str, pieces: list[Piece], *, slides: bool) -> None:
    """Set the gap before each element."""
    last: Piece | None = None
    for piece in pieces:
        if last is None or (slides and piece.page != last.page):
            piece.gap = Gap.SECTION
        elif last.level is not None:
            piece.gap = Gap.HELD
        elif piece.level is not None:
            piece.gap = Gap.SECTION
        elif (
            (piece.kind == "list_item" and last.kind == "list_item")
            or text[last.end - 1] == ":"
            or "caption" in (piece.kind, last.kind)
        ):
            # What a colon or a caption announces is better kept with it.
            piece.gap = Gap.PART
        last = piece


def _refine(text: str, pieces: list[Piece], meter: Meter) -> list[Piece]:
    """Cut what is too large, level by level, with one batch of counting for each level."""
    while True:
        measure(text, [p for p in pieces if not _long(p, meter)], meter)
        finer: list[Piece] = []
        for piece in pieces:
            most = FULL if piece.depth or piece.kind in _WHOLE else HALF
            if piece.tokens is None or piece.weight > most:
                finer.extend(split(text, piece, meter))
            else:
                finer.append(piece)
        if len(finer) == len(pieces):
            measure(text, finer, meter)
            return finer
        pieces = finer


def _long(piece: Piece, meter: Meter) -> bool:
    ratio = _LONG_WHOLE if piece.depth or piece.kind in _WHOLE else _LONG_PROSE
    return piece.end - piece.start > ratio * meter.full


def _splitters(
    piece: Piece, meter: Meter
) -> tuple[tuple[Gap, Callable[[str, int, int], list[boundaries.Span]]], ...]:
    sentences = (Gap.PART, boundaries.sentences)
    lines = (Gap.PART, boundaries.lines)
    words = (Gap.WORD, partial(boundaries.words, size=meter.full))
    return (lines, sentences, words) if piece.kind in _WHOLE else (sentences, lines, words)


def _parts(piece: Piece, spans: list[boundaries.Span], gap: Gap, depth: int) -> list[Piece]:
    header = piece.header
    if piece.kind == "table" and piece.depth == 0 and depth == 1:
        header = spans[0]
    first, *rest = spans
    new = partial(replace, piece, depth=depth, tokens=None, lead=0, weight=0)
    return [
        new(start=first[0], end=first[1]),
        *(new(start=start, end=end, gap=gap, header=header) for start, end in rest),
    ]


def _hold_lists(pieces: list[Piece]) -> None:
    """Hold together each list that fits into one chunk."""
    at = 0
    while at < len(pieces):
        end = at + 1
        if pieces[at].kind == "list_item":
            while (
                end < len(pieces)
                and pieces[end].kind == "list_item"
                and (pieces[end].gap is Gap.PART)
            ):
                end += 1
            if sum(piece.weight for piece in pieces[at:end]) <= FULL:
                for piece in pieces[at + 1 : end]:
                    piece.gap = Gap.HELD
        at = end
