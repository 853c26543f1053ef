"""What an index's past says of its freshness, for a process that asks again and again.

What has been read stays in the context's memory, and only what is new is read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.clock import parse_iso
from indexes import publications

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freshground.lake.journal import Entry
    from freshground.service.context import Context
    from quality.freshness.budget import Step

SETTLED = timedelta(days=2)
"""After so long no row comes any more that bears a time: it is written when its run ends."""

_MICROSECOND = timedelta(microseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def first_published(context: Context, index_id: str) -> dict[str, datetime]:
    """Return when each candidate of an index was first served, oldest first."""
    found: dict[str, datetime] = {}
    for pointer in context.lake.pointers.history(index_id):
        at = parse_iso(pointer.at)
        if at is not None:
            found.setdefault(pointer.candidate, at)
    return found


def as_of_steps(context: Context, index_id: str) -> list[Step]:
    """Return when the as-of of what an index serves moved, and to what, oldest first."""
    key = ("as_of_steps", index_id)
    edge, settled = context.memory.get(key, (None, _Steps()))
    rows = context.lake.journal.entries("release", "confirmation", subject=index_id, since=edge)
    moved = context.clock.now() - SETTLED
    if edge is None or moved > edge:
        settled = settled.with_rows(row for row in rows if row.at < moved)
        context.memory[key] = (moved, settled)
        edge = moved
    return settled.with_rows(row for row in rows if row.at >= edge).steps


class _Steps:
    """Steps, and the newest as-of that each release has reached."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._reached: dict[int, datetime | None] = {}

    def with_rows(self, rows: Iterable[Entry]) -> _Steps:
        """Return these steps and those of later rows."""
        made = _Steps()
        made.steps, made._reached = [*self.steps], {**self._reached}
        for entry in rows:
            release = entry.body["release"]
            told = parse_iso(entry.body.get("as_of"))
            if told is not None:
                # A rollback tells no as-of: it is what the release had when it was left.
                made._reached[release] = max(told, made._reached.get(release) or told)
            made.steps.append((entry.at, made._reached.get(release)))
        return made


@dataclass(frozen=True)
class Changes:
    """Changes that an index has published; one a place. Times are microseconds.

    `source` and `candidate` are numbers of `sources` and `candidates`; `published` is since 1970;
    `lag` from when the change could be seen, `took` from the start of its listing.
    """

    sources: tuple[str, ...]
    candidates: tuple[str, ...]
    source: np.ndarray
    candidate: np.ndarray
    published: np.ndarray
    lag: np.ndarray
    took: np.ndarray

    def lags(self, since: datetime, source_id: str | None = None) -> Lags:
        """Return the lags of what was published from a moment on: of a source, or of all."""
        chosen = self.published >= _microseconds(since)
        if source_id is not None:
            number = self.sources.index(source_id) if source_id in self.sources else -1
            chosen &= self.source == number
        return Lags(np.sort(self.lag[chosen]))


@dataclass(frozen=True)
class Lags:
    """Freshness lags in microseconds, sorted."""

    values: np.ndarray

    def __len__(self) -> int:
        return len(self.values)

    def percentile(self, percent: float) -> float | None:
        """Return the least lag in seconds that at least `percent` (0 to 100) do not exceed."""
        if not len(self.values):
            return None
        rank = math.ceil(len(self.values) * percent / 100)
        return int(self.values[max(rank, 1) - 1]) / 1e6

    def lengths(self) -> list[timedelta]:
        """Return them as lengths of time."""
        return [timedelta(microseconds=value) for value in self.values.tolist()]

    def up_to(self, ends_s: Iterable[float]) -> list[int]:
        """Return how many are in each class, by their upper ends in seconds; the last has none."""
        places = np.searchsorted(self.values, [end * 1e6 for end in ends_s], side="right")
        return np.diff([0, *places, len(self.values)]).tolist()


def changes(context: Context, index_id: str) -> Changes:
    """Return all changes that an index has published, as far as its pointers are kept."""
    published = first_published(context, index_id)
    newest = next(reversed(published), "")
    version = (context.lake.publications.version, len(published), newest)
    key = ("changes", index_id)
    kept = context.memory.get(key)
    if kept is None or kept[0] != version:
        kept = context.memory[key] = (version, _read(context, index_id, published))
    return kept[1]


def _read(context: Context, index_id: str, published: Mapping[str, datetime]) -> Changes:
    table = publications.columns(context.lake, index_id)
    names = table.column("candidate").to_pylist()
    candidates = tuple(published)
    numbers = {name: place for place, name in enumerate(candidates)}
    candidate = np.array([numbers.get(name, -1) for name in names], dtype=np.int64)
    served = candidate >= 0
    candidate = candidate[served]
    times = np.array([_microseconds(at) for at in published.values()], dtype=np.int64)
    at = times[candidate] if len(candidate) else candidate
    own = table.column("source_id").to_pylist()
    sources = tuple(sorted(set(own)))
    places = {name: place for place, name in enumerate(sources)}
    since = table.column("since").to_numpy()[served]
    listed = table.column("listed_at").to_numpy()[served]
    source = np.array([places[name] for name in own], dtype=np.int64)[served]
    return Changes(sources, candidates, source, candidate, at, at - since, at - listed)


def _microseconds(at: datetime) -> int:
    return (at - _EPOCH) // _MICROSECOND
