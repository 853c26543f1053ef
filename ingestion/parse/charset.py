"""From bytes to text: byte order marks, UTF-8, UTF-16 and UTF-32 without marks, legacy charsets.

What the bytes are outweighs what they say of themselves: pages that declare UTF-8 and are cp1252,
or the other way round, are common, and a strict UTF-8 decode almost never succeeds by accident.
"""

# ruff: noqa: PLR2004 - shares that tell encodings apart, read where they are used

from __future__ import annotations

import codecs
import re
from collections import Counter
from unicodedata import category

from freshground.core.errors import Quarantine
from ingestion.parse import latin

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DECLARED = re.compile(
    rb"""(?:charset|encoding)\s*=\s*["']?\s*([A-Za-z0-9_.:-]{2,40})""", re.IGNORECASE
)
_SAMPLE = 65_536
_ENOUGH = 24
_BINARY_SHARE = 0.02
_BINARY = re.compile("[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_SEVEN_BIT = ("iso-2022", "iso2022", "utf-7", "hz")
"""Charsets whose bytes are all ASCII: only a declaration, or escapes, tell them."""
_DIRECTION = re.compile("(?<=8859-8)-[ie]$", re.IGNORECASE)
_SHIFTS = re.compile(rb"\x1b\$[@AB]")
_FOREIGN_SCRIPT = re.compile("[\u0370-\u1dff\u2c00-\ud7ff\uf900-\ufaff\uff66-\uff9f]+")
_MISFITS = re.compile(
    "(?<=[\u0430-\u045f])[\u0400-\u042f]|[\u0400-\u042f]{2,}"
    "|(?<=[^\\W\\d_])[\u2500-\u259f\xa4-\xa9\xab-\xb1\xb5-\xbb](?=[^\\W\\d_])"
)
"""What one finds where Cyrillic is read by another charset: capitals and signs within words."""
_HALF_WIDTH = re.compile("[\uff61-\uff9f]")
_MAC_CAPITALS = re.compile(rb"[\x80-\x9f]")
_UNWRITTEN = frozenset({"Cn", "Co", "Cc", "Cs"})
_EAST, _EAST_FIRST, _EAST_LAST = -1, "\u2e80", "\ud7ff"
_DEFAULT = "cp1252"


def decode(data: bytes, declared: str | None = None) -> str:
    """Return the text of `data` with line ends as line feeds.

    `declared` is the charset that whatever holds the data names; without it what the data says of
    itself is asked. Raises `Quarantine` `unsupported` when the bytes are no text in any charset.
    """
    text = _decode(data, declared)
    head = text[:_SAMPLE]
    if head and len(_BINARY.findall(head)) > max(1, _BINARY_SHARE * len(head)):
        raise Quarantine(
            "unsupported",
            "The content is binary and of no format that is known here.",
            "Convert it to a supported format, or exclude it from the source.",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes, declared: str | None) -> str:
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return data.decode(charset, "replace")
    wide = _unmarked_wide(data)
    if wide is not None:
        return data.decode(wide, "replace")
    said = _said(data) if declared is None else declared
    seven = "iso2022_jp_2" if _SHIFTS.search(data[:_SAMPLE]) else said.lower()
    if seven.startswith(_SEVEN_BIT) and (text := _try(data, seven)) is not None:
        return text
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    text = _try(data, said)
    return _guess(data) if text is None else _weighed(data, text)


def _said(data: bytes) -> str:
    """Return the charset that a page or an XML document names at its head, "" for none."""
    said = _DECLARED.search(data[:2048])
    return said.group(1).decode("ascii") if said else ""


def _unmarked_wide(data: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 variant that the pattern of zero bytes shows, or None.

    Western text in these encodings has its zero bytes in fixed columns; that of other scripts has
    them where there are blanks and line ends, and makes words of one script in one variant alone.
    """
    sample = data[:4096]
    if 0 not in sample or len(sample) < 4:
        return None
    zeros = [sample[i::4].count(0) / max(1, len(sample[i::4])) for i in range(4)]
    if len(data) % 4 == 0 and min(zeros[1:]) > 0.9 and zeros[0] < 0.1:
        return "utf-32-le"
    if len(data) % 4 == 0 and min(zeros[:3]) > 0.9 and zeros[3] < 0.1:
        return "utf-32-be"
    even, odd = (zeros[0] + zeros[2]) / 2, (zeros[1] + zeros[3]) / 2
    if len(data) % 2 == 0 and odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if len(data) % 2 == 0 and even > 0.4 and odd < 0.1:
        return "utf-16-be"
    if len(data) % 2 == 0:
        return next((name for name in ("utf-16-le", "utf-16-be") if _is_script(sample, name)), None)
    return None


def _is_script(sample: bytes, charset: str) -> bool:
    """Whether UTF-16 without a mark is text: letters of one script or two, and what parts words."""
    # The sample may end within a character of two units: the first of them is no letter.
    text = sample[: len(sample) // 2 * 2].decode(charset, "replace").removesuffix("\ufffd")
    letters = [ch for ch in text if ch.isalpha()]
    if not any(ch in " \n\r\t" for ch in text) or len(letters) < 0.6 * len(text):
        return False
    if any(category(ch) in _UNWRITTEN and ch not in "\n\r\t\f" for ch in text):
        return False
    # A script lies in a block or two of 256 characters; Chinese, Japanese and Korean in one range.
    pages = Counter(_EAST if _EAST_FIRST <= ch < _EAST_LAST else ord(ch) >> 8 for ch in letters)
    return sum(n for _, n in pages.most_common(2)) > 0.95 * len(letters)


def _try(data: bytes, charset: str) -> str | None:
    """Return the strict decode, or None where it fails or the charset is unknown."""
    try:
        # The variants -i and -e tell the direction of Hebrew, not its bytes.
        name = codecs.lookup(_DIRECTION.sub("", charset)).name
        # Browsers read both names as cp1252, whose extra characters such pages really use.
        return data.decode("cp1252" if name in {"iso8859-1", "ascii"} else name)
    except (LookupError, UnicodeDecodeError, TypeError, ValueError):
        return None


def _weighed(data: bytes, declared: str) -> str:
    """Return the text as a declared legacy charset gives it, unless that is no language.

    Any bytes can be read by an 8-bit charset, and by most of those for Chinese or Japanese.
    """
    sample = declared[:_SAMPLE]
    foreign = sum(map(len, _FOREIGN_SCRIPT.findall(sample)))
    if not foreign and latin.share_at_home(sample) >= latin.AT_HOME:
        return declared
    charset = latin.charset_of(data[:_SAMPLE])
    if charset and (text := _try(data, charset)) is not None:
        return text
    if foreign:
        misfits = sum(map(len, _MISFITS.findall(sample)))
        return _guess(data, declared) if misfits > 0.3 * foreign else declared
    return declared if _is_western(sample) else _guess(data, declared)


def _guess(data: bytes, declared: str | None = None) -> str:
    """Return the text by the likeliest legacy charset, else as `declared`."""
    broken = data.decode("utf-8", "replace")
    # A few bad bytes in much good UTF-8 is damage, not another charset.
    multibyte = sum(1 for ch in broken if ord(ch) > 127 and ch != "\ufffd")
    if multibyte > 20 * broken.count("\ufffd"):
        return broken
    sample = data[:_SAMPLE]
    if (charset := latin.charset_of(sample)) and (text := _try(data, charset)) is not None:
        return text
    western = _try(data, _DEFAULT)
    if western is not None and _is_western(western[:_SAMPLE]):
        return western
    if len(data) >= _ENOUGH:
        text = _try(data, _likeliest(sample))
        if text is not None:
            return text
    return next(
        (text for text in (declared, western) if text is not None), data.decode(_DEFAULT, "replace")
    )


def _likeliest(sample: bytes) -> str:
    """Return the charset that statistics over the bytes find, "" for none."""
    import charset_normalizer

    names = [match.encoding for match in charset_normalizer.from_bytes(sample)]
    if names and len(_HALF_WIDTH.findall(sample.decode(names[0], "replace"))) > len(sample) // 3:
        # Nobody writes Japanese in half of its width; KOI8-R reads like that.
        names = [*(name for name in names if name.startswith("koi8")), "koi8_r"]
    name = names[0] if names else ""
    # The two have small letters in the same places.
    return "cp1251" if name == "mac_cyrillic" and not _MAC_CAPITALS.search(sample) else name


def _is_western(text: str) -> bool:
    """Whether the non-ASCII characters are those of several Western languages, where they stand."""
    return latin.share_at_home(text, mixed=True) >= 0.9
