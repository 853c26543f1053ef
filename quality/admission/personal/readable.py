"""What of a text the models for names read: the sentences and lines in which a name may stand.

Models cost a thousand times what patterns do. A sentence with no capital but its first, of a word
that stands in small letters elsewhere in the text, is not read; in a text that has next to no
capitals everything is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import NamedTuple

CUT = re.compile(r"\n+|(?<=[^\W_][.!?]) +(?=[^\W\d_])")
"""Where a sentence or a line ends."""

_LETTERS = re.compile(r"[^\W\d_]+")
_SMALL = re.compile(r"(?<![\w@./:’'-])[^\W\d_]+(?![\w@/’'-]|\.\w)")
_WITHIN = re.compile(r"[^\s.!?:>|*#\"“(-]\s+[*_\"“(]*[^\W\d_a-zß-öø-ÿ]")
"""A capital that no sentence begins with, or a letter of a script that has none."""
_MARGIN = re.compile(r"^[>|*#\-\s]+", re.MULTILINE)
"""What stands before a line that is quoted or listed: models take it for part of a name."""
_RARE = 200
"""Letters for each of which a text has a capital, in all but texts without any."""


class Readable(NamedTuple):
    """Text for a model, and where its pieces begin: in it, and in the text that it is of."""

    text: str
    places: list[int]
    origins: list[int]

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Return a span of `text` as a span of the text that it is of."""
        piece = bisect_right(self.places, start) - 1
        last = self.places[piece + 1] if piece + 1 < len(self.places) else len(self.text)
        shift = self.origins[piece] - self.places[piece]
        return start + shift, min(end, last) + shift


def small_words(text: str) -> set[str]:
    """Return the words of a text that stand in small letters, those of addresses left out."""
    return {word for word in _SMALL.findall(text) if word.islower()}


def readable(text: str) -> Readable:
    """Return what models read of a text: characters, no fewer than each piece has."""
    words = _LETTERS.findall(text)
    small = small_words(text)
    capitals = sum(map(str.isupper, text))
    everything = capitals * _RARE < sum(map(len, words))
    pieces: list[str] = []
    places: list[int] = []
    origins: list[int] = []
    start = length = 0
    for end in [*(found.end() for found in CUT.finditer(text)), len(text)]:
        piece = text[start:end]
        if everything or _hopeful(piece, small):
            if not origins or origins[-1] + len(pieces[-1]) != start:
                places.append(length)
                origins.append(start)
                pieces.append(piece)
            else:
                pieces[-1] += piece
            length += len(piece)
        start = end
    return Readable(_MARGIN.sub(_blank, "".join(pieces)), places, origins)


def _blank(margin: re.Match[str]) -> str:
    return "".join(c if c == "\n" else " " for c in margin.group())


def _hopeful(piece: str, small: set[str]) -> bool:
    """Return whether a name may stand in a sentence, given the small words of its text."""
    first = _LETTERS.search(piece)
    if first is None:
        return False
    word = first.group()
    begins = not word[0].islower() and word.lower() not in small
    return begins or _WITHIN.search(piece) is not None
