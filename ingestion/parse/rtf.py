"""RTF, as Word, LibreOffice, WordPad and converters write it: one pass over its words.

Not by pandoc: it takes all bytes for Western ones, loses notes, characters beyond the first plane
and what follows some signs, and takes 20 to 40 ms to start.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from freshground.core.records import Hidden
from ingestion.parse.blocks import Block, Parsed, Raw, paragraph, table_text
from ingestion.parse.bounds import too_deep
from ingestion.parse.raised import lowered, raised
from ingestion.parse.rtf_state import TITLE, Look, Sheets, charset_of_page

_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n\x00]+"
    rb"|([^\\{}\r\n\x00]+)"
)
_WORD, _NUMBER, _CODE, _SIGN, _BRACE, _TEXT = range(1, 7)
_NOWHERE = frozenset(
    b"pict objdata objclass header headerl headerr headerf footer footerl footerr footerf "
    b"themedata colorschememapping datastore listtable listoverridetable rsidtbl generator "
    b"fldinst shprslt sp ftnsep ftnsepc ftncn aftnsep aftnsepc aftncn filetbl revtbl "
    b"xmlnstbl latentstyles bkmkstart bkmkend atnid atnauthor atndate private comment operator "
    b"company category manager doccomm hlinkbase".split()
)
_ENTERED = frozenset((b"shpinst", b"shptxt", b"footnote", b"annotation", b"dptxbxtext"))
"""Destinations that old readers skip, and whose text is shown."""
_FIELDS = frozenset((b"title", b"author", b"subject", b"keywords"))
_SIGNS = {
    b"tab": "\t", b"line": "\n", b"lbr": "\n", b"lquote": "\u2018", b"rquote": "\u2019",
    b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022", b"endash": "\u2013",
    b"emdash": "\u2014", b"emspace": " ", b"enspace": " ", b"qmspace": " ", b"nestcell": " ",
    b"nestrow": " ",
}  # fmt: skip
_ESCAPED = {b"~": "\xa0", b"_": "-", b"-": "", b"{": "{", b"}": "}", b"\\": "\\"}
_ENDS = frozenset((b"par", b"sect", b"page", b"column"))
_COUNTED = re.compile(r"[\dA-Z.()]+")
_MARKER = re.compile(r"(\(?\w{1,4}[.)])\s*")
_TYPED = re.compile(r"(\(?\w{1,3}[.)])\t\s*(?=\S)")
_DASHES = re.compile(r"[\u2022\u2013\u25cf\u25cb\u25aa\u25e6\u00b7-]\t\s*(?=\S)")
_KNOWN = frozenset((
    *_NOWHERE, *_ENTERED, *_FIELDS, *_SIGNS, *_ENDS,
    *b"bin u fonttbl stylesheet colortbl info listtext pntext chftn ansicpg mac pc pca deff f "
    b"fcharset cpg s outlinelevel red green blue trowd clvmrg cellx cell row intbl pard plain uc "
    b"super sub nosupersub v deleted b fs cf highlight cb chcbpat cbpat chshdng ls fi".split(),
))  # fmt: skip
"""The words that mean something here; most of a document are others."""
_TINY = 4
"""Half points, below which nobody reads."""
_MAX_DEPTH = 5_000
_BOLD_RANK, _MAX_BOLD = 10, 100


def parse(raw: Raw) -> Parsed:
    """Return the blocks of an RTF document; its notes follow."""
    reader = _Reader(raw.data)
    reader.read()
    blocks = reader.blocks + reader.notes
    if any(block.kind == "heading" and block.level != _BOLD_RANK for block in blocks):
        # Where styles say what is a heading, bold type alone is none.
        blocks = [replace(b, kind="text", level=None) if b.level == _BOLD_RANK else b
                  for b in blocks]  # fmt: skip
    fields = {name: " ".join(text.split()) for name, text in reader.fields.items()}
    title = fields.pop("title", "") or None
    return Parsed(
        blocks, "application/rtf", title,
        metadata={name: text for name, text in fields.items() if text},
        hidden=tuple(reader.hidden),
    )  # fmt: skip


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.blocks: list[Block] = []
        self.notes: list[Block] = []
        self.hidden: list[Hidden] = []
        self.fields: dict[str, str] = {}
        self._data = data
        self._sheets = Sheets()
        self._look = Look()
        self._stack: list[Look] = []
        self._bytes = bytearray()
        self._skip = 0
        self._texts: dict[str, list[str]] = {}
        self._row: list[str] = []
        self._rows: list[list[str]] = []
        self._merged: list[bool] = []
        self._merges = False
        self._count = 0
        self._referred = False
        self._coded: list[bool] = []
        self._bolds: list[bool] = []
        self._entry: dict[str, Any] = {}

    def read(self) -> None:
        """Read all of it."""
        data, at, star = self._data, 0, False
        while at < len(data) and (match := _TOKEN.match(data, at)):
            at = match.end()
            kind = match.lastindex
            if kind == _TEXT:
                self._add(match[_TEXT])
            elif kind is None:
                continue
            elif kind <= _NUMBER:
                word = match[_WORD]
                if star or word in _KNOWN:
                    value = int(match[_NUMBER]) if kind == _NUMBER else None
                    at += self._control(word, value, star=star)
                else:
                    self._skip = 0
            elif kind == _CODE:
                self._add(bytes((int(match[_CODE], 16),)))
            elif kind == _BRACE:
                self._skip = 0
                if match[_BRACE] == b"{":
                    self._open()
                else:
                    self._close()
            else:
                star = self._sign(match[_SIGN])
                continue
            star = False
        self._end()
        self._close_table()

    def _open(self) -> None:
        self._flush()
        if len(self._stack) >= _MAX_DEPTH:
            raise too_deep()
        self._stack.append(self._look.copy())

    def _control(self, word: bytes, value: int | None, *, star: bool) -> int:
        """Take a control word; return how many bytes after it are none of the text."""
        if word == b"bin":
            return max(0, value or 0)
        self._flush()
        if word == b"u" and value is not None:
            self._put(chr(value & 0xFFFF))
            self._skip = self._look.skip
        else:
            self._skip = 0
            self._word(word, value, star=star)
        return 0

    def _sign(self, sign: bytes) -> bool:
        """Take a control sign; return whether it says that old readers skip what follows."""
        if sign in {b"\r", b"\n"}:
            self._flush()
            self._end()
        elif sign == b"*":
            return True
        elif self._skip:
            self._skip -= 1
        elif sign in _ESCAPED:
            self._flush()
            self._put(_ESCAPED[sign])
        return False

    def _add(self, data: bytes) -> None:
        if self._skip:
            data, self._skip = data[self._skip :], max(0, self._skip - len(data))
        if self._look.to:
            self._bytes += data

    def _flush(self) -> None:
        if self._bytes:
            text = self._sheets.decoded(bytes(self._bytes), self._look.font)
            self._bytes.clear()
            self._put(text)

    def _put(self, text: str) -> None:
        """Add text to where the group sends it."""
        look = self._look
        if look.to in {"", "info"} or look.gone or not text:
            return
        if look.to == "colour":
            for _ in range(text.count(";")):
                self._sheets.coloured(self._entry)
            return
        kind = look.hidden or self._unseen()
        if kind and look.to in {"body", "note"}:
            self._texts.setdefault(kind, []).append(text)
            return
        pieces = self._texts.setdefault(look.to, [])
        if look.script and look.to != "marker":
            before = next((piece[-1] for piece in reversed(pieces) if piece), "")
            text = (raised if look.script == "super" else lowered)(text, before)
        pieces.append(text)
        if look.to in {"font", "style"} and text.endswith(";"):
            self._note_entry(look.to)
        if look.to == "body" and text.strip():
            self._coded.append(look.font in self._sheets.coded)
            self._bolds.append(look.bold)

    def _unseen(self) -> str:
        look = self._look
        if look.size < _TINY:
            return "tiny"
        is_white = look.colour in self._sheets.whites and not (look.backed or look.in_table)
        return "white" if is_white else ""

    def _taken(self, name: str) -> str:
        """Return what was gathered under a name; halves of characters are joined."""
        text = "".join(self._texts.pop(name, ()))
        if text.isascii():
            return text
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")

    def _word(self, word: bytes, value: int | None, *, star: bool) -> None:
        look = self._look
        if star and word not in _ENTERED:
            look.to = ""
        elif not look.to:
            return
        elif word in _SIGNS:
            self._put(_SIGNS[word])
        elif word in _ENDS:
            self._end()
        elif word in _NOWHERE:
            look.to = ""
        elif not self._destination(word, value) and not self._table(word):
            self._format(word, value)

    def _destination(self, word: bytes, value: int | None) -> bool:
        look, sheets = self._look, self._sheets
        if word in {b"fonttbl", b"stylesheet", b"colortbl"}:
            look.to = {b"fonttbl": "font", b"stylesheet": "style", b"colortbl": "colour"}[word]
        elif word == b"info":
            look.to = "info"
        elif look.to == "info" and word in _FIELDS:
            look.to = f"field {word.decode()}"
        elif word in {b"listtext", b"pntext"}:
            look.to = "marker"
        elif word == b"footnote":
            if not self._referred:
                self._refer()
            self._referred = False
            look.to, look.script, look.in_table = "note", "", False
        elif word == b"annotation":
            look.to = "comment"
        elif word == b"shptxt":
            look.in_table = False
        elif word == b"chftn":
            if look.to == "body":
                self._refer()
        elif word == b"ansicpg" and value:
            sheets.charset = charset_of_page(value)
        elif word in {b"mac", b"pc", b"pca"}:
            sheets.charset = {b"mac": "mac_roman", b"pc": "cp437", b"pca": "cp850"}[word]
        elif word == b"deff":
            sheets.usual_font = look.font = value or 0
        elif look.to == "colour":
            self._entry[word.decode()] = value
        elif look.to in {"font", "style"}:
            if word in {b"f", b"fcharset", b"cpg", b"s", b"outlinelevel"}:
                self._entry[word.decode()] = value or 0
        else:
            return False
        return True

    def _refer(self) -> None:
        self._count += 1
        self._referred = True
        self._texts.setdefault("body", []).append(f"[{self._count}]")

    def _table(self, word: bytes) -> bool:
        if word == b"trowd":
            self._merged, self._merges = [], False
        elif word == b"clvmrg":
            self._merges = True
        elif word == b"cellx":
            self._merged.append(self._merges)
            self._merges = False
        elif word == b"cell":
            self._row.append(self._taken("body"))
            self._start()
        elif word == b"row":
            self._add_row()
        elif word == b"intbl":
            self._look.in_table = True
        else:
            return False
        return True

    def _add_row(self) -> None:
        above = self._rows[-1] if self._rows else []
        for place, merged in enumerate(self._merged[: len(self._row)]):
            if merged and place < len(above) and not self._row[place].strip():
                self._row[place] = above[place]
        if self._row:
            self._rows.append(self._row)
        self._row = []

    def _format(self, word: bytes, value: int | None) -> None:
        look = self._look
        on = value != 0
        if word == b"f":
            look.font = value or 0
        elif word == b"pard":
            look.in_table = look.listed = look.hanging = False
            look.level, look.style = None, 0
        elif word == b"plain":
            look.font, look.script, look.hidden = self._sheets.usual_font, "", ""
            look.size, look.colour = 24, 0
            look.backed = look.gone = look.bold = False
        elif word == b"uc":
            look.skip = max(0, value or 0)
        elif word in {b"super", b"sub"}:
            look.script = word.decode() if on else ""
        elif word == b"nosupersub":
            look.script = ""
        elif word == b"v":
            look.hidden = "invisible" if on else ""
        elif word == b"deleted":
            look.gone = on
        elif word == b"b":
            look.bold = on
        elif word == b"fs":
            look.size = 24 if value is None else value
        elif word == b"cf":
            look.colour = value or 0
        elif word in {b"highlight", b"cb", b"chcbpat", b"cbpat", b"chshdng"}:
            look.backed = bool(value)
        elif word == b"s":
            look.style = value or 0
        elif word == b"outlinelevel":
            look.level = value
        elif word == b"ls":
            look.listed = bool(value)
        elif word == b"fi":
            look.hanging = (value or 0) < 0

    def _close(self) -> None:
        """End a group: what it gathered for itself goes where it belongs."""
        self._flush()
        ended, self._look = self._look, self._stack.pop() if self._stack else Look()
        if ended.to in {"font", "style"}:
            self._note_entry(ended.to)
        elif ended.to == self._look.to:
            return
        elif ended.to == "note":
            self._end_note()
        elif ended.to == "comment":
            if text := self._taken("comment").strip():
                self.hidden.append(Hidden("comment", text))
        elif ended.to.startswith("field "):
            self.fields[ended.to.split()[1]] = self._taken(ended.to)

    def _note_entry(self, to: str) -> None:
        entry, self._entry = self._entry, {}
        name = self._taken(to).strip(" ;")
        if to == "font" and "f" in entry:
            self._sheets.font(entry["f"], entry.get("fcharset"), entry.get("cpg"), name)
        elif to == "style" and "s" in entry:
            self._sheets.named(entry["s"], name, entry.get("outlinelevel"))

    def _end_note(self) -> None:
        text = " ".join(self._taken("note").split())
        if text:
            self.notes.append(Block("footnote", f"[{self._count}] {text}"))

    def _start(self) -> None:
        self._coded, self._bolds = [], []
        self._texts.pop("marker", None)

    def _end(self) -> None:
        """End a paragraph."""
        self._flush()
        look = self._look
        for kind in ("invisible", "white", "tiny"):
            if text := self._taken(kind).strip():
                self.hidden.append(Hidden(kind, text))
        if look.to == "note":
            self._texts.setdefault("note", []).append(" ")
            return
        if look.to == "comment":
            self._texts.setdefault("comment", []).append(" ")
            return
        if look.to != "body":
            return
        if look.in_table or self._row:
            self._texts.setdefault("body", []).append(" ")
            return
        self._close_table()
        marker, text = self._taken("marker").strip(), self._taken("body")
        coded, bold = self._is_code(), bool(self._bolds) and all(self._bolds)
        self._start()
        if coded or text.strip():
            self._add_block(marker, text, coded=coded, bold=bold)

    def _is_code(self) -> bool:
        usual = self._sheets.usual_font in self._sheets.coded
        return bool(self._coded) and all(self._coded) and not usual

    def _add_block(self, marker: str, text: str, *, coded: bool, bold: bool) -> None:
        look = self._look
        level = self._sheets.levels.get(look.style) if look.level is None else look.level
        if level == TITLE:
            self.blocks.append(Block("title", text))
        elif level is not None and 0 <= level < 9:  # noqa: PLR2004 - the outline's levels
            counted = f"{marker} {text.strip()}" if _COUNTED.fullmatch(marker) else text
            self.blocks.append(Block("heading", counted, level=level + 1))
        elif marker or look.listed:
            numbered = _MARKER.fullmatch(marker)
            self.blocks.append(Block("list_item", f"{marker if numbered else '-'} {text.strip()}"))
        elif coded:
            last = self.blocks[-1] if self.blocks else None
            if last is not None and last.kind == "code":
                self.blocks[-1] = replace(last, text=f"{last.text}\n{text}")
            else:
                self.blocks.append(Block("code", text))
        elif look.hanging and (found := _TYPED.match(text)):
            self.blocks.append(Block("list_item", f"{found[1]} {text[found.end() :].strip()}"))
        elif found := _DASHES.match(text):
            self.blocks.append(Block("list_item", f"- {text[found.end() :].strip()}"))
        elif bold and len(text) <= _MAX_BOLD and text.strip()[-1:] not in ".,;:":
            self.blocks.append(Block("heading", text, level=_BOLD_RANK))
        else:
            self.blocks += paragraph(text)

    def _close_table(self) -> None:
        if self._row:
            self._add_row()
        if self._rows:
            self.blocks.append(Block("table", table_text(self._rows)))
            self._rows = []
