"""What RTF's groups carry: fonts with their charsets, styles, and what type looks like."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field, fields
from operator import attrgetter

from ingestion.parse.wrapped.symbols import symbol

_PAGES = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950",
    161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257",
    204: "cp1251", 222: "cp874", 238: "cp1250", 254: "cp437", 255: "cp850",
}  # fmt: skip
_SYMBOLS, _WHITE = 2, 250
_ONE_WIDTH = re.compile(
    r"courier|consol|mono|menlo|monaco|lucida console|typewriter", re.IGNORECASE
)
_HEADING = re.compile(r"heading (\d)", re.IGNORECASE)
TITLE = -1
"""The level of what a style makes the title."""


def charset_of_page(page: int) -> str:
    """Return the codec of a code page of Windows, that of Western Europe where it is unknown."""
    name = {65001: "utf-8", 10000: "mac_roman", 936: "gb18030"}.get(page, f"cp{page}")
    try:
        codecs.lookup(name)
    except LookupError:
        return "cp1252"
    return name


@dataclass(slots=True)
class Look:
    """What a group sets for its text and its paragraphs; it ends with the group.

    `to` says where text goes: body, note, marker, comment, font, style, colours, the name of a
    field of the document's properties, or "" for nowhere. `level` is that of a heading from 0.
    """

    to: str = "body"
    font: int = 0
    skip: int = 1
    script: str = ""
    hidden: str = ""
    size: int = 24
    colour: int = 0
    backed: bool = False
    gone: bool = False
    bold: bool = False
    in_table: bool = False
    listed: bool = False
    hanging: bool = False
    style: int = 0
    level: int | None = None

    def copy(self) -> Look:
        """Return one with the same values."""
        return Look(*_values(self))


_values = attrgetter(*(part.name for part in fields(Look)))


@dataclass(slots=True)
class Sheets:
    """The tables at a document's head."""

    charset: str = "cp1252"
    usual_font: int = 0
    charsets: dict[int, str] = field(default_factory=dict)
    coded: set[int] = field(default_factory=set)
    levels: dict[int, int] = field(default_factory=dict)
    whites: set[int] = field(default_factory=set)
    colours: int = 0

    def font(self, number: int, charset: int | None, page: int | None, name: str) -> None:
        """Note a font."""
        if page:
            self.charsets[number] = charset_of_page(page)
        elif charset == _SYMBOLS:
            self.charsets[number] = "symbol"
        elif charset in _PAGES:
            self.charsets[number] = _PAGES[charset]
        if _ONE_WIDTH.search(name):
            self.coded.add(number)

    def named(self, number: int, name: str, level: int | None) -> None:
        """Note a style: its level in the outline, or the one that its name says."""
        if found := _HEADING.fullmatch(name):
            self.levels[number] = int(found[1]) - 1
        elif name.lower() == "title":
            self.levels[number] = TITLE
        elif level is not None:
            self.levels[number] = level

    def coloured(self, entry: dict[str, int | None]) -> None:
        """Note the next colour by its parts, which are taken."""
        if all((entry.get(part) or 0) >= _WHITE for part in ("red", "green", "blue")):
            self.whites.add(self.colours)
        self.colours += 1
        entry.clear()

    def decoded(self, data: bytes, font: int) -> str:
        """Return bytes as text in the charset of a font."""
        charset = self.charsets.get(font, self.charset)
        if charset == "symbol":
            return "".join(symbol("symbol", f"F0{byte:02X}") for byte in data)
        return data.decode(charset, "replace")
