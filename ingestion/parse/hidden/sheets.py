"""Hidden text of workbooks: hidden sheets, rows and columns, white cells, and comments.

Rows that a filter of the sheet hides stay: a reader has them at a click.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from freshground.core.records import Hidden
from ingestion.parse.blocks import HIDDEN_ROW
from ingestion.parse.hidden.colours import WHITE, alike, colour

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.parse.package import Package

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LETTERS = re.compile(r"[A-Z]+")
_STYLE = re.compile(rb"\bs=\"(\d+)\"")
_SHOWS_NOTHING = ";;;"
_HIDDEN_PARTS = re.compile(rb'\bhidden="(?:1|true)"')
MIN_LETTERS = 8


def take(package: Package) -> Iterator[Hidden]:
    """Yield the hidden text of a workbook, taken out of its sheets."""
    hidden_sheets = _sheets(package)
    unseen = _unseen(package)
    strings: list[str] | None = None
    for name in package.names("xl/worksheets/sheet"):
        data = package.read(name)
        styled = bool(unseen) and any(int(n) in unseen for n in set(_STYLE.findall(data)))
        if name not in hidden_sheets and not styled and not _HIDDEN_PARTS.search(data):
            continue
        root = package.tree(name)
        if root is None:
            continue
        strings = _strings(package) if strings is None else strings
        pieces = list(_cells(root, unseen, everything=name in hidden_sheets))
        if pieces:
            package.replace(name, root)
        for kind in dict.fromkeys(kind for kind, _ in pieces):
            text = " | ".join(
                filter(None, (_value(cell, strings) for k, cell in pieces if k == kind))
            )
            if sum(c.isalpha() for c in text) >= MIN_LETTERS:
                yield Hidden(kind, text)
    for name in (*package.names("xl/comments"), *package.names("xl/threadedComments/")):
        root = package.tree(name)
        for note in root.iter() if root is not None else ():
            if isinstance(note.tag, str) and note.tag.endswith(("}comment", "}threadedComment")):
                yield Hidden("comment", " ".join("".join(note.itertext()).split()))


def _sheets(package: Package) -> set[str]:
    """Return the parts of the sheets that the workbook hides."""
    book, parts = package.tree("xl/workbook.xml"), package.linked("xl/workbook.xml")
    return {
        parts.get(sheet.get(_R), "")
        for sheet in (book.iter(f"{_S}sheet") if book is not None else ())
        if (sheet.get("state") or "visible") != "visible"
    }


def _cells(root: Any, unseen: dict[int, str], *, everything: bool) -> Iterator[tuple[str, Any]]:
    """Yield the hidden cells, taken out of the sheet."""
    columns = set()
    for span in root.iter(f"{_S}col"):
        if span.get("hidden") in {"1", "true"}:
            columns.update(range(int(span.get("min", 1)), min(int(span.get("max", 1)), 20_000) + 1))
    filtered = root.find(f"{_S}autoFilter") is not None or root.find(f"{_S}tableParts") is not None
    for row in root.iter(f"{_S}row"):
        whole = everything or (row.get("hidden") in {"1", "true"} and not filtered)
        for cell in list(row):
            style = cell.get("s", "")
            if whole or (columns and _column(cell.get("r", "")) in columns):
                row.remove(cell)
                yield "invisible", cell
            elif style.isdecimal() and int(style) in unseen:
                row.remove(cell)
                yield unseen[int(style)], cell
        if whole:
            # An empty row would cut the table in two.
            cell = etree.SubElement(row, f"{_S}c", t="inlineStr")
            etree.SubElement(etree.SubElement(cell, f"{_S}is"), f"{_S}t").text = HIDDEN_ROW


def _column(reference: str) -> int:
    match = _LETTERS.match(reference)
    number = 0
    for letter in match.group() if match else "":
        number = number * 26 + ord(letter) - 64
    return number


def _unseen(package: Package) -> dict[int, str]:
    """Return how styles of cells hide them: white on no ground, a format that shows nothing."""
    root = package.tree("xl/styles.xml")
    if root is None:
        return {}
    fonts = [_is_white(font) for font in root.iterfind(f"{_S}fonts/{_S}font")]
    fills = [_is_bare(fill) for fill in root.iterfind(f"{_S}fills/{_S}fill")]
    mute = {
        node.get("numFmtId")
        for node in root.iterfind(f"{_S}numFmts/{_S}numFmt")
        if node.get("formatCode") == _SHOWS_NOTHING
    }
    found: dict[int, str] = {}
    for number, style in enumerate(root.iterfind(f"{_S}cellXfs/{_S}xf")):
        font, fill = int(style.get("fontId", 0)), int(style.get("fillId", 0))
        if style.get("numFmtId") in mute:
            found[number] = "invisible"
        elif font < len(fonts) and fonts[font] and (fill >= len(fills) or fills[fill]):
            found[number] = "white"
    return found


def _is_white(font: Any) -> bool:
    shade = font.find(f"{_S}color")
    if shade is None:
        return False
    own = colour((shade.get("rgb") or "")[-6:])
    is_ground = shade.get("theme") == "0" and not float(shade.get("tint") or 0)
    return is_ground or (own is not None and alike(own, WHITE))


def _is_bare(fill: Any) -> bool:
    pattern = fill.find(f"{_S}patternFill")
    return pattern is not None and pattern.get("patternType") in {None, "none"}


def _strings(package: Package) -> list[str]:
    root = package.tree("xl/sharedStrings.xml")
    items = root.iter(f"{_S}si") if root is not None else ()
    return ["".join(node.text or "" for node in item.iter(f"{_S}t")) for item in items]


def _value(cell: Any, strings: list[str]) -> str:
    if cell.get("t") == "inlineStr":
        return "".join(cell.itertext())
    value = cell.findtext(f"{_S}v") or ""
    if cell.get("t") == "s":
        return strings[int(value)] if value.isdecimal() and int(value) < len(strings) else ""
    return value
