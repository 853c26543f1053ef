"""How often each index is asked: counted in memory, written in batches, by index and hour.

A count that a killed process had not written yet is lost: it steers spare capacity, nothing else.
"""

from __future__ import annotations

import json
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

FLUSH_AFTER = 1_000
_HOUR = timedelta(hours=1)


class QueryCounts:
    """The counts of one lake. `flush` before the process ends."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._waiting: Counter[tuple[str, str]] = Counter()

    def add(self, index: str) -> None:
        """Count one query."""
        hour = self._clock.now().astimezone(UTC).strftime("%Y%m%dT%H")
        self._waiting[hour, index] += 1
        if self._waiting.total() >= FLUSH_AFTER:
            self.flush()

    def flush(self) -> None:
        """Write what was counted since the last time, a small file an hour."""
        counts, self._waiting = self._waiting, Counter()
        hours: dict[str, dict[str, int]] = {}
        for (hour, index), count in counts.items():
            hours.setdefault(hour, {})[index] = count
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
        total += sum(n for (_, name), n in self._waiting.items() if name == index)
        return total / hours

    def forget(self, before: datetime) -> None:
        """Delete the counts of hours that ended before a moment."""
        edge = before.astimezone(UTC).strftime("%Y%m%dT%H")
        self._files.delete([p for p in self._files.list("queries") if p.split("/")[1] < edge])
