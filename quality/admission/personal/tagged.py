"""Names, places and parts of addresses, out of words that the tagger gave probabilities."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.matches import Match

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from quality.admission.personal.tagger import Word

_LEAST = 0.4
"""Probability from which a word is of a kind."""
_BESIDE = 0.15
"""The same for a word in capitals right beside one that is a name."""
_SURE = 0.7
"""The same for what has nothing else to show for it: small letters, a street without number."""

_JOINED = re.compile(
    r"[ '’‑-]{0,2}|(?:(?<=\b[^\W\d_])\.)? (?:(?:[A-Z]\.?|van|von|zu|de|der|den|dos|da|di|du|del|"
    r"della|la|le|el|al|bin|ibn|ben|af|av|y|e|\([^\W\d_]+\)|[\"“][^\W\d_]+[\"”]) ){0,3}"
)
"""What stands between the words of one name."""

_FIRM = re.compile(
    r",? (?:Inc|Ltd|LLC|LLP|PLC|Corp|Co|Corporation|Company|GmbH|AG|KG|SE|SA|SARL|SpA|S\.p\.A|"
    r"BV|NV|AB|AS|Oy|Kft|Zrt|Group|Holdings?|Bank|Foundation|University|Institute)\b"
)


class Part(NamedTuple):
    """A part of an address: street, number, place or code, and how sure it is."""

    kind: str
    start: int
    end: int
    sure: float


def people(text: str, words: Sequence[Word]) -> Iterator[Match]:
    """Yield the names of people, in order."""
    for start, end, sure in _runs(text, words):
        if not _FIRM.match(text, end):
            yield Match(
                "personal.name", start, end, 0.75 if sure >= _SURE else 0.6, "recognised by a model"
            )


def _runs(text: str, words: Sequence[Word]) -> Iterator[tuple[int, int, float]]:
    """Yield spans of names and the greatest probability in each."""
    held: tuple[int, int, float] | None = None
    aside: tuple[int, int] | None = None
    small = _small(text)
    for word in words:
        kind, sure = _kind(word)
        least = _SURE if text[word.start].islower() else _LEAST
        named = (
            kind == "name"
            and sure >= least
            and (least == _LEAST or small(word.start))
            and not any(c.isdigit() for c in text[word.start : word.end])
        )
        beside = word.name >= _BESIDE and text[word.start].isupper()
        if not (named or beside):
            if text[word.start].isalnum():
                aside = None
            continue
        near = held is not None and _JOINED.fullmatch(text, held[1], word.start) is not None
        if held is not None and near:
            held = (held[0], word.end, max(held[2], sure if named else 0))
        elif named:
            if held is not None:
                yield held
            start = word.start
            if aside is not None and _JOINED.fullmatch(text, aside[1], start):
                start = aside[0]
            held = (start, word.end, sure)
        aside = (word.start, word.end) if not named and not near else None
    if held is not None:
        yield held


def parts(text: str, words: Sequence[Word]) -> Iterator[Part]:
    """Yield the parts of addresses, and places that belong to none, in order."""
    small = _small(text)
    for word in words:
        kind, sure = _kind(word)
        if kind == "name" or sure < _LEAST or not text[word.start].isalnum():
            continue
        lower = kind == "place" and text[word.start].islower()
        if lower and not (small(word.start) and sure >= _SURE):
            continue
        yield Part(kind, word.start, word.end, sure)


def _kind(word: Word) -> tuple[str, float]:
    """Return the kind that a word most likely is of, and its probability."""
    scored = zip(("name", "street", "number", "place", "code"), word[2:], strict=True)
    return max(scored, key=lambda kind: kind[1])


def _small(text: str) -> Callable[[int], bool]:
    """Return what tells whether the line at a place is written without any capital."""
    seen: dict[int, bool] = {}

    def small(place: int) -> bool:
        start = text.rfind("\n", 0, place) + 1
        if start not in seen:
            end = text.find("\n", place)
            line = text[start : end if end >= 0 else len(text)]
            seen[start] = line == line.lower()
        return seen[start]

    return small
