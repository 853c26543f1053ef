"""A project in a folder of its own, and refreshes of it that are timed."""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

from benchmarks import corpus
from freshground.core.clock import ManualClock
from freshground.core.settings import parse
from freshground.service.context import Context
from freshground.service.refresh import refresh, totals
from freshground.service.reports import exit_status

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.service.reports import StageReport

ENCODER = "hashing-256"
"""An encoder that takes next to no time: what is timed is everything but the encoding."""

START = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    """One refresh: wall and CPU seconds, and what the stages said."""

    wall: float
    cpu: float
    reports: list[StageReport]

    @property
    def totals(self) -> dict[str, Any]:
        """The sums over stages."""
        return totals(self.reports)

    @property
    def release(self) -> int | None:
        """The number of the release that was published."""
        found = [r.release for r in self.reports if r.stage == "build" and r.outcome == "done"]
        return found[0]["release"] if found and found[0] else None


@dataclass
class Workshop:
    """A project under `root` with `count` made-up pages, on a clock that is moved by hand."""

    root: Path
    count: int = 0
    engine: str = "lance"
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))

    def __post_init__(self) -> None:
        wanted, self.count = self.count, 0
        self.settings = parse(
            {
                "lake": "./lake",
                "cache": "./cache",
                "encoder": {"model": ENCODER},
                "sources": [
                    {
                        "id": "docs",
                        "type": "files",
                        "url": "./docs",
                        "access": "public",
                        "guards": {"growth": {"share": 1e6}},
                    }
                ],
                "indexes": [{"id": "docs", "sources": ["docs"], "engine": self.engine}],
            },
            self.root,
        )
        self.grow(wanted)

    @property
    def docs(self) -> Path:
        """The folder of the pages."""
        return self.root / "docs"

    def grow(self, to: int) -> None:
        """Write pages until there are `to` of them."""
        self.docs.mkdir(parents=True, exist_ok=True)
        corpus.write(self.docs, self.count, to - self.count)
        self.count = to

    def refresh(self, later: timedelta = timedelta(hours=1)) -> Run:
        """Refresh in a new context, as a new task would, `later` than the last time."""
        self.clock.advance(later)
        context = Context(self.settings, clock=self.clock, by="benchmark")
        wall, cpu = time.perf_counter(), time.process_time()
        reports = refresh(context)
        run = Run(time.perf_counter() - wall, time.process_time() - cpu, reports)
        if exit_status(reports):
            said = "; ".join(r.message for r in reports if r.message)
            raise RuntimeError(
                f"a refresh of the benchmark ended with {exit_status(reports)}: {said}"
            )
        return run

    def written_at(self) -> float:
        """Return a time for a file that is written now: ten minutes ago, in Unix seconds."""
        return (self.clock.now() - timedelta(minutes=10)).timestamp()


def stages(runs: list[Run]) -> str:
    """Return the median seconds of each stage over runs, for a note."""
    spent: dict[str, list[float]] = defaultdict(list)
    for run in runs:
        for report in run.reports:
            spent[report.stage].append(report.seconds)
    shown = ", ".join(f"{name} {median(times):.3f}" for name, times in spent.items())
    wall, cpu = (median(getattr(run, what) for run in runs) for what in ("wall", "cpu"))
    return f"medians: {wall:.3f} s, {cpu:.3f} s of CPU; by stage: {shown}"
