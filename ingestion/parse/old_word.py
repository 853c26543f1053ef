"""Word 97-2003 by its own tables: pieces of text, paragraph styles, marks that hide text.

Any machine reads these files so, and the same on each; LibreOffice is not needed. The layout of
the tables is published as [MS-DOC]; offsets below are those of its sections.
"""

# ruff: noqa: PLR2004 - numbers of the published layout, named where they are read

from __future__ import annotations

import struct
from bisect import bisect_right
from typing import TYPE_CHECKING, NamedTuple

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed, paragraph, table_text
from ingestion.parse.old_word_styles import Properties, paragraph_styles, runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WORD_97 = 0xC1
"""The version of the layout from which on this module reads it."""

_SECOND_TABLE = 0x0200
_CELL, _LINE, _PAGE, _PARAGRAPH = "\x07", "\x0b", "\x0c", "\r"
_FIELD, _RESULT, _FIELD_END = "\x13", "\x14", "\x15"
_SIGNS = {0x1E: "-", 0x1F: "\xad", 0x0B: "\n", 0x0C: "\n"} | dict.fromkeys(
    (*range(0x09), *range(0x0E, 0x1E))
)


class _Piece(NamedTuple):
    """Characters [first, last) of the document, stored at byte `at`, one or two bytes each."""

    first: int
    last: int
    at: int
    wide: bool


class _Paragraph(NamedTuple):
    text: str
    mark: str
    style: Properties


def parse(read: Callable[[str], bytes]) -> Parsed:
    """Return the document whose streams `read` gives by name.

    Raises `Quarantine` `unsupported` for Word 6 and 95, `corrupt` where its tables make no sense.
    """
    stream = read("WordDocument")
    version = int.from_bytes(stream[2:4], "little")
    if version < WORD_97:
        raise Quarantine(
            "unsupported",
            "The document is of Word 6 or 95; reading it needs LibreOffice, which is not on this "
            "machine.",
            "Install LibreOffice (soffice on PATH), or store the document as .docx.",
        )
    try:
        return _parse(stream, read)
    except (struct.error, IndexError) as error:
        raise Quarantine(
            "corrupt",
            f"The Word document's tables are broken ({type(error).__name__}).",
            "Open and save it with Word, and store it again.",
        ) from None


def _parse(stream: bytes, read: Callable[[str], bytes]) -> Parsed:
    (flags,) = struct.unpack_from("<H", stream, 10)
    table = read("1Table" if flags & _SECOND_TABLE else "0Table")
    words = struct.unpack_from("<H", stream, 32)[0]
    longs_at = 34 + 2 * words + 2
    longs = struct.unpack_from("<H", stream, longs_at - 2)[0]
    counts = struct.unpack_from(f"<{longs}i", stream, longs_at)
    places_at = longs_at + 4 * longs + 2

    def part(index: int) -> bytes:
        start, size = struct.unpack_from("<II", stream, places_at + 8 * index)
        return table[start : start + size]

    pieces = _pieces(part(33))
    styles = paragraph_styles(stream, part(1), part(13))
    dropped = [run for run in runs(stream, part(12)) if run.hidden]
    # In this order: the text, footnotes, headers, macros, comments, endnotes, text boxes.
    text, foot, head, macro, notes, end, boxes = counts[3:10]
    paragraphs = list(_paragraphs(stream, pieces, styles, dropped, 0, text))
    blocks = _blocks(paragraphs)
    behind = text + foot + head + macro + notes
    for start, size, kind in (
        (text, foot, "footnote"), (behind, end, "footnote"), (behind + end, boxes, "text")
    ):  # fmt: skip
        for found in _paragraphs(stream, pieces, styles, dropped, start, start + size):
            if found.text.strip():
                blocks.append(Block(kind, found.text.strip()))
    title = next((p.text for p in paragraphs if p.style.is_title and p.text.strip()), None)
    return Parsed(blocks, "application/msword", title)


def _pieces(clx: bytes) -> list[_Piece]:
    at = 0
    while clx[at] == 1:
        # Formatting that pieces share comes first.
        at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
    (size,) = struct.unpack_from("<I", clx, at + 1)
    at += 5
    count = (size - 4) // 12
    places = struct.unpack_from(f"<{count + 1}I", clx, at)
    pieces = []
    for i in range(count):
        (place,) = struct.unpack_from("<I", clx, at + 4 * (count + 1) + 8 * i + 2)
        wide = not place & 0x40000000
        start = place & 0x3FFFFFFF
        pieces.append(_Piece(places[i], places[i + 1], start if wide else start // 2, wide))
    return pieces


def _paragraphs(
    stream: bytes,
    pieces: list[_Piece],
    styles: tuple[list[int], list[Properties]],
    dropped: list[Properties],
    first: int,
    last: int,
) -> Iterator[_Paragraph]:
    """Yield the paragraphs of characters [first, last)."""
    starts, values = styles
    hidden = [run.start for run in dropped]
    text: list[str] = []
    depth = [True]  # whether the text of each open field is its result
    for piece in pieces:
        low, high = max(first, piece.first), min(last, piece.last)
        if low >= high:
            continue
        size = 2 if piece.wide else 1
        start = piece.at + (low - piece.first) * size
        data = stream[start : start + (high - low) * size]
        chars = data.decode("utf-16-le" if piece.wide else "cp1252", "replace")
        # Characters outside the basic plane are two places of the file each.
        place = start
        for char in chars:
            here, place = place, place + size * (2 if ord(char) > 0xFFFF else 1)
            if char in {_PARAGRAPH, _CELL, _PAGE}:
                at = bisect_right(starts, here) - 1
                style = values[at] if at >= 0 else Properties()
                yield _Paragraph("".join(text).translate(_SIGNS), char, style)
                text.clear()
            elif char == _FIELD:
                depth.append(False)
            elif char == _RESULT and len(depth) > 1:
                depth[-1] = True
            elif char == _FIELD_END and len(depth) > 1:
                depth.pop()
            elif all(depth):
                at = bisect_right(hidden, here) - 1
                if at < 0 or here >= dropped[at].end:
                    text.append(char)
    if text:
        yield _Paragraph("".join(text).translate(_SIGNS), _PARAGRAPH, Properties())


def _blocks(paragraphs: list[_Paragraph]) -> list[Block]:
    blocks: list[Block] = []
    rows: list[list[str]] = []
    cells: list[str] = []
    cell: list[str] = []
    for text, mark, style in paragraphs:
        if style.in_table or mark == _CELL:
            if style.ends_row:
                rows.append(cells)
                cells, cell = [], []
            else:
                cell.append(text)
                if mark == _CELL:
                    cells.append(" ".join(cell))
                    cell = []
            continue
        if rows:
            blocks.append(Block("table", table_text(rows)))
            rows = []
        if not text.strip():
            continue
        if style.is_title:
            blocks.append(Block("title", text))
        elif style.level:
            blocks.append(Block("heading", text, level=style.level))
        else:
            blocks += paragraph(text, listed=style.in_list)
    if rows or cells:
        blocks.append(Block("table", table_text([*rows, cells])))
    return blocks
