"""What each caller has used: requests, tokens and milliseconds, by day in UTC.

A process keeps one file a day, `usage/<day>/<random name>.json`, and writes it anew with what came
since: as many files as processes, however long they run. What a killed process had not written yet
is lost, at most what came within `FLUSH_EVERY`.
"""

from __future__ import annotations

import json
import threading
import uuid
from dataclasses import astuple, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from freshground.core.errors import FreshgroundError

if TYPE_CHECKING:
    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

FLUSH_EVERY = timedelta(minutes=1)
CALLERS = 10_000
"""Callers that are told apart in a day and process; those that come later are one."""

OTHERS = "(others)"
BYTES_A_TOKEN = 4
"""How tokens are counted: bytes of UTF-8 by four, about what tiktoken makes of English text."""

_FOLDER = "usage"


@dataclass(slots=True)
class Used:
    """What was used. Tokens are estimates: `tokens_in` of queries, `tokens_out` of answers."""

    requests: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    milliseconds: float = 0.0

    def add(self, other: Used) -> None:
        """Add what another one says."""
        for name in Used.__slots__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


class Usage:
    """The usage of one lake. Safe for threads. `flush` before the process ends."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._days: dict[str, dict[str, Used]] = {}
        self._files_of: dict[str, str] = {}
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._writing = threading.Lock()

    def add(self, name: str, used: Used) -> None:
        """Count what a caller has used. Nothing is written yet."""
        day = self._clock.now().astimezone(UTC).strftime("%Y%m%d")
        with self._lock:
            callers = self._days.setdefault(day, {})
            self._files_of.setdefault(day, uuid.uuid4().hex)
            if name not in callers and len(callers) >= CALLERS:
                name = OTHERS
            callers.setdefault(name, Used()).add(used)
            self._changed.add(day)

    def flush(self) -> None:
        """Write what came since the last time."""
        with self._writing:  # one writer at a time: an older state must not replace a newer one
            today = self._clock.now().astimezone(UTC).strftime("%Y%m%d")
            with self._lock:
                changed, self._changed = sorted(self._changed), set()
                bodies = {
                    day: {name: astuple(used) for name, used in self._days[day].items()}
                    for day in changed
                }
            for done, (day, body) in enumerate(bodies.items()):
                try:
                    self._files.put(f"{_FOLDER}/{day}/{self._files_of[day]}.json", _dump(body))
                except FreshgroundError:
                    with self._lock:
                        self._changed.update(changed[done:])
                    raise
            with self._lock:
                for day in [d for d in self._days if d < today and d not in self._changed]:
                    # What is counted for that day yet, should the clock go back, is another file.
                    del self._days[day], self._files_of[day]

    def read(self, since: date) -> dict[tuple[date, str], Used]:
        """Return what was used by day and caller, as far as it was written."""
        found: dict[tuple[date, str], Used] = {}
        for path in self._files.list(_FOLDER):
            day = datetime.strptime(path.split("/")[1], "%Y%m%d").replace(tzinfo=UTC).date()
            if day < since:
                continue
            for name, told in json.loads(self._files.get(path) or b"{}").items():
                found.setdefault((day, name), Used()).add(Used(*told))
        return found

    def forget(self, before: date) -> None:
        """Delete the usage of days before one."""
        edge = f"{before:%Y%m%d}"
        self._files.delete([p for p in self._files.list(_FOLDER) if p.split("/")[1] < edge])


def _dump(body: dict[str, tuple[float, ...]]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()
