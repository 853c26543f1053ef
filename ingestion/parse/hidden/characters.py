"""Texts spelt in characters that show nothing: tags, variation selectors, zero-width bits; and bidi.

Cleansing removes these characters from a document's text. Here is what they spelt.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from freshground.core.records import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

# None of them is common: most texts, and all that are ASCII, are done with one search.
_ANY = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufe00-\ufe0f\ufeff\U000e0000-\U000e01ef]")
_FLAG = re.compile("\U0001f3f4[\U000e0030-\U000e007a]{2,6}\U000e007f")
_TAGS = re.compile("[\U000e0020-\U000e007e](?:[^\U000e0020-\U000e007e]{0,2}[\U000e0020-\U000e007e])+")
_SELECTORS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_ZERO = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]{16,}")
_OVERRIDE = re.compile("[\u202d\u202e]([^\u202c\u2069\n]{4,})")
MIN_SPELT = 4


def spelt(text: str) -> Iterator[Hidden]:
    """Yield what invisible characters of a text spell."""
    if text.isascii() or not _ANY.search(text):
        return
    bare = _FLAG.sub("", text)
    tags = "".join(chr(ord(c) - 0xE0000) for run in _TAGS.findall(bare) for c in run
                   if "\U000e0020" <= c <= "\U000e007e")  # fmt: skip
    if len(tags) >= MIN_SPELT:
        yield Hidden("tags", tags)
    for match in _SELECTORS.finditer(text):
        if read := _bytes(bytes(_selected(ord(c)) for c in match.group())):
            yield Hidden("zero_width", read)
    runs = [run for run in _ZERO.findall(text) if len(set(run)) > 1]
    for run in [*runs, "".join(runs)] if len(runs) > 1 else runs:
        if read := _bits(run):
            yield Hidden("zero_width", read)
    for match in _OVERRIDE.finditer(text):
        # The reader sees the letters in turned order, the machine reads them as they stand.
        inner = _ANY.sub("", match.group(1))
        yield Hidden("bidi", inner[::-1] if match.group()[0] == "\u202e" else inner)


def _selected(code: int) -> int:
    return code - 0xFE00 if code < 0xE0000 else code - 0xE0100 + 16


def _bytes(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    letters = sum(c.isalpha() or c == " " for c in text)
    return text if len(text) >= MIN_SPELT and letters >= 0.7 * len(text) else None


def _bits(run: str) -> str | None:
    """Return the text of a run of two or four kinds of zero-width characters, read as bits."""
    marks = sorted(set(run))
    orders = [marks, marks[::-1]] if len(marks) == 2 else []  # noqa: PLR2004 - a bit has two values
    if len(marks) in {3, 4}:
        # A third mark parts the letters; without it, two bits a mark.
        rare = min(marks, key=run.count)
        others = [mark for mark in marks if mark != rare]
        if len(others) == 2:  # noqa: PLR2004
            groups = [group for group in run.split(rare) if group]
            for zero, one in (others, others[::-1]):
                codes = [int(g.replace(zero, "0").replace(one, "1"), 2) for g in groups if len(g) < 22]
                text = "".join(chr(code) for code in codes if code < 0x110000)
                if len(text) >= MIN_SPELT and text.isprintable() and " " in text:
                    return text
    for zero, one in orders:
        bits = run.replace(zero, "0").replace(one, "1")
        for width in (8, 7, 16):
            codes = [int(bits[i : i + width], 2) for i in range(0, len(bits) - width + 1, width)]
            text = "".join(chr(code) for code in codes)
            letters = sum(c.isascii() and (c.isalpha() or c == " ") for c in text)
            if len(text) >= MIN_SPELT and letters >= 0.8 * len(text):
                return text
    return None
