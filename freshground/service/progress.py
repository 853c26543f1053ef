"""How far a run is: bars for people at a terminal, a heartbeat in the lake for everybody else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tqdm import tqdm

from freshground.service.pulse import Pulse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from freshground.service.context import Context
    from freshground.service.reports import StageReport

_SHOW_FROM = 20
"""Fewer steps than this need no bar."""


class Progress:
    """Shows a bar on standard error while a stage works, when that is a terminal."""

    def __init__(self, *, shown: bool = False) -> None:
        self._shown = shown
        self._pulse: Pulse | None = None

    @contextmanager
    def run(
        self, context: Context, trigger: str, planned: Sequence[Sequence[str]] = ()
    ) -> Iterator[None]:
        """Let the lake know of a run while it goes on; `planned` are its (stage, subject)."""
        if self._pulse is not None:
            yield
            return
        self._pulse = Pulse(context, trigger, planned)
        self._pulse.start()
        try:
            yield
        finally:
            self._pulse.close()
            self._pulse = None

    @contextmanager
    def stage(self, context: Context, report: StageReport) -> Iterator[None]:
        """Let the lake know of a stage; one that belongs to no run here, as Airflow's, is one."""
        with self.run(context, "", [(report.stage, report.subject)]):
            assert self._pulse is not None
            self._pulse.begin(report.stage, report.subject)
            yield
            self._pulse.end(report)

    @contextmanager
    def bar(self, label: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Give a callable that takes the number of units done since its last call.

        `total` 0 means that nobody knows yet how many there are.
        """
        pulse = self._pulse
        if pulse is not None:
            pulse.units(total, unit)
        hide = None if self._shown and (total >= _SHOW_FROM or not total) else True
        with tqdm(
            total=total or None, desc=label, unit=f" {unit}", disable=hide, leave=False
        ) as bar:

            def step(done: int) -> None:
                bar.update(done)
                if pulse is not None:
                    pulse.step(done)

            yield step
