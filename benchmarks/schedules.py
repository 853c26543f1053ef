"""The best schedule in hindsight: dynamic programming over the moments a source could be listed.

A schedule is a series of moments. Going from one listing at `a` to the next at `b` is allowed when
what `b` lists is published before what `a` listed is older than the SLA allows; it costs one
listing, and one publication if there is a commit in (a, b]. The cheapest path from the first
moment to one whose as-of outlives the end is exact, since the cost of a step depends on its two
ends alone. Hindsight is favoured: it never fails, needs no margin, and its runs may overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quality.freshness.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from benchmarks.replay import History
    from freshground.core.settings import Sla

_MANY = 1_000_000
_NEVER = np.iinfo(np.int64).max // 4


@dataclass(frozen=True)
class Best:
    """A best schedule: how often it publishes and how often it lists, the start aside."""

    publications: int
    listings: int


def wakes(history: History, every: timedelta) -> list[datetime]:
    """Return every moment at which a governor that wakes so often could have listed."""
    count = (history.end - history.start) // every
    return [history.start + number * every for number in range(count + 1)]


def best(
    history: History, moments: Sequence[datetime], sla: Sla, *, first: str = "publications"
) -> Best | None:
    """Return the best schedule among `moments`, the first of which is given; None: there is none.

    `first` is what it has fewest of, `publications` or `listings`; the other breaks ties.
    """
    publication, listing = (_MANY, 1) if first == "publications" else (1, _MANY)
    start = history.start
    at = np.array([(moment - start).total_seconds() for moment in moments])
    deadlines = (judge(moment, moment, sla).deadline or start for moment in moments)
    until = np.array([(deadline - start).total_seconds() for deadline in deadlines])
    seen = np.array([history.until(moment) for moment in moments])
    alone = history.duration(0).total_seconds()
    each = history.duration(1).total_seconds() - alone
    cost = np.full(len(at), _NEVER, dtype=np.int64)
    cost[0] = 0
    # Deadlines never go back as the as-of moves on, so earlier moments fall away for good.
    earliest = 0
    for here in range(1, len(at)):
        while earliest < here and until[earliest] < at[here] + alone:
            earliest += 1
        if earliest == here:
            return None
        new = seen[here] - seen[earliest:here]
        ready = at[here] + alone + each * new
        steps = cost[earliest:here] + listing + publication * (new > 0)
        steps[ready > until[earliest:here]] = _NEVER
        cost[here] = min(int(steps.min()), _NEVER)
    end = (history.end - start).total_seconds()
    least = int(cost[until >= end].min(initial=_NEVER))
    if least >= _NEVER:
        return None
    many, few = divmod(least, _MANY)
    return Best(many, few) if first == "publications" else Best(few, many)
