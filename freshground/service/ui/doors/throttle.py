"""Holds up who tries again and again: by name and by address, in this process."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.clock import Clock

_LIMITS = {
    "pair": (5, timedelta(minutes=1)),
    "name": (50, timedelta(seconds=10)),
    "address": (20, timedelta(minutes=1)),
}
"""Tries that nobody waits for, and the longest wait after them: for a name from one address, a name
from anywhere, an address. A long wait for a name from anywhere would let anybody lock out somebody
else; many people may share an address."""

_FORGOTTEN = timedelta(hours=1)
_MOST = 20_000


@dataclass(slots=True)
class _Tries:
    count: int
    last: datetime


class Throttle:
    """Counts tries. Each one counts before it is judged, so that many at one time count as well.

    `by_address` False: what is known of addresses is no more than that of a proxy.
    """

    def __init__(self, clock: Clock, *, by_address: bool = True) -> None:
        self._clock = clock
        self._by_address = by_address
        self._tries: OrderedDict[tuple[str, str], _Tries] = OrderedDict()

    def take(self, name: str, address: str) -> float:
        """Count a try; return 0, or the seconds to wait: then it was none."""
        now = self._clock.now()
        keys = self._keys(name, address)
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
        for key in self._keys(name, address):
            found = self._tries.pop(key, None)
            if key[0] == "address" and found is not None:
                self._tries[key] = _Tries(found.count - 1, found.last)

    def _keys(self, name: str, address: str) -> list[tuple[str, str]]:
        keys = [("pair", f"{address} {name}"), ("name", name)]
        return [*keys, ("address", address)] if self._by_address else keys

    def _wait(self, key: tuple[str, str], now: datetime) -> timedelta:
        found = self._tries.get(key)
        if found is None:
            return timedelta(0)
        since = now - found.last
        if since >= _FORGOTTEN:
            self._tries.pop(key, None)
            return timedelta(0)
        free, longest = _LIMITS[key[0]]
        over = found.count - free
        if over < 0:
            return timedelta(0)
        return min(timedelta(seconds=2 ** min(over, 10)), longest) - since
