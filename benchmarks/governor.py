"""The governor beside cron and beside hindsight, on a real history and on a made one.

Three schedules known in hindsight stand beside it, each the best of its kind. From the very
listings that the governor made: it shows whether one of them could have been left out. With the
fewest listings, at any of its wake-ups. With the fewest publications, at any of its wake-ups: it
knows each commit beforehand and begins to wait with the first. A policy that lists only when due
knows nothing of the quiet time before that commit; one that `looks` does, and is held to it.
"""

from __future__ import annotations

import os
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.replay import Cron, Governed, History, Outcome, replay
from benchmarks.result import Result
from benchmarks.schedules import Best, best, wakes
from freshground.core.settings import Governor, Sla, Window

if TYPE_CHECKING:
    from collections.abc import Iterator

OFFICE = Window.model_validate(
    {"days": "mon-fri", "from": "08:00", "to": "18:00", "timezone": "Europe/Berlin"}
)
SLAS = {
    "6h": Sla(max_staleness=timedelta(hours=6)),
    "24h": Sla(max_staleness=timedelta(hours=24)),
    "7d": Sla(max_staleness=timedelta(days=7)),
    "6h in office hours": Sla(max_staleness=timedelta(hours=6), windows=(OFFICE,)),
}
MOST = 1.2
"""How often the governor may publish for each publication of the best schedule in hindsight.

Held on real histories. For all there can be no such bound: where changes come a little further
apart than it waits and a little closer than the SLA allows, a margin costs up to a factor of two.
"""

LOOKS = 5
FAILING = 0.05


def run(_root: Path, *, quick: bool) -> Iterator[Result]:
    """Replay under each SLA; `quick` replays the made history alone."""
    histories = [made()]
    data = os.environ.get("FRESHGROUND_TEST_DATA")
    if data and not quick:
        histories.insert(0, History.read(Path(data) / "history" / "peps", timedelta(days=8)))
    elif not quick:
        print("LEFT OUT: the real history; set FRESHGROUND_TEST_DATA to the folder of real data")
    for history in histories:
        for name, sla in SLAS.items():
            yield from measure(history, name, sla, real=history.name != "made")


def made(days: int = 180, seed: int = 3) -> History:
    """Make a history: commits on working days, in bursts, each third week quiet."""
    draw = random.Random(seed)
    start = datetime(2026, 3, 2, tzinfo=UTC)
    commits: list[datetime] = []
    for day in range(days):
        quiet = day % 7 >= 5 or day // 7 % 3 == 2
        count = 0 if quiet else draw.choice((0, 1, 1, 2, 5))
        hours = (draw.uniform(8, 20) for _ in range(count))
        commits += [start + timedelta(days=day, hours=hour) for hour in hours]
    return History.of("made", commits, timedelta(days=8))


def measure(history: History, name: str, sla: Sla, *, real: bool) -> Iterator[Result]:
    """Hold the governor against cron and hindsight under one SLA."""
    settings = Governor()
    looking = Governor(looks=LOOKS)
    outcomes = {
        "cron hourly": replay(history, Cron("0 * * * *"), sla),
        "cron daily": replay(history, Cron("0 0 * * *"), sla),
        "governor": replay(history, Governed(settings), sla),
        f"governor, {LOOKS} looks": replay(history, Governed(looking), sla),
        f"governor, {FAILING:.0%} fail": replay(history, Governed(settings), sla, FAILING),
    }
    plain, looked, failing = list(outcomes.values())[2:]
    any_wake = wakes(history, settings.every)
    bests = {
        "hindsight, same listings": best(history, [history.start, *plain.listed], sla),
        "hindsight, fewest listings": best(history, any_wake, sla, first="listings"),
        "hindsight, fewest publications": best(history, any_wake, sla),
    }
    where = f"{history.name}, {name}"
    notes = tuple(report(outcomes, bests))
    feasible = bests["hindsight, fewest publications"] is not None
    yield Result(
        f"{where}: SLA misses of the governor",
        plain.misses,
        most=0 if feasible else None,
        beside=f"cron hourly {outcomes['cron hourly'].misses}, "
        f"daily {outcomes['cron daily'].misses}",
        notes=notes,
    )
    yield Result(
        f"{where}: SLA misses when {FAILING:.0%} of its runs fail",
        failing.misses,
        most=0 if feasible else None,
        beside=f"{failing.failed} failed of {failing.listings}",
    )
    for what, outcome, held in (
        ("same listings", plain, True),
        ("fewest listings", plain, True),
        ("fewest publications", plain, False),
        ("fewest publications", looked, True),
    ):
        known = bests[f"hindsight, {what}"]
        if known is None or not known.publications:
            continue
        yield Result(
            f"{where}: publications{', looking' if outcome is looked else ''}, over {what}",
            outcome.publications / known.publications,
            most=MOST if held and real else None,
            beside=f"{outcome.publications} over {known.publications}; "
            f"listings {outcome.listings} over {known.listings}",
        )


def report(outcomes: dict[str, Outcome], bests: dict[str, Best | None]) -> Iterator[str]:
    """Return a table with a line for each policy and schedule; times in hours."""
    heads = ("stale max", "mean", "lag p50", "p95", "misses", "late", "listings", "publications")
    yield " " * 31 + "  ".join(f"{head:>9}" for head in heads)
    for name, found in outcomes.items():
        times = (found.worst, found.mean, found.lag(50), found.lag(95))
        cells = [f"{time / timedelta(hours=1):9.1f}" for time in times]
        cells += [f"{found.misses:9}", f"{found.late / timedelta(hours=1):9.1f}"]
        cells += [f"{found.listings:9}", f"{found.publications:9}"]
        yield f"{name:31}" + "  ".join(cells)
    for name, known in bests.items():
        cells = [" " * 9] * 6
        cells += ["", ""] if known is None else [f"{known.listings:9}", f"{known.publications:9}"]
        line = f"{name:31}" + "  ".join(cells)
        yield line.rstrip() if known else f"{name:31}none keeps this SLA"
