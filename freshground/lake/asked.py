"""A small sample of the questions that an index is asked: neither their words nor their vectors.

What is kept of a question is the number of its words, their script, how near its best hit was, and
its vector projected at random onto few dimensions: distances between questions survive that, what
was asked does not. Each question draws a random number, and those of a day with the smallest are
kept. So samples of many processes and days join into one in which each question counts alike.
"""

from __future__ import annotations

import base64
import heapq
import random
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

KEPT = 256
"""Questions that are kept of an index and day."""

DIMENSIONS = 32
_LETTERS = 64


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `drawn` is its random number, 0 to 1; `best` the cosine of its best hit.

    `best` is None where a filter decided what could be hit. `sketch` is float16 of shape
    (DIMENSIONS,).
    """

    drawn: float
    words: int
    script: str
    best: float | None
    sketch: np.ndarray

    def as_row(self) -> list[Any]:
        """Return JSON-ready data."""
        sketch = base64.b64encode(self.sketch.astype("<f2").tobytes()).decode()
        return [self.drawn, self.words, self.script, self.best, sketch]

    @classmethod
    def of_row(cls, row: Sequence[Any]) -> Question:
        """Return what `as_row` wrote."""
        drawn, words, script_, best, sketch = row
        return cls(drawn, words, script_, best, np.frombuffer(base64.b64decode(sketch), "<f2"))


class Asked:
    """The samples of one process: what is new since the last time, and what still gets in."""

    def __init__(self) -> None:
        self._random = random.Random()  # noqa: S311 - a sample, no secret
        self._day = ""
        self._drawn: dict[str, list[float]] = {}
        self._new: dict[tuple[str, str], list[Question]] = defaultdict(list)

    def offer(
        self, hour: str, name: str, space: str, text: str, vector: np.ndarray, best: float | None
    ) -> None:
        """Take a question into the sample `name` of its day, if chance wants it."""
        if hour[:8] != self._day:
            self._day, self._drawn = hour[:8], {}
        held = self._drawn.setdefault(name, [])  # negated: the heap's head is the largest
        drawn = self._random.random()
        if len(held) < KEPT:
            heapq.heappush(held, -drawn)
        elif drawn < -held[0]:
            heapq.heapreplace(held, -drawn)
        else:
            return
        sketch = (vector @ _projection(space, len(vector))).astype(np.float16)
        self._new[hour, name].append(Question(drawn, len(text.split()), script(text), best, sketch))

    def take(self) -> dict[tuple[str, str], list[list[Any]]]:
        """Return what got in since the last time, by hour and name, JSON-ready."""
        new, self._new = self._new, defaultdict(list)
        return {key: [question.as_row() for question in found] for key, found in new.items()}


def joined(days: Iterable[Sequence[Question]]) -> list[Question]:
    """Return a sample of all days together, smallest numbers first: any head of it is one too.

    A day of which more was asked than is kept is known only below the largest number kept: beyond
    the smallest of those, days would not count alike.
    """
    found: list[Question] = []
    edge = 1.0
    for day in days:
        kept = sorted(day, key=lambda question: question.drawn)[:KEPT]
        if len(kept) == KEPT:
            edge = min(edge, kept[-1].drawn)
        found += kept
    return sorted((q for q in found if q.drawn <= edge), key=lambda question: question.drawn)


def script(text: str) -> str:
    """Return the script of most letters of a text, as Unicode names it: latin, cyrillic, cjk."""
    letters = [c for c in text if c.isalpha()][:_LETTERS]
    if not letters:
        return "none"
    names = Counter(unicodedata.name(c, "unknown").split()[0].lower() for c in letters)
    return names.most_common(1)[0][0]


@lru_cache(maxsize=8)
def _projection(space: str, dimensions: int) -> np.ndarray:
    """Return the same projection for a space in every process."""
    rng = np.random.default_rng(int(digest("questions", space)[:8], 16))
    wide = rng.standard_normal((dimensions, DIMENSIONS))
    return (wide / np.sqrt(DIMENSIONS)).astype(np.float32)
