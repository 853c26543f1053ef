"""Percentiles of durations and of freshness lags, by nearest rank: always a value observed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from freshground.core.settings import Sla


@dataclass(frozen=True, slots=True)
class LagVerdict:
    """One line of `max_lag`. `value` is None, and the promise `met`, when nothing was observed."""

    percentile: str
    value: timedelta | None
    limit: timedelta
    met: bool


def percentile(values: Sequence[timedelta], percent: float) -> timedelta | None:
    """Return the least value that at least `percent` (0 to 100) of the values do not exceed."""
    if not values:
        return None
    rank = math.ceil(len(values) * percent / 100)
    return sorted(values)[max(rank, 1) - 1]


def judge_lags(lags: Sequence[timedelta], sla: Sla) -> list[LagVerdict]:
    """Hold freshness lags against each percentile that the SLA bounds, in its order."""
    found: list[LagVerdict] = []
    for name, limit in sla.max_lag.items():
        value = percentile(lags, float(name.removeprefix("p")))
        found.append(LagVerdict(name, value, limit, value is None or value <= limit))
    return found
