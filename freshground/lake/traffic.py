"""How queries go, by index and minute: how many, how many failed or found nothing, how long.

A process keeps one file an hour, `traffic/<day>/<hour>-<random name>.json`, and writes it anew with
what came since. Times are counted in classes a tenth apart: a percentile is within 5% of the true
one. Days that are over are folded into one file each, by the hour. What a killed process had not
written yet is lost, at most what came within `FLUSH_EVERY`.
"""

from __future__ import annotations

import json
import math
import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.errors import FreshgroundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

FLUSH_EVERY = timedelta(minutes=2)
"""A service writes each minute by itself; other processes when they count, and at their end."""

FOLD_AFTER = timedelta(days=2)
STEP = 1.1
"""A class of times holds those up to so many times its least; its middle is at most 4.9% off."""

LEAST_S = 1e-5
"""Shorter times count as this, in seconds."""

_FOLDER = "traffic"
_FOLDED = "all.json"
_LOG_STEP = math.log(STEP)
_KEPT = 512
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


@dataclass(slots=True)
class Traffic:
    """How the queries of a time went. `empty` are answers without a hit; `times` counts classes."""

    queries: int = 0
    errors: int = 0
    empty: int = 0
    times: dict[int, int] = field(default_factory=dict)

    @property
    def answered(self) -> int:
        """Queries that got an answer."""
        return self.queries - self.errors

    @property
    def empty_share(self) -> float | None:
        """The share of answers without a hit, 0 to 1; None without an answer."""
        return self.empty / self.answered if self.answered else None

    @property
    def error_share(self) -> float | None:
        """The share of queries that got no answer, 0 to 1; None without a query."""
        return self.errors / self.queries if self.queries else None

    @property
    def p50_s(self) -> float | None:
        """The median time of an answer, in seconds; None without one."""
        return self.percentile(50)

    @property
    def p95_s(self) -> float | None:
        """The 95th percentile of the time of an answer, in seconds; None without one."""
        return self.percentile(95)

    def percentile(self, percent: float) -> float | None:
        """Return the time in seconds that `percent` (0 to 100) of answers took at most, +-5%."""
        left = max(1, math.ceil(sum(self.times.values()) * percent / 100))
        for bucket, count in sorted(self.times.items()):
            left -= count
            if left <= 0:
                return STEP ** (bucket + 0.5)
        return None

    def merge(self, other: Traffic) -> None:
        """Add what another one counts."""
        self.queries += other.queries
        self.errors += other.errors
        self.empty += other.empty
        for bucket, count in other.times.items():
            self.times[bucket] = self.times.get(bucket, 0) + count

    def as_row(self) -> list[Any]:
        """Return JSON-ready data."""
        return [self.queries, self.errors, self.empty, self.times]

    @classmethod
    def of_row(cls, row: list[Any]) -> Traffic:
        """Return what `as_row` gave, as JSON keeps it."""
        queries, errors, empty, times = row
        return cls(queries, errors, empty, {int(k): count for k, count in times.items()})


Minutes = dict[tuple[str, int], Traffic]
"""By index, and by minute of the day in UTC."""


class TrafficCounts:
    """The traffic of one lake. Safe for threads. `flush` before the process ends."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._hours: dict[str, Minutes] = {}
        self._paths: dict[str, str] = {}
        self._changed: set[str] = set()
        self._read: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._flushed = clock.now()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def add(self, index: str, seconds: float, hits: int, *, error: bool = False) -> None:
        """Count one query: the time it took, and its hits; `error`: it got no answer."""
        now = self._clock.now()
        hour = f"{now:%Y%m%dT%H}"
        with self._lock:
            minutes = self._hours.get(hour)
            if minutes is None:
                minutes = self._hours[hour] = {}
                self._paths[hour] = f"{_FOLDER}/{hour[:8]}/{hour[9:]}-{uuid.uuid4().hex}.json"
            key = (index, now.hour * 60 + now.minute)
            cell = minutes.get(key)
            if cell is None:
                cell = minutes[key] = Traffic()
            cell.queries += 1
            if error:
                cell.errors += 1
            else:
                cell.empty += not hits
                bucket = math.floor(math.log(max(seconds, LEAST_S)) / _LOG_STEP)
                cell.times[bucket] = cell.times.get(bucket, 0) + 1
            self._changed.add(hour)
            late = now - self._flushed >= FLUSH_EVERY
        if late:
            self.flush()

    def flush(self) -> None:
        """Write what came since the last time."""
        with self._writing:  # one writer at a time: an older state must not replace a newer one
            with self._lock:
                self._flushed = self._clock.now()
                changed, self._changed = sorted(self._changed), set()
                bodies = {hour: _dump(self._hours[hour]) for hour in changed}
            for done, (hour, body) in enumerate(bodies.items()):
                try:
                    self._files.put(self._paths[hour], body)
                except FreshgroundError:
                    with self._lock:
                        self._changed.update(changed[done:])
                    raise
            this = f"{self._flushed:%Y%m%dT%H}"
            with self._lock:
                for hour in [h for h in self._hours if h < this and h not in self._changed]:
                    # What is counted for that hour yet, should the clock go back, is another file.
                    del self._hours[hour], self._paths[hour]

    def over(self, index: str, since: datetime, until: datetime) -> Traffic:
        """Return how the queries of the minutes went that began from `since` to `until`.

        Of days that were folded whole hours count.
        """
        found = Traffic()
        for _, cell in self._cells(index, since, until):
            found.merge(cell)
        return found

    def series(
        self, index: str, since: datetime, step: timedelta
    ) -> list[tuple[datetime, Traffic]]:
        """Return the traffic of each step from `since` until now, by its beginning."""
        now = self._clock.now()
        found = [Traffic() for _ in range(math.ceil((now - since) / step) or 1)]
        for at, cell in self._cells(index, since, now):
            found[min((at - since) // step, len(found) - 1)].merge(cell)
        return [(since + place * step, cell) for place, cell in enumerate(found)]

    def forget(self, before: datetime) -> None:
        """Delete the traffic of days before a moment's."""
        edge = f"{before.astimezone(UTC):%Y%m%d}"
        self._files.delete([p for p in self._files.list(_FOLDER) if p.split("/")[1] < edge])

    def fold(self) -> None:
        """Put the files of each day that is over for long into one, hour by hour.

        The first that does so counts: it names what is in it, and that is then deleted, so that
        neither a second process nor one that was killed in between counts anything twice.
        """
        edge = f"{self._clock.now().astimezone(UTC) - FOLD_AFTER:%Y%m%d}"
        days: dict[str, list[str]] = {}
        for path in self._files.list(_FOLDER):
            day = path.split("/")[1]
            if day < edge:
                days.setdefault(day, []).append(path)
        for day, paths in days.items():
            whole = f"{_FOLDER}/{day}/{_FOLDED}"
            parts = [path for path in paths if path != whole]
            if not parts:
                continue
            if whole not in paths:
                hours: Minutes = {}
                for path in parts:
                    for (index, minute), cell in _minutes(self._load(path)).items():
                        hours.setdefault((index, minute // 60 * 60), Traffic()).merge(cell)
                self._files.put_new(whole, _dump(hours, of=parts))
            self._files.delete(self._load(whole).get("of", []))

    def _cells(
        self, index: str, since: datetime, until: datetime
    ) -> Iterator[tuple[datetime, Traffic]]:
        since, until = since.astimezone(UTC), until.astimezone(UTC)
        day = since.replace(hour=0, minute=0, second=0, microsecond=0)
        with self._lock:
            own = {self._paths[hour]: dict(cells) for hour, cells in self._hours.items()}
        while day <= until:
            name = f"{day:%Y%m%d}"
            paths = {*self._files.list(f"{_FOLDER}/{name}")}
            paths |= {path for path in own if path.startswith(f"{_FOLDER}/{name}/")}
            whole = f"{_FOLDER}/{name}/{_FOLDED}"
            gone = self._load(whole).get("of", []) if whole in paths else ()
            for path in sorted(paths.difference(gone)):
                if path != whole and not _within(path, day, since, until):
                    continue
                cells = own.get(path)
                for (of, minute), cell in (
                    _minutes(self._load(path)) if cells is None else cells
                ).items():
                    at = day + timedelta(minutes=minute)
                    if of == index and since <= at <= until:
                        yield at, cell
            day += _DAY

    def _load(self, path: str) -> dict[str, Any]:
        """Return a file's body; of an hour that is long over it is read once."""
        kept = self._read.get(path)
        if kept is not None:
            return kept
        body = json.loads(self._files.get(path) or b"{}")
        _, day, name = path.split("/")
        hour = f"{day}T{23 if name == _FOLDED else name[:2]}"
        if body and hour < f"{self._clock.now().astimezone(UTC) - _HOUR:%Y%m%dT%H}":
            self._read[path] = body
            while len(self._read) > _KEPT:
                self._read.popitem(last=False)
        return body


def _within(path: str, day: datetime, since: datetime, until: datetime) -> bool:
    start = day + int(path.rsplit("/", 1)[1][:2]) * _HOUR
    return start <= until and start + _HOUR > since


def _minutes(body: dict[str, Any]) -> Minutes:
    return {
        (index, int(minute)): Traffic.of_row(row)
        for index, minutes in body.get("minutes", {}).items()
        for minute, row in minutes.items()
    }


def _dump(cells: Minutes, **more: Any) -> bytes:
    minutes: dict[str, dict[int, Any]] = {}
    for (index, minute), cell in cells.items():
        minutes.setdefault(index, {})[minute] = cell.as_row()
    return json.dumps({"minutes": minutes, **more}, ensure_ascii=False).encode()
