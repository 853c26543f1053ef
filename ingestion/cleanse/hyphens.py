"""Line breaks of printed pages: lines become running text, divided words become whole again.

A hyphen at a line's end may belong to the word ("well-known") or to the line. It is dropped only
where the document itself shows the word whole, or where a soft hyphen says so; else it stays.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingestion.parse.blocks import Block

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_END = re.compile("[-\u2010\xad]\n")
"""What all divided words and numbers have; the patterns below cost more to search for."""
_BROKEN = re.compile("(?<![^\\W\\d_])([^\\W\\d_]++)(-|\u2010|\xad)\n[^\\S\n]*([^\\W\\d_]+)")


_NUMBERED = re.compile("(?<=\\d-)\n[^\\S\n]*(?=\\w)|(?<=\\w-)\n[^\\S\n]*(?=\\d)")
_OPEN_END = re.compile(r"(?:[^\W\d_][,-]?|[,)])\Z")
_MIN_OPEN = 30
_MAX_ASIDE = 4


def rejoin(blocks: Sequence[Block]) -> list[Block]:
    """Join paragraphs that a page or column break cut: no full stop before, no capital after.

    The joined block keeps the page on which it begins. Footnotes and captions in between stay
    behind it: they stand at the end of a column, in the middle of its sentence.
    """
    joined: list[Block] = []
    parts: dict[int, list[str]] = {}
    for block in blocks:
        place = _text_before(joined) if block.wrapped and block.kind == "text" else -1
        last = joined[place] if place >= 0 else None
        if (
            last is not None
            and last.wrapped
            and last.kind in {"text", "list_item"}
            and len(last.text) >= _MIN_OPEN
            and _OPEN_END.search(parts.get(place, [last.text])[-1].rstrip()[-2:])
            and block.text.lstrip()[:1].islower()
        ):
            parts.setdefault(place, [last.text]).append(block.text)
        else:
            joined.append(block)
    for place, texts in parts.items():
        joined[place] = replace(joined[place], text="\n".join(texts))
    return joined


def _text_before(blocks: Sequence[Block]) -> int:
    """Return the place of the last block that is no footnote or caption, -1 where there is none."""
    for place in range(len(blocks) - 1, max(-1, len(blocks) - _MAX_ASIDE - 2), -1):
        if blocks[place].kind not in {"footnote", "caption"}:
            return place
    return -1


def vocabulary(texts: Iterable[str]) -> Counter[str]:
    """Count the words, hyphenated ones as one, in lower case, leaving out divided ones."""
    words: Counter[str] = Counter()
    for text in texts:
        whole = _BROKEN.sub(" ", text) if _END.search(text) else text
        words.update(_WORD.findall(whole.lower()))
    return words


def unwrap(text: str, words: Counter[str]) -> str:
    """Return `text` with its line breaks resolved, given the document's `vocabulary`."""
    if not _END.search(text):
        return text.replace("\n", " ")

    def whole(match: re.Match[str]) -> str:
        left, hyphen, right = match.groups()
        if hyphen == "\xad":
            return left + right
        joined, kept = (left + right).lower(), f"{left}-{right}".lower()
        if right[0].islower() and words[joined] > words[kept]:
            return left + right
        return f"{left}-{right}"

    previous = None
    while previous != text:
        # A word can be divided twice, and matches do not overlap.
        previous, text = text, _BROKEN.sub(whole, text)
    # A hyphen beside a digit belongs to the number: "AB-1234", "10-12", "24-hour".
    return _NUMBERED.sub("", text).replace("\n", " ")
