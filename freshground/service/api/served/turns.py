"""Searches take turns: as many at a time as there are cores.

Python runs one thread at a time, and many that want to run slow each other down: eight clients got
two thirds of the answers that one got. A search that waits for the encoder, which needs no Python,
lets another one go on.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """`most` threads may be within `taken`; others wait."""

    def __init__(self, most: int) -> None:
        self._free = threading.Semaphore(most)
        self._own = threading.local()

    @classmethod
    def of_this_machine(cls) -> Turns:
        """Return as many turns as there are cores that this process may use."""
        return cls(len(os.sched_getaffinity(0)))

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn and keep it until the block ends."""
        with self._free:
            self._own.held = True
            try:
                yield
            finally:
                self._own.held = False

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Let another thread have this one's turn, if it has one, until the block ends."""
        if not getattr(self._own, "held", False):
            yield
            return
        self._own.held = False
        self._free.release()
        try:
            yield
        finally:
            self._free.acquire()
            self._own.held = True
