"""The bodies that Outlook keeps as packed RTF: unpacked, and as the HTML or text that they wrap.

After Microsoft's [MS-OXRTFCP] and [MS-OXRTFEX]. Each pass is linear in the length of the body.
"""

from __future__ import annotations

import re
import struct
from typing import NamedTuple

_START = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript "
    rb"\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0"
    b"\r\n"
    rb"\par \pard\plain\f0\fs20\b\i\u\tab\tx"
)
_WINDOW = 4096
_PACKED, _PLAIN = 0x75465A4C, 0x414C454D
_LARGEST = 50_000_000
_TOKEN = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z])|([{}])|[\r\n]+"
    rb"|([^\\{}\r\n]+)"
)
_SKIPPED = frozenset(
    (b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"object", b"header", b"footer",
     b"themedata", b"datastore", b"listtable", b"listoverridetable", b"rsidtbl", b"generator")
)  # fmt: skip
_SIGNS = {
    b"par": "\n", b"line": "\n", b"tab": "\t", b"lquote": "\u2018", b"rquote": "\u2019",
    b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022", b"endash": "\u2013",
    b"emdash": "\u2014", b"row": "\n", b"cell": "\t", b"sect": "\n", b"page": "\n",
}  # fmt: skip


class Body(NamedTuple):
    """What a packed body wraps: `html` says which of both `text` is."""

    text: str
    html: bool


def unpacked(data: bytes) -> bytes:
    """Return the RTF of a packed body. ValueError for what is none."""
    if len(data) < 16:  # noqa: PLR2004 - the header
        raise ValueError("too short")
    _, size, kind, _ = struct.unpack_from("<IIII", data)
    if kind == _PLAIN:
        return data[16 : 16 + size]
    if kind != _PACKED or size > _LARGEST:
        raise ValueError("no packed RTF")
    window = bytearray(_START.ljust(_WINDOW, b"\x00"))
    write = len(_START)
    out = bytearray()
    at = 16
    while at < len(data) and len(out) < size:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                out.append(data[at])
                window[write] = data[at]
                write = (write + 1) % _WINDOW
                at += 1
                continue
            if at + 1 >= len(data):
                return bytes(out)
            word = data[at] << 8 | data[at + 1]
            at += 2
            read = word >> 4
            if read == write:
                return bytes(out)
            for step in range((word & 15) + 2):
                sign = window[(read + step) % _WINDOW]
                out.append(sign)
                window[write] = sign
                write = (write + 1) % _WINDOW
    return bytes(out)


def body_of(rtf: bytes) -> Body:
    """Return the HTML that RTF wraps, or else its text."""
    return _Reader(rtf).read()


class _Reader:
    """One pass over RTF: what stands in groups that are not shown, or doubles HTML, is left out."""

    def __init__(self, rtf: bytes) -> None:
        self._rtf = rtf
        self._html = b"\\fromhtml" in rtf[:2000]
        found = re.search(rb"\\ansicpg(\d{3,5})", rtf[:2000])
        self._charset = _charset(int(found.group(1))) if found else "cp1252"
        self._out: list[str] = []
        self._bytes = bytearray()

    def read(self) -> Body:
        # Per group: skipped, within an HTML tag, doubling HTML, characters to skip after \u.
        state = (False, False, False, 1)
        stack: list[tuple[bool, bool, bool, int]] = []
        skip = 0
        star = False
        for match in _TOKEN.finditer(self._rtf):
            word, number, code, sign, brace, text = match.groups()
            skipped, tag, doubled, count = state
            shown = not skipped and (tag or not doubled)
            if brace == b"{":
                self._flush()
                stack.append(state)
                skip = 0
            elif brace == b"}":
                self._flush()
                state = stack.pop() if stack else state
                skip = 0
            elif word is not None:
                if word == b"u" and number is not None:
                    self._flush()
                    if shown:
                        self._out.append(_character(int(number)))
                    skip = count
                    continue
                self._flush()
                state = self._word(word, number, state, star=star)
                star = False
                skip = 0
                if shown and word in _SIGNS and not tag:
                    self._out.append(_SIGNS[word])
            elif sign == b"*":
                star = True
            elif code is not None or sign is not None:
                if skip:
                    skip -= 1
                elif shown:
                    self._bytes += bytes([int(code, 16)]) if code else _escaped(sign)
            elif text is not None:
                kept = text[skip:] if skip else text
                skip = max(0, skip - len(text))
                if shown:
                    self._bytes += kept
        self._flush()
        joined = "".join(self._out)
        # Characters beyond the first plane stand as two halves.
        return Body(
            joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), self._html
        )

    def _word(
        self,
        word: bytes,
        number: bytes | None,
        state: tuple[bool, bool, bool, int],
        *,
        star: bool,
    ) -> tuple[bool, bool, bool, int]:
        skipped, tag, doubled, count = state
        if word == b"htmlrtf":
            doubled = self._html and number != b"0"
        elif word == b"htmltag" and star:
            tag = True
        elif word in _SKIPPED or star:
            skipped = True
        elif word == b"uc" and number is not None:
            count = max(0, int(number))
        return skipped, tag, doubled, count

    def _flush(self) -> None:
        if self._bytes:
            self._out.append(self._bytes.decode(self._charset, "replace"))
            self._bytes.clear()


def _escaped(sign: bytes) -> bytes:
    return {b"~": b"\xa0", b"_": b"-", b"-": b"", b"\n": b"\n", b"\r": b"\n"}.get(sign, sign)


def _character(number: int) -> str:
    return chr(number & 0xFFFF)


def _charset(page: int) -> str:
    name = {65001: "utf-8", 10000: "mac_roman"}.get(page, f"cp{page}")
    try:
        b"".decode(name)
    except LookupError:
        return "cp1252"
    return name
