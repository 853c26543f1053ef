"""The sentences of a document, as far as looking for orders in them needs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_SENTENCE = 1_000
"""Longer runs without an end are looked at in pieces of so many characters."""

# A sentence ends at a mark before a blank or a capital letter (mail flattened to one line often
# has "email.If"), at a full-width mark, and at the end of a line, unless the line is wrapped: its
# next one goes on in small letters.
_END = re.compile(
    r"(?:[.!?\u2026]+(?=\s|$|(?<=[a-z\d)\"'][.!?])[A-Z\u00c0-\u00de])"
    # After a quotation that ends so, small letters go on with the sentence.
    r"|[.!?\u2026]+[\"'\u201d\u2019)\]]+(?=\s+[^\sa-z\u00df-\u00ff]|\s*$|[A-Z\u00c0-\u00de])"
    r"|[\u3002\uff01\uff1f\u0964]|\n(?!\s*[a-z\u00df-\u00ff])|\n\s*\n|\|)\s*"
)


_MARK = re.compile(r"[.!?\u2026\u3002\uff01\uff1f\u0964\n|]")
"""What an end begins with: a set of characters is found ten times as fast as alternatives."""

WRAPPED = re.compile(r"\n\s*[a-z\u00df-\u00ff]")


class Sentence(NamedTuple):
    """A sentence of a document: a span of its text, and the kind of element that it stands in."""

    text: str
    start: int
    end: int
    kind: str = "text"


def split(text: str, start: int = 0, kind: str = "text") -> Iterator[Sentence]:
    """Yield the sentences of a text that begins at `start` of its document, without margins."""
    last = 0
    for end in ends(text):
        # The mark itself belongs to its sentence, for a question is known by it.
        yield from _pieces(text, last, end, start, kind)
        last = end
    yield from _pieces(text, last, len(text), start, kind)


def around(text: str, place: int, first: int, last: int, kind: str = "text") -> Sentence | None:
    """Return the sentence that has the character at `place`, within first and last, or None."""
    low, high = max(first, place - MAX_SENTENCE // 2), min(last, place + MAX_SENTENCE // 2)
    # Most sentences begin on a line of their own, and the search is short from there.
    cut = text.rfind("\n", low, place)
    while cut >= 0 and WRAPPED.match(text, cut):
        cut = text.rfind("\n", low, cut)
    low = max(low, cut + 1)
    window, begins = text[low:high], 0
    for end in ends(window):
        if low + end > place:
            return _holding(place, _pieces(window, begins, end, low, kind))
        begins = end
    return _holding(place, _pieces(window, begins, len(window), low, kind))


def ends(text: str) -> Iterator[int]:
    """Yield where sentences end, behind the blanks that follow."""
    mark = _MARK.search(text)
    while mark:
        end = _END.match(text, mark.start())
        if end:
            yield end.end()
        mark = _MARK.search(text, end.end() if end else mark.end())


def _holding(place: int, sentences: Iterator[Sentence]) -> Sentence | None:
    return next((found for found in sentences if found.start <= place < found.end), None)


def _pieces(text: str, first: int, last: int, start: int, kind: str) -> Iterator[Sentence]:
    for low in range(first, last, MAX_SENTENCE):
        piece = text[low : min(low + MAX_SENTENCE, last)]
        bare = piece.strip(" \t\r\n|")
        if bare:
            left = low + piece.index(bare)
            yield Sentence(bare, start + left, start + left + len(bare), kind)
