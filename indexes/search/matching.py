"""Which rows a full-text query matches, and with what BM25: over the segments of a snapshot.

What a word, a phrase or a prefix means is said, and judged, by `indexes.search.plain`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.engines.bm25 import K1, SIMPLE, B, analyzer
from indexes.search.analysis import segmented, surface, units
from indexes.search.postings import row_of_place
from indexes.search.text import AllOf, AnyOf, Everything, Except, Phrase, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexes.search.definition import Definition
    from indexes.search.postings import Postings
    from indexes.search.segment import Segment
    from indexes.search.text import TextQuery


@dataclass(frozen=True, slots=True)
class FieldStatistics:
    """What BM25 needs of one field of a snapshot.

    `rows` are its live rows. `live`: those of each segment, None for all. `norms` float32: for
    each row of each segment, k1 * (1 - b + b * length / mean length).
    """

    postings: Sequence[Postings]
    live: Sequence[np.ndarray | None]
    rows: int
    norms: Sequence[np.ndarray]


def statistics(
    path: str, segments: Sequence[Segment], live: Sequence[np.ndarray | None]
) -> FieldStatistics:
    """Return a field's statistics over the live rows of segments."""
    held = [segment.texts[path] for segment in segments]
    rows = sum(
        segment.rows if mask is None else int(np.count_nonzero(mask))
        for segment, mask in zip(segments, live, strict=True)
    )
    total = sum(
        int((p.lengths if mask is None else p.lengths[mask]).sum(dtype=np.int64))
        for p, mask in zip(held, live, strict=True)
    )
    mean = total / rows if total else 1.0
    norms = [(K1 * (1 - B + B / mean * p.lengths)).astype(np.float32) for p in held]
    return FieldStatistics(held, live, rows, norms)


class Matches:
    """Rows that match, and their scores: a bool and a float64 for each row of each segment."""

    __slots__ = ("found", "scores")

    def __init__(self, sizes: Sequence[int]) -> None:
        self.found = [np.zeros(size, bool) for size in sizes]
        self.scores = [np.zeros(size) for size in sizes]

    def add(self, segment: int, rows: np.ndarray, scores: np.ndarray) -> None:
        """Add a part's score to rows, none of which stands twice."""
        self.found[segment][rows] = True
        self.scores[segment][rows] += scores


class Matcher:
    """Evaluates queries against some fields, each with its boost."""

    def __init__(
        self,
        definition: Definition,
        sizes: Sequence[int],
        fields: Mapping[str, tuple[float, FieldStatistics]],
    ) -> None:
        self._sizes = sizes
        self._fields = fields
        self._names = {path: definition.paths[path].analyzer for path in fields}

    def evaluate(self, query: TextQuery) -> Matches | None:
        """Return what matches; None when the query asks for nothing."""
        match query:
            case Everything():
                matches = Matches(self._sizes)
                for found, scores in zip(matches.found, matches.scores, strict=True):
                    found[:] = True
                    scores[:] = 1.0
                return matches
            case Words(text, every):
                return self._words(text, every=every)
            case Phrase(text):
                matches = Matches(self._sizes)
                return matches if self._phrase(text, matches) else None
            case Prefix(text):
                return self._prefix(text)
            case Except(part):
                matches = self.evaluate(part)
                if matches is not None:
                    matches.found = [~found for found in matches.found]
                    matches.scores = [np.zeros(size) for size in self._sizes]
                return matches
            case AllOf(parts) | AnyOf(parts):
                told = [found for part in parts if (found := self.evaluate(part)) is not None]
                return _joined(told, every=isinstance(query, AllOf)) if told else None

    def _words(self, text: str, *, every: bool) -> Matches | None:
        words = units(text, self._names.values())
        if every:
            told = []
            for word in words:
                matches = Matches(self._sizes)
                if self._phrase(word, matches):
                    told.append(matches)
            return _joined(told, every=True) if told else None
        matches = Matches(self._sizes)
        # A list: each word is looked for, whatever the others found.
        asked = [self._phrase(word, matches) for word in words]
        return matches if any(asked) else None

    def _phrase(self, text: str, into: Matches) -> bool:
        """Add the rows that hold a run of terms; return whether any field makes terms of it."""
        asked = False
        for path, (boost, field) in self._fields.items():
            terms = analyzer(self._names[path] or SIMPLE).terms(text)
            if terms:
                asked = True
                _bm25(field, terms, boost, into)
        return asked

    def _prefix(self, text: str) -> Matches | None:
        begin = surface(text)
        if not begin:
            return None
        matches = Matches(self._sizes)
        for path, (_, field) in self._fields.items():
            name = self._names[path]
            if segmented(name) and len(analyzer(str(name)).cut(text)) > 1:
                _bm25(field, analyzer(str(name)).terms(text), 1.0, matches)
            for found, held in zip(matches.found, field.postings, strict=True):
                found[held.spelt(begin)[1]] = True
        matches.scores = [found.astype(np.float64) for found in matches.found]
        return matches


def _bm25(field: FieldStatistics, terms: list[str], boost: float, into: Matches) -> None:
    """Add BM25 of a run of terms that counts as one word, of the idf of all its terms."""
    words = [[held.words_of(term) for held in field.postings] for term in terms]
    if len(terms) == 1:
        counted = [
            held.counted(of) if of else None
            for held, of in zip(field.postings, words[0], strict=True)
        ]
        idf = _idf(_holding(field, counted), field.rows)
    else:
        idf = 0.0
        for of_term in words:
            each = [
                held.counted(of) if of else None
                for held, of in zip(field.postings, of_term, strict=True)
            ]
            idf += _idf(_holding(field, each), field.rows)
        counted = [
            _runs([held.placed(of[n]) for of in words]) if all(of[n] for of in words) else None
            for n, held in enumerate(field.postings)
        ]
    weight = boost * idf * (K1 + 1)
    for n, found in enumerate(counted):
        if found is not None and len(found[0]):
            rows, counts = found
            into.add(n, rows, weight * (counts / (counts + field.norms[n][rows])))


def _holding(
    field: FieldStatistics, counted: Sequence[tuple[np.ndarray, np.ndarray] | None]
) -> int:
    """Return the number of live rows among those found."""
    return sum(
        len(found[0]) if live is None else int(np.count_nonzero(live[found[0]]))
        for found, live in zip(counted, field.live, strict=True)
        if found is not None
    )


def _idf(holding: int, rows: int) -> float:
    return math.log(1 + (rows - holding + 0.5) / (holding + 0.5))


def _runs(placed: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return rows in which terms stand side by side, and how often, float32."""
    shifted = sorted((places - n for n, places in enumerate(placed)), key=len)
    starts = shifted[0]
    for others in shifted[1:]:
        at = np.searchsorted(others, starts)
        starts = starts[np.append(others, -1)[at] == starts]
    rows, counts = np.unique(row_of_place(starts), return_counts=True)
    return rows, counts.astype(np.float32)


def _joined(parts: list[Matches], *, every: bool) -> Matches:
    join = np.logical_and if every else np.logical_or
    first = parts[0]
    for other in parts[1:]:
        for n in range(len(first.found)):
            join(first.found[n], other.found[n], out=first.found[n])
            first.scores[n] += other.scores[n]
    return first
