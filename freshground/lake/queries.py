"""How often each index is asked, how that went, and a sample of it: written in batches, by hour.

A count that a killed process had not written yet is lost: it steers spare capacity, and judges
canaries by the rest.
"""

from __future__ import annotations

import json
import math
import threading
import uuid
from collections import Counter, defaultdict
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.lake.asked import Asked, Question, joined

if TYPE_CHECKING:
    from datetime import date

    import numpy as np

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

FLUSH_AFTER = 1_000
FLUSH_EVERY = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_OUTCOMES = "@outcomes"  # no index has such an id
_ASKED = "@asked"


@dataclass(slots=True)
class Tally:
    """How queries went. `empty` are answers without a hit; times are logarithms of seconds."""

    queries: int = 0
    errors: int = 0
    empty: int = 0
    log_seconds: float = 0.0
    log_seconds_squared: float = 0.0

    @property
    def answered(self) -> int:
        """Queries that got an answer."""
        return self.queries - self.errors

    def add(self, seconds: float | None, *, empty: bool = False) -> None:
        """Count one query: the time that its answer took, or None when it got none."""
        self.queries += 1
        if seconds is None:
            self.errors += 1
            return
        log = math.log(max(seconds, 1e-6))
        self.empty += empty
        self.log_seconds += log
        self.log_seconds_squared += log * log

    def merge(self, other: Tally) -> None:
        """Add another tally's counts."""
        for name in Tally.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class QueryCounts:
    """The counts of one lake, for many threads. `flush` before the process ends."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._waiting: Counter[tuple[str, str]] = Counter()
        self._outcomes: dict[tuple[str, str], Tally] = {}
        self._asked = Asked()
        self._lock = threading.Lock()
        self._flushed = clock.now()

    def add(self, index: str) -> None:
        """Count one query. What is counted is written now and then."""
        now = self._clock.now()
        with self._lock:
            self._waiting[_hour(now), index] += 1
            full = self._waiting.total() >= FLUSH_AFTER or now - self._flushed >= FLUSH_EVERY
        if full:
            self.flush()

    def outcome(
        self, index: str, candidate: str, arm: str, seconds: float | None, *, empty: bool = False
    ) -> None:
        """Count how a query went while a canary runs; `arm` is canary or live."""
        key = (_hour(self._clock.now()), f"{index}/{candidate}/{arm}")
        with self._lock:
            self._outcomes.setdefault(key, Tally()).add(seconds, empty=empty)

    def outcomes(self, index: str, candidate: str, since: datetime) -> dict[str, Tally]:
        """Return how queries of both arms went beside a canary that began at `since`."""
        found = {"canary": Tally(), "live": Tally()}
        hour, now = since.astimezone(UTC), self._clock.now().astimezone(UTC)
        while _hour(hour) <= _hour(now):
            for path in self._files.list(f"queries/{_hour(hour)}"):
                told = json.loads(self._files.get(path) or b"{}").get(_OUTCOMES, {})
                for arm, tally in found.items():
                    tally.merge(Tally(*told.get(f"{index}/{candidate}/{arm}", ())))
            hour += _HOUR
        for arm, tally in found.items():
            for (_, key), waiting in list(self._outcomes.items()):
                if key == f"{index}/{candidate}/{arm}":
                    tally.merge(waiting)
        return found

    def question(
        self, index: str, space: str, text: str, vector: np.ndarray, best: float | None
    ) -> None:
        """Offer a question to the sample of its index, embedding space and day."""
        name = f"{index}/{space}"
        with self._lock:
            self._asked.offer(_hour(self._clock.now()), name, space, text, vector, best)

    def questions(self, index: str, space: str, first: date, last: date) -> list[Question]:
        """Return a sample of what was asked on some days in UTC, as far as it was flushed."""
        days: dict[str, list[Question]] = defaultdict(list)
        for path in self._files.list("queries"):
            day = path.split("/")[1][:8]
            if f"{first:%Y%m%d}" <= day <= f"{last:%Y%m%d}":
                told = json.loads(self._files.get(path) or b"{}").get(_ASKED, {})
                days[day] += map(Question.of_row, told.get(f"{index}/{space}", ()))
        return joined(days.values())

    def flush(self) -> None:
        """Write what was counted since the last time, a small file an hour."""
        with self._lock:
            counts, self._waiting = self._waiting, Counter()
            outcomes, self._outcomes = self._outcomes, {}
            asked = self._asked.take()
            self._flushed = self._clock.now()
        hours: dict[str, dict[str, Any]] = {}
        for (hour, index), count in counts.items():
            hours.setdefault(hour, {})[index] = count
        for (hour, key), tally in outcomes.items():
            hours.setdefault(hour, {}).setdefault(_OUTCOMES, {})[key] = astuple(tally)
        for (hour, name), rows in asked.items():
            hours.setdefault(hour, {}).setdefault(_ASKED, {})[name] = rows
        for hour, by_index in hours.items():
            name = f"queries/{hour}/{uuid.uuid4().hex}.json"
            self._files.put(name, json.dumps(by_index).encode())

    def per_hour(self, index: str, over: timedelta) -> float:
        """Return queries an hour over the last time, the hour that is running included."""
        now = self._clock.now().astimezone(UTC)
        hours = max(1, round(over / _HOUR))
        total = sum(
            json.loads(self._files.get(path) or b"{}").get(index, 0)
            for back in range(hours)
            for path in self._files.list(f"queries/{now - back * _HOUR:%Y%m%dT%H}")
        )
        total += sum(n for (_, name), n in list(self._waiting.items()) if name == index)
        return total / hours

    def forget(self, before: datetime) -> None:
        """Delete the counts of hours that ended before a moment."""
        edge = before.astimezone(UTC).strftime("%Y%m%dT%H")
        self._files.delete([p for p in self._files.list("queries") if p.split("/")[1] < edge])


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H")
