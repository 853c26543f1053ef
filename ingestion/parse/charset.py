"""From bytes to text: byte order marks, UTF-8, UTF-16 and UTF-32 without marks, legacy charsets.

What the bytes are outweighs what they say of themselves: pages that declare UTF-8 and are cp1252,
or the other way round, are common, and a strict UTF-8 decode almost never succeeds by accident.
"""

# ruff: noqa: PLR2004 - shares that tell encodings apart, read where they are used

from __future__ import annotations

import codecs
import re

from freshground.core.errors import Quarantine

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
_BINARY_SHARE = 0.02
_BINARY = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_WESTERN_SIGNS = (
    "\u2018\u2019\u201c\u201d\u2013\u2014\u2026\u20ac\xa3\xb0\xa0\xa7\xa9\xae\xb2\xb3\xb5\xb1"
)
_DEFAULT = "cp1252"


def decode(data: bytes) -> str:
    """Return the text of `data` with line ends as line feeds.

    Raises `Quarantine` `unsupported` when the bytes are no text in any charset.
    """
    text = _decode(data)
    head = text[:_SAMPLE]
    if head and len(_BINARY.findall(head)) > max(1, _BINARY_SHARE * len(head)):
        raise Quarantine(
            "unsupported",
            "The content is binary and of no format that is known here.",
            "Convert it to a supported format, or exclude it from the source.",
        )
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode(data: bytes) -> str:
    for mark, charset in _MARKS:
        if data.startswith(mark):
            return data.decode(charset, "replace")
    wide = _unmarked_wide(data)
    if wide is not None:
        return data.decode(wide, "replace")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    declared = _DECLARED.search(data[:2048])
    candidates = [declared.group(1).decode("ascii")] if declared else []
    for charset in candidates:
        text = _try(data, charset)
        if text is not None:
            return text
    return _guess(data)


def _unmarked_wide(data: bytes) -> str | None:
    """Return the UTF-16 or UTF-32 variant that the pattern of zero bytes shows, or None.

    Western text in these encodings has its zero bytes in fixed columns.
    """
    sample = data[:4096]
    if sample.count(0) < len(sample) // 5 or len(sample) < 4:
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
    return None


def _try(data: bytes, charset: str) -> str | None:
    """Return the strict decode, or None where it fails or the charset is unknown."""
    try:
        name = codecs.lookup(charset).name
        # Browsers read both names as cp1252, whose extra characters such pages really use.
        return data.decode("cp1252" if name in {"iso8859-1", "ascii"} else name)
    except (LookupError, UnicodeDecodeError, TypeError, ValueError):
        return None


def _guess(data: bytes) -> str:
    """Return the text by the likeliest legacy charset."""
    broken = data.decode("utf-8", "replace")
    # A few bad bytes in much good UTF-8 is damage, not another charset.
    multibyte = sum(1 for ch in broken if ord(ch) > 127 and ch != "\ufffd")
    if multibyte > 20 * broken.count("\ufffd"):
        return broken
    if len(data) >= 128:
        # Below that a statistical guess is a coin toss, and Western is the best bet.
        import charset_normalizer

        best = charset_normalizer.from_bytes(data[:_SAMPLE]).best()
        text = None if best is None else _try(data, best.encoding)
        western = _try(data, _DEFAULT)
        if text is not None and (western is None or not _plausible(western)):
            return text
        if western is not None:
            return western
    return data.decode(_DEFAULT, "replace")


def _plausible(text: str) -> bool:
    """Whether the non-ASCII characters look like those of Western text: letters between letters."""
    foreign = [ch for ch in text if ord(ch) > 127]
    letters = sum(ch.isalpha() or ch in _WESTERN_SIGNS for ch in foreign)
    return letters >= 0.9 * len(foreign) and len(foreign) < 0.15 * len(text)
