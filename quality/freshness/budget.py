"""The error budget: how much of the time that may be out of SLA is used up, and how fast."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from quality.freshness.windows import seconds_inside

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.settings import Sla

PERIOD = timedelta(days=30)

Step = tuple[datetime, datetime | None]
"""A moment, and the as-of that was served from then on (None: nothing served)."""

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Budget:
    """`since` is the start of what is counted: 30 days ago, or the first publication.

    `counted_s` are its in-window seconds, `out_s` those of them out of SLA. `within` is the share
    in SLA, 0 to 1, and `left` the share of the error budget that is not used up, 0 to 1. A burn
    rate of 1 uses up the budget in exactly the period; `burn_1h` and `burn_24h` are those of the
    last hour and day.
    """

    since: datetime | None
    counted_s: float
    out_s: float
    within: float
    left: float
    burn_1h: float
    burn_24h: float


def budget(steps: Iterable[Step], now: datetime, sla: Sla, period: timedelta = PERIOD) -> Budget:
    """Account for the in-window time of the last `period` up to `now`.

    Steps may come in any order; of two at one moment the one given later counts. An as-of after
    its own moment counts as that moment, since no listing begins after it was recorded. Steps
    after `now` do not count. An as-of may move back, as by a rollback. Before the first
    publication nothing is counted; without one, nothing is used up.
    """
    past = sorted((step for step in steps if step[0] <= now), key=lambda step: step[0])
    first = next((at for at, as_of in past if as_of is not None), None)
    if first is None:
        return Budget(None, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0)
    late = _late([step for step in past if step[0] >= first], now, sla)
    since = max(first, now - period)

    def share_out(start: datetime) -> tuple[float, float, float]:
        start = max(start, since)
        counted = seconds_inside(sla.windows, start, now)
        out = sum(seconds_inside(sla.windows, max(a, start), b) for a, b in late)
        out = min(out, counted)
        return counted, out, out / counted if counted else 0.0

    allowed = 1 - sla.objective
    counted, out, share = share_out(since)
    hour = share_out(now - timedelta(hours=1))[2]
    day = share_out(now - timedelta(days=1))[2]
    left = min(1.0, max(0.0, 1 - share / allowed))
    return Budget(since, counted, out, 1 - share, left, hour / allowed, day / allowed)


def _late(steps: list[Step], now: datetime, sla: Sla) -> list[Span]:
    """Return the spans, windows aside, in which what was served was older than allowed."""
    spans: list[Span] = []
    for place, (at, as_of) in enumerate(steps):
        until = steps[place + 1][0] if place + 1 < len(steps) else now
        starts = at if as_of is None else max(at, min(as_of, at) + sla.max_staleness)
        if starts < until:
            spans.append((starts, until))
    return spans
