"""The exact check of two texts: how much both have, and which facts only one of them states."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from quality.duplicates.words import RUN, runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from quality.duplicates.words import Words


@dataclass(frozen=True, slots=True)
class Alike:
    """How two texts agree. `similarity` is the share of runs that both have, 0 to 1.

    `only_one` and `only_other` count the facts that stand where the other text says something else,
    or nothing, or says them in another order.
    """

    similarity: float
    only_one: int
    only_other: int

    @property
    def same_facts(self) -> bool:
        """Whether both state the same numbers, dates, names and negations, in the same places."""
        return not (self.only_one or self.only_other)


def compare(one: Words, other: Words) -> Alike:
    """Compare two texts, word for word between the runs that stand once in both."""
    first, second = runs(one), runs(other)
    ones, others = np.unique(first), np.unique(second)
    total = len(ones) + len(others)
    both = len(np.intersect1d(ones, others, assume_unique=True))
    similarity = 2 * both / total if total else float(one.words == other.words)
    only_one = only_other = 0
    for begin, end, start, stop in _gaps(first, second):
        # A run reaches over the words behind it.
        mine, yours = slice(begin, end + RUN - 1), slice(start, stop + RUN - 1)
        only_one += _lacking(one, mine, other.words[yours])
        only_other += _lacking(other, yours, one.words[mine])
    return Alike(similarity, only_one, only_other)


def _lacking(words: Words, part: slice, there: tuple[str, ...]) -> int:
    """Return how many facts of a part are not there, at least one if not in their order."""
    told = words.words[part]
    facts = list(compress(told, words.facts[part]))
    if not facts:
        return 0
    lacking = (Counter(facts) - Counter(there)).total()
    if lacking:
        return lacking
    rest = iter(there)
    return 0 if all(fact in rest for fact in facts) else 1


def _gaps(first: np.ndarray, second: np.ndarray) -> Iterator[tuple[int, int, int, int]]:
    """Yield the stretches of runs between those that stand once in both, in the same order."""
    places = _once(first, second)
    rising = _rising(places[1].tolist())
    ends = (len(first), len(second))
    at = (0, 0)
    anchors = zip(places[0][rising].tolist(), places[1][rising].tolist(), strict=True)
    for one, other in (*anchors, ends):
        if (one, other) != at:
            yield at[0], one, at[1], other
        at = (one + 1, other + 1)


def _once(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the places (2, n) of values that stand once in both, in the order of the first."""
    ones, at, count = np.unique(first, return_index=True, return_counts=True)
    ones, at = ones[count == 1], at[count == 1]
    others, to, count = np.unique(second, return_index=True, return_counts=True)
    others, to = others[count == 1], to[count == 1]
    _, mine, yours = np.intersect1d(ones, others, assume_unique=True, return_indices=True)
    places = np.stack([at[mine], to[yours]])
    return places[:, np.argsort(places[0])]


def _rising(values: list[int]) -> list[int]:
    """Return the places of a longest rising sequence among different values."""
    ends: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for place, value in enumerate(values):
        at = bisect_left(tails, value)
        before.append(ends[at - 1] if at else -1)
        ends[at : at + 1] = [place]
        tails[at : at + 1] = [value]
    return _back(ends[-1] if ends else -1, before)


def _back(place: int, before: list[int]) -> list[int]:
    chosen: list[int] = []
    while place >= 0:
        chosen.append(place)
        place = before[place]
    return chosen[::-1]
