"""Retrieval regression: golden questions asked of the candidate and of the live release. Pure.

Both answer the same questions, so each question is its own comparison. The candidate passes when
it is shown not to be worse than the margin: the lower end of a one-sided 95% bootstrap interval
of the mean difference in nDCG@10 lies at or above minus the margin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from quality.retrieval import QuestionResult

POWER = 100
"""Questions from which the comparison is believed enough to stop a release by itself."""

CONFIDENCE = 0.95
_BATCH = 250
_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Comparison:
    """Candidate against live over the same questions. Metrics are means in 0..1.

    `difference` is candidate minus live in nDCG@10, `low` and `high` its 5% and 95% bootstrap
    quantiles. `won` and `lost` hold question ids, the greatest change first; the others are ties.
    """

    questions: int
    live_ndcg_10: float
    candidate_ndcg_10: float
    live_recall_5: float
    candidate_recall_5: float
    difference: float
    low: float
    high: float
    won: tuple[str, ...]
    lost: tuple[str, ...]

    def inferior(self, margin: float) -> bool:
        """Whether a loss of more than `margin` is not ruled out."""
        return self.low < -margin - _ROUNDING


def compare(
    live: Sequence[QuestionResult],
    candidate: Sequence[QuestionResult],
    *,
    resamples: int = 2000,
    seed: int = 0,
) -> Comparison:
    """Compare results question by question. Both sequences hold the same questions in one order.

    Raises ValueError when they do not, or hold none.
    """
    if not live or [q.query_id for q in live] != [q.query_id for q in candidate]:
        raise ValueError("candidate and live must answer the same questions, at least one")
    change = np.array([new.ndcg_10 - old.ndcg_10 for old, new in zip(live, candidate, strict=True)])
    low, high = _interval(change, resamples, seed)
    order = sorted(range(len(live)), key=lambda n: (change[n], live[n].query_id))
    return Comparison(
        questions=len(live),
        live_ndcg_10=_mean([q.ndcg_10 for q in live]),
        candidate_ndcg_10=_mean([q.ndcg_10 for q in candidate]),
        live_recall_5=_mean([q.recall_5 for q in live]),
        candidate_recall_5=_mean([q.recall_5 for q in candidate]),
        difference=float(change.mean()),
        low=low,
        high=high,
        won=tuple(live[n].query_id for n in reversed(order) if change[n] > _ROUNDING),
        lost=tuple(live[n].query_id for n in order if change[n] < -_ROUNDING),
    )


def _interval(change: np.ndarray, resamples: int, seed: int) -> tuple[float, float]:
    """Return the 5% and 95% quantiles of the mean over resamples of the questions.

    A resample is how often each question is drawn, so that memory stays bounded.
    """
    rng = np.random.default_rng(seed)
    count = len(change)
    even = np.full(count, 1 / count)
    means = np.concatenate(
        [
            rng.multinomial(count, even, size=min(_BATCH, resamples - start)) @ change / count
            for start in range(0, resamples, _BATCH)
        ]
    )
    low, high = np.quantile(means, [1 - CONFIDENCE, CONFIDENCE])
    return float(low), float(high)


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def severity(setting: str, questions: int) -> str:
    """Return what a failure means: `auto` stops the release from `POWER` questions on."""
    if setting == "auto":
        return "critical" if questions >= POWER else "warning"
    return setting
