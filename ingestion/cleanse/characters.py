"""Characters that carry no meaning go; everything that a reader would see stays.

Removed: control characters, lone surrogates, zero-width and bidirectional controls, soft hyphens,
tag characters. They are where text is hidden from readers and shown to models. Kept: joiners
inside scripts and emoji that need them, private use characters, every letter, digit and sign.
"""

from __future__ import annotations

import re
import unicodedata

_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0001]"
)
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e007a]{2,6}\U000e007f)|[\U000e0000-\U000e007f]+")
_JOINED = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ua840-\uabff\ufb50-\ufdcf\ufdf0-\ufdff"
    "\ufe0f\ufe70-\ufefe\u2190-\u21ff\u2600-\u27bf\u2b00-\u2bff\U00010a00-\U00011fff"
    "\U0001e900-\U0001eeff\U0001f000-\U0001faff"
)
_SELECTORS = re.compile(
    "([\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f\U000e0100-\U000e01ef]+"
)
_JOINERS = re.compile("[\u200c\u200d]{2,}")
_STRAY_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]|[\u200c\u200d](?![{_JOINED}])")
_LIGATURES = {
    0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st",
    0xFB06: "st", 0xF0B7: "\u2022", 0xF0A7: "\u2022", 0xF0D8: "\u2022", 0xF0FC: "\u2713",
}  # fmt: skip
_SPACES = re.compile("[^\\S\n]+")
_EDGES = re.compile(" ?\n[ \n]*")
_LINE_TAIL = re.compile(r"(?<![ \t])[ \t]++(?=\n|\Z)")
_ODD_SPACES = re.compile("[^\\S\n\t ]")


def clean_prose(text: str) -> str:
    """Return running text in NFC: visible characters only, single spaces, no blank lines.

    Line breaks are kept. Cleaning twice gives what cleaning once gave.
    """
    if text.isascii() and text.isprintable():
        # One line without anything odd, as most paragraphs are.
        return (" ".join(text.split()) if "  " in text else text).strip()
    text = _visible(text)
    return _EDGES.sub("\n", _SPACES.sub(" ", text)).strip()


def clean_code(text: str) -> str:
    """Return code in NFC: visible characters only, indentation, tabs and blank lines kept."""
    text = _ODD_SPACES.sub(" ", _visible(text))
    return _LINE_TAIL.sub("", text).strip("\n")


def _visible(text: str) -> str:
    if text.isascii():
        return _INVISIBLE.sub("", _LINE_END.sub("\n", text))
    text = _INVISIBLE.sub("", _LINE_END.sub("\n", text)).translate(_LIGATURES)
    text = _SELECTORS.sub(_first_selector, _TAGS.sub(r"\1", text))
    text = _JOINERS.sub(lambda run: run.group()[0], text)
    # After the removals, because they can bring a letter and its accent together.
    return unicodedata.normalize("NFC", _STRAY_JOINER.sub("", text))


def _first_selector(run: re.Match[str]) -> str:
    """Return the variant of a sign where a run of selectors begins with one; the rest spells."""
    first = run.group()[0]
    return first if first < "\U000e0100" else ""
