"""What a Word 97-2003 file says of its paragraphs and runs: headings, lists, tables, hidden text.

Both are kept in pages of 512 bytes, each a list of ranges of the file with their properties.
"""

# ruff: noqa: PLR2004 - numbers of the published layout ([MS-DOC])

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PAGE = 512
_IN_TABLE, _ENDS_ROW, _LIST, _OUTLINE = 0x2416, 0x2417, 0x460B, 0x2640
_DELETED, _VANISH = 0x0800, 0x083C
_TABLE_DEFINITION, _TABS = 0xD608, 0xC615
_TITLE = 62
_LISTS = range(47, 59)
_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_NO_STYLE = 0xFFF


@dataclass(frozen=True, slots=True)
class Properties:
    """What holds for bytes [start, end) of the file. `level` is a heading's, 0 for no heading."""

    start: int = 0
    end: int = 0
    level: int = 0
    is_title: bool = False
    in_list: bool = False
    in_table: bool = False
    ends_row: bool = False
    hidden: bool = False


def paragraph_styles(
    stream: bytes, sheet: bytes, pages: bytes
) -> tuple[list[int], list[Properties]]:
    """Return where paragraphs start in the file, ascending, and the properties of each."""
    named = _named(sheet)
    found = []
    for start, end, page, i, count in _ranges(stream, pages):
        at = 2 * page[4 * (count + 1) + 13 * i]
        style = Properties(start, end)
        if at:
            size = 2 * page[at] - 1
            if not page[at]:
                at += 1
                size = 2 * page[at]
            body = page[at + 1 : at + 1 + size]
            if len(body) >= 2:
                base = named.get(struct.unpack_from("<H", body)[0], Properties())
                style = _changed(replace(base, start=start, end=end), body[2:])
        found.append(style)
    found.sort(key=lambda item: item.start)
    return [item.start for item in found], found


def runs(stream: bytes, pages: bytes) -> Iterator[Properties]:
    """Yield the runs of characters that have properties of their own, ascending."""
    found = []
    for start, end, page, i, count in _ranges(stream, pages):
        at = 2 * page[4 * (count + 1) + i]
        if at:
            body = page[at + 1 : at + 1 + page[at]]
            found.append(_changed(Properties(start, end), body))
    yield from sorted(found, key=lambda item: item.start)


def _ranges(stream: bytes, pages: bytes) -> Iterator[tuple[int, int, bytes, int, int]]:
    """Yield each range of all pages: its start and end, the page, its place, the page's count."""
    number = (len(pages) - 4) // 8
    for place in range(number):
        (page_number,) = struct.unpack_from("<I", pages, 4 * (number + 1) + 4 * place)
        start = (page_number & 0x3FFFFF) * _PAGE
        page = stream[start : start + _PAGE]
        if len(page) < _PAGE:
            continue
        count = page[_PAGE - 1]
        bounds = struct.unpack_from(f"<{count + 1}I", page)
        for i in range(count):
            yield bounds[i], bounds[i + 1], page, i, count


def _changed(style: Properties, sprms: bytes) -> Properties:
    """Apply modifiers: two bytes say which, and how long the operand behind is."""
    changes: dict[str, int | bool] = {}
    at = 0
    while at + 2 < len(sprms):
        (code,) = struct.unpack_from("<H", sprms, at)
        at += 2
        size = _SIZES.get(code >> 13)
        if size is None:
            size = sprms[at] + 1
            if code == _TABLE_DEFINITION and at + 1 < len(sprms):
                size = struct.unpack_from("<H", sprms, at)[0] + 1
            elif code == _TABS and sprms[at] == 255:
                break
        value = int.from_bytes(sprms[at : at + size], "little")
        at += size
        if code == _IN_TABLE:
            changes["in_table"] = bool(value)
        elif code == _ENDS_ROW:
            changes["ends_row"] = bool(value)
        elif code == _LIST:
            changes["in_list"] = value not in {0, 0xF801}
        elif code == _OUTLINE:
            changes["level"] = value + 1 if value < 9 else 0
        elif code in {_DELETED, _VANISH}:
            changes["hidden"] = style.hidden or bool(changes.get("hidden")) or value == 1
    return replace(style, **changes)


def _named(sheet: bytes) -> dict[int, Properties]:
    """Return the style sheet: headings, the title and lists, also those based on them."""
    if len(sheet) < 6:
        return {}
    (header,) = struct.unpack_from("<H", sheet)
    (count,) = struct.unpack_from("<H", sheet, 2)
    at = 2 + header
    kinds: dict[int, tuple[int, int]] = {}
    for number in range(count):
        if at + 2 > len(sheet):
            break
        (size,) = struct.unpack_from("<H", sheet, at)
        if size >= 4:
            kind, base = struct.unpack_from("<HH", sheet, at + 2)
            kinds[number] = (kind & 0xFFF, base >> 4)
        at += 2 + size + size % 2
    return {number: _style(number, kinds) for number in kinds}


def _style(number: int, kinds: dict[int, tuple[int, int]]) -> Properties:
    for _ in range(12):
        if number not in kinds:
            break
        kind, base = kinds[number]
        if 1 <= kind <= 9:
            return Properties(level=kind)
        if kind == _TITLE:
            return Properties(is_title=True)
        if kind in _LISTS:
            return Properties(in_list=True)
        if base == _NO_STYLE:
            break
        number = base
    return Properties()
