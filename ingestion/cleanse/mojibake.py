"""Text that was decoded by the wrong charset and stored so, repaired where that is certain.

ftfy, the only importer of which this is, says what the text was. It is asked about a document that
shows what no writer writes ("fÃ©" within a word, "â€™", runs of "ÐŸÑ€"), and its answer is taken
for a block only where nothing but the damaged characters changes, and where the same character
does not stand whole beside the damaged one: such a text is about the damage. Code stays as it is.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingestion.parse.blocks import Block

_SYMBOLS = "\x80-\x9f\xa1-\xaa\xac\xae-\xba\xbc-\xbf"
_QUOTES = (
    "\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019"
    "\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178\xa0\xab\xad\xbb"
)
_NEXT = _SYMBOLS + _QUOTES
_CYRILLIC_NEXT = (
    "\u0402\u0403\u201a\u0453\u201e\u2026\u2020\u2021\u20ac\u2030\u0409\u2039\u040a\u040c\u040b"
    "\u040f\u0452\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u0098\u2122\u0459\u203a\u045a\u045c"
    "\u045b\u045f\xa0\u040e\u045e\u0408\xa4\u0490\xa6\xa7\u0401\xa9\u0404\xab\xac\xad\xae\u0407"
    "\xb0\xb1\u0406\u0456\u0491\xb5\xb6\xb7\u0451\u2116\u0454\xbb\u0458\u0405\u0455\u0457"
)
_SUSPECT = re.compile(f"[\xc2-\xf4][{_NEXT}]|[\u0420\u0421][{_CYRILLIC_NEXT}]")
_WEAK = re.compile(f"[\xc2-\xc5\xce-\xd1][{_SYMBOLS}]")
_IN_WORDS = re.compile(f"[a-z][\xc2-\xc5][{_NEXT}]")
_CERTAIN = re.compile(
    f"[a-z][\xc2-\xc5][{_SYMBOLS}]"  # a capital within a word, and a sign behind it
    f"|[\xc2-\xc5][{_SYMBOLS}][a-z]"
    "|\xe2\x80[\x80-\xbf]|\xe2\x82\xac"  # as Latin-1
    "|\xe2\u20ac[\u2122\u0153\x9d\u201c\u201d\u02dc\xa6\xa2\x93\x94]|\xe2\u201a\xac|\xf0\u0178"
    f"|(?:[\xce\xcf\xd0\xd1][{_NEXT}]){{3,}}"  # Greek and Cyrillic
    f"|(?:[\u0420\u0421][{_CYRILLIC_NEXT}]){{3,}}"
    f"|(?:[\xe3-\xe9][{_NEXT}]{{2}}){{3,}}"  # East Asian
)
_MIN_WEAK = 2
_MIN_IN_WORDS = 3
_PLAUSIBLE = re.compile(
    "[\x00-\x7f\xa0-\u036f\u0386-\u03ce\u0400-\u052f\u1e00-\u1eff"
    "\u2010-\u203a\u2044\u20ac\u2116\u2122\u2190-\u2265]"
    "|[^\x00-\u05ff]{3,}"  # other scripts, where several of their signs stand together
)


def repair(blocks: Sequence[Block]) -> tuple[list[Block], int]:
    """Return the blocks, damage repaired, and how many blocks were."""
    prose = [block for block in blocks if block.kind != "code" and not block.text.isascii()]
    suspects = [block for block in prose if _SUSPECT.search(block.text)]
    if not suspects or not _is_damaged([block.text for block in suspects]):
        return list(blocks), 0
    mended: list[Block] = []
    count = 0
    for block in blocks:
        text = block.text
        if block.kind != "code" and _SUSPECT.search(text):
            text = _repaired(text)
        count += text != block.text
        mended.append(block if text == block.text else replace(block, text=text))
    return mended, count


def repair_line(text: str | None) -> str | None:
    """Return a title repaired by what it shows itself."""
    if text is None or not _SUSPECT.search(text) or not _is_damaged([text]):
        return text
    return _repaired(text)


def _is_damaged(texts: Sequence[str]) -> bool:
    """Whether a document shows what is no writing of anybody's."""
    weak: set[str] = set()
    in_words = 0
    for text in texts:
        if _CERTAIN.search(text):
            return True
        weak.update(_WEAK.findall(text))
        in_words += len(_IN_WORDS.findall(text))
    return len(weak) >= _MIN_WEAK or in_words >= _MIN_IN_WORDS


def _repaired(text: str) -> str:
    """Return the text repaired, or as it is where the repair is not certain."""
    fixed = _fix(text)
    # What was damaged is no longer there; what is there now must be whole, and new.
    gained = Counter(fixed) - Counter(text)
    if any(ch in text for ch in gained if ch.isalpha()):
        return text
    is_whole = "\ufffd" not in fixed and not _PLAUSIBLE.sub("", fixed)
    return fixed if is_whole and _ascii(fixed) == _ascii(text) else text


def _ascii(text: str) -> str:
    return "".join(ch for ch in text if ch < "\x80")


@cache
def _config() -> Any:
    import ftfy

    return ftfy.TextFixerConfig(
        unescape_html=False,
        restore_byte_a0=False,  # it would take a space for a part of a letter
        replace_lossy_sequences=False,
        fix_c1_controls=False,
    )


def _fix(text: str) -> str:
    import ftfy

    return ftfy.fix_encoding(text, _config())
