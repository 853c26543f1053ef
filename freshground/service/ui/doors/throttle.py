"""Holds up who tries again and again: by name and by address, in this process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.clock import Clock

FREE = {"name": 5, "address": 20}
"""Tries that nobody waits for. Many people may share an address."""

LONGEST = timedelta(minutes=1)
"""Longer waits would let anybody lock out somebody else by their name."""

_FORGOTTEN = timedelta(hours=1)
_MOST = 20_000


@dataclass(slots=True)
class _Tries:
    count: int
    last: datetime


class Throttle:
    """Counts tries. Each one counts before it is judged, so that many at one time count as well."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def take(self, name: str, address: str) -> float:
        """Count a try; return 0, or the seconds to wait: then it was none."""
        now = self._clock.now()
        keys = [("name", name), ("address", address)]
        wait = max(self._wait(key, now) for key in keys)
        if wait > timedelta(0):
            return wait.total_seconds()
        for key in keys:
            found = self._tries.pop(key, None) or _Tries(0, now)
            self._tries[key] = _Tries(found.count + 1, now)
        while len(self._tries) > _MOST:
            self._tries.popitem(last=False)
        return 0.0

    def passed(self, name: str, address: str) -> None:
        """Forget the tries for a name that were followed by the right password."""
        self._tries.pop(("name", name), None)
        found = self._tries.get(("address", address))
        if found is not None:
            found.count -= 1

    def _wait(self, key: tuple[str, str], now: datetime) -> timedelta:
        found = self._tries.get(key)
        if found is None:
            return timedelta(0)
        since = now - found.last
        if since >= _FORGOTTEN:
            del self._tries[key]
            return timedelta(0)
        over = found.count - FREE[key[0]]
        if over < 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(over, 10)), LONGEST) - since
