"""The heartbeat of a run: tells the lake once a second how far it is.

A thread of its own writes, so that a stage that counts nothing for a minute, as while a model
loads, is not taken for lost. What takes less than a second writes nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.errors import FreshgroundError
from freshground.lake.progress import Beat

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.service.context import Context
    from freshground.service.reports import StageReport

EVERY_S = 1.0
REPEAT_S = 10.0
"""A heartbeat of a run in which nothing was counted."""

_WINDOW = 60
"""Heartbeats over which a rate is taken: a minute."""


class Pulse:
    """One process's heartbeat. `start` and `close` it; everything else is cheap."""

    def __init__(
        self, context: Context, trigger: str = "", planned: Sequence[Sequence[str]] = ()
    ) -> None:
        now = iso(context.clock.now()) or ""
        self._beats = context.lake.progress
        self._clock = context.clock
        self._beat = Beat(context.run_id, context.by, now, now, trigger)
        self._beat.planned = [list(each) for each in planned]
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="freshground-pulse", daemon=True)
        self._began = time.perf_counter()
        self._outer: list[tuple[str, str, float]] = []
        self._seen: deque[tuple[float, int]] = deque(maxlen=_WINDOW)
        self._told: tuple[object, ...] | None = None
        self._told_at = 0.0

    def start(self) -> None:
        """Begin to beat."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and remove what was written."""
        self._stop.set()
        self._thread.join()
        if self._told is not None:
            with suppress(FreshgroundError):  # the run ends as it did, also when the disk is full
                self._beats.forget(self._beat)

    def begin(self, stage: str, subject: str) -> None:
        """Note that a stage begins, perhaps within another one, as a canary's within a build."""
        self._outer.append((self._beat.stage, self._beat.subject, self._began))
        self._set(stage, subject, time.perf_counter())

    def end(self, report: StageReport) -> None:
        """Note what a stage did, and that the one around it goes on."""
        stage, subject, began = self._outer.pop()
        if not stage or report.outcome != "nothing":
            done = {"stage": report.stage, "subject": report.subject, "outcome": report.outcome}
            more = {"seconds": round(report.seconds, 3), "counts": dict(report.counts)}
            self._beat.stages = [*self._beat.stages, {**done, **more}]
        self._set(stage, subject, began)

    def _set(self, stage: str, subject: str, began: float) -> None:
        beat = self._beat
        self._began = began
        self._seen.clear()
        beat.stage, beat.subject, beat.unit, beat.done, beat.total = stage, subject, "", 0, 0

    def units(self, total: int, unit: str) -> None:
        """Note what the stage counts, and how many there are; 0 where nobody knows."""
        self._beat.unit, self._beat.done, self._beat.total = unit, 0, total
        self._seen.clear()

    def step(self, done: int) -> None:
        """Count units."""
        self._beat.done += done

    def tell(self) -> None:
        """Write how far the run is, unless that was told already a moment ago."""
        beat, now = self._beat, time.perf_counter()
        self._seen.append((now, beat.done))
        state = (beat.stage, beat.subject, beat.unit, beat.done, beat.total, len(beat.stages))
        if state == self._told and now - self._told_at < REPEAT_S:
            return
        beat.at = iso(self._clock.now()) or ""
        beat.seconds = round(now - self._began, 3)
        beat.rate = self._rate()
        # A store that fails is the run's own affair: it meets it as well, and says so.
        with suppress(FreshgroundError):
            if self._told is None:
                self._beats.sweep()
            self._beats.put(beat)
            self._told, self._told_at = state, now

    def _rate(self) -> float:
        (first, before), (last, now) = self._seen[0], self._seen[-1]
        return round((now - before) / (last - first), 4) if last > first and now > before else 0.0

    def _work(self) -> None:
        while not self._stop.wait(EVERY_S):
            self.tell()
