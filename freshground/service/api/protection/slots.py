"""A number of places and a line in front of them. For one event loop."""

from __future__ import annotations

import asyncio
from collections import deque


class Busy(Exception):
    """Neither place nor line had room in time."""


class Slots:
    """`most` may be inside; `line` wait, `wait` seconds at most, first come, first in."""

    def __init__(self, most: int, line: int, wait: float) -> None:
        self._free = most
        self._longest = line
        self._wait = wait
        self._line: deque[asyncio.Future[None]] = deque()

    async def enter(self) -> None:
        """Take a place, to be given back by `leave`. Busy when there is none in time."""
        if self._free:
            self._free -= 1
            return
        if len(self._line) >= self._longest:
            raise Busy
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append(turn)
        try:
            await asyncio.wait({turn}, timeout=self._wait)
        except asyncio.CancelledError:
            if turn.done():
                self.leave()
            else:
                self._line.remove(turn)
            raise
        if not turn.done():
            self._line.remove(turn)
            raise Busy

    def leave(self) -> None:
        """Give a place back: to the first in the line, if there is one."""
        if self._line:
            self._line.popleft().set_result(None)
        else:
            self._free += 1
