"""Whether a canary is promoted, rolled back or watched on: its queries beside the live ones. Pure.

Three harms are measured, each with an interval: more errors, more empty answers, slower answers.
It is rolled back at once when a harm beyond its limit is sure, promoted when all such harms are
ruled out, and when its time is up by what was seen, if enough was.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from datetime import timedelta

    from freshground.core.settings import Canary
    from freshground.lake.queries import Tally

Action = Literal["promote", "roll back", "wait"]

SURE = 0.001
"""Chance at which a harm counts as sure: so small, since it is looked at many times."""

RULED_OUT = 0.05
"""Chance at which a harm counts as ruled out."""

_TIMED = 10


@dataclass(frozen=True, slots=True)
class Harm:
    """By how much the canary does worse: seen, and between `low` (sure) and `high` (ruled out).

    Errors and empty answers are differences of rates; latency is the ratio of geometric means.
    """

    name: str
    canary: float | None
    live: float | None
    seen: float | None
    low: float
    high: float
    limit: float

    @property
    def sure(self) -> bool:
        """Whether the canary does worse than it may, chance aside."""
        return self.low > self.limit

    @property
    def ruled_out(self) -> bool:
        """Whether it does not, chance aside."""
        return self.high <= self.limit

    @property
    def suspected(self) -> bool:
        """Whether it did so far."""
        return self.seen is not None and self.seen > self.limit

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data; a bound that is not known is None."""
        found = {name: getattr(self, name) for name in Harm.__slots__}
        return {
            name: None if isinstance(value, float) and math.isinf(value) else value
            for name, value in found.items()
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is to be done about a canary, why, and what was measured."""

    action: Action
    reason: str
    harms: tuple[Harm, ...]


def decide(canary: Tally, live: Tally, age: timedelta, settings: Canary) -> Verdict:
    """Decide about a canary that has run for `age`."""
    harms = (
        _rates("errors", canary.errors, canary.queries, live.errors, live.queries,
               settings.max_more_errors),
        _rates("empty answers", canary.empty, canary.answered, live.empty, live.answered,
               settings.max_more_empty),
        _latency(canary, live, settings.max_latency_ratio),
    )  # fmt: skip
    asked = f"{canary.queries} queries beside {live.queries} of the live release"
    sure = [harm for harm in harms if harm.sure]
    if sure:
        return Verdict("roll back", f"{asked}: {_words(sure)}", harms)
    enough = min(canary.queries, live.queries) >= settings.min_queries
    if enough and all(harm.ruled_out for harm in harms):
        return Verdict("promote", f"{asked}: no harm beyond the limits is likely", harms)
    if age < settings.max_duration:
        return Verdict("wait", f"{asked}: nothing is sure yet", harms)
    suspected = [harm for harm in harms if harm.suspected]
    if enough and suspected:
        return Verdict("roll back", f"{asked}, and its time is up: {_words(suspected)}", harms)
    seen = "nothing beyond the limits was seen" if enough else "too few to speak against it"
    return Verdict("promote", f"{asked}, and its time is up: {seen}", harms)


def _rates(name: str, bad: int, of: int, live_bad: int, live_of: int, limit: float) -> Harm:
    if not (of and live_of):
        return Harm(name, None, None, None, -math.inf, math.inf, limit)
    rate, other = bad / of, live_bad / live_of
    return Harm(
        name,
        rate,
        other,
        rate - other,
        _difference(bad, of, live_bad, live_of, SURE)[0],
        _difference(bad, of, live_bad, live_of, RULED_OUT)[1],
        limit,
    )


def _difference(
    bad: int, of: int, other_bad: int, other_of: int, tail: float
) -> tuple[float, float]:
    """Return an interval of a difference of two rates, each side missed by at most `tail`.

    Newcombe's way to join two intervals, here exact ones: a few queries are not taken for many.
    """
    rate, other = bad / of, other_bad / other_of
    low, high = _exact(bad, of, tail)
    other_low, other_high = _exact(other_bad, other_of, tail)
    return (
        rate - other - math.hypot(rate - low, other_high - other),
        rate - other + math.hypot(high - rate, other - other_low),
    )


def _exact(bad: int, of: int, tail: float) -> tuple[float, float]:
    """Return Clopper and Pearson's interval of a rate."""
    from scipy.special import betaincinv

    low = float(betaincinv(bad, of - bad + 1, tail)) if bad else 0.0
    high = float(betaincinv(bad + 1, of - bad, 1 - tail)) if bad < of else 1.0
    return low, high


def _latency(canary: Tally, live: Tally, limit: float) -> Harm:
    """Compare logarithms, which one slow answer does not outweigh a hundred quick ones in."""
    if min(canary.answered, live.answered) < _TIMED:
        return Harm("latency", None, None, None, 0.0, math.inf, limit)
    mean, spread = _log_seconds(canary)
    other, other_spread = _log_seconds(live)
    error = math.sqrt(spread / canary.answered + other_spread / live.answered)
    return Harm(
        "latency",
        math.exp(mean),
        math.exp(other),
        math.exp(mean - other),
        math.exp(mean - other - _standard_errors(SURE) * error),
        math.exp(mean - other + _standard_errors(RULED_OUT) * error),
        limit,
    )


def _standard_errors(tail: float) -> float:
    return NormalDist().inv_cdf(1 - tail)


def _log_seconds(tally: Tally) -> tuple[float, float]:
    mean = tally.log_seconds / tally.answered
    squares = tally.log_seconds_squared - tally.answered * mean * mean
    return mean, max(0.0, squares) / (tally.answered - 1)


def _words(harms: list[Harm]) -> str:
    return "; ".join(
        f"{harm.name} {_shown(harm, harm.canary)}, live {_shown(harm, harm.live)} (may be "
        + (
            f"{harm.limit:.2g} times as slow)"
            if harm.name == "latency"
            else f"{harm.limit:.1%} more)"
        )
        for harm in harms
    )


def _shown(harm: Harm, value: float | None) -> str:
    if value is None:
        return "unknown"
    return f"{value * 1000:.0f} ms" if harm.name == "latency" else f"{value:.1%}"
