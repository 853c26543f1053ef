"""Warns with a release when its index is asked something else than before."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.ids import digest
from freshground.core.records import Check
from quality.query_drift import EFFECTS, Questions, measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import IndexSettings
    from freshground.lake.asked import Question
    from freshground.service.context import Context

CHECK = "queries.drift"
RECENT = timedelta(days=1)
"""Today and yesterday, UTC."""

EARLIER = timedelta(days=14)
"""Before that."""

_LEAST = 50


def query_drift(context: Context, index: IndexSettings, space_id: str) -> list[Check]:
    """Return a check for each measure; one that says why, where too little was asked.

    None at all for an index that was not asked lately.
    """
    if index.gates.drift.severity == "off" or not index.gates.drift.queries:
        return []
    today = context.clock.now().astimezone(UTC).date()
    since = today - RECENT
    lake = context.lake.queries
    recent = lake.questions(index.id, space_id, since, today)
    if not recent:
        return []
    earlier = lake.questions(index.id, space_id, since - EARLIER, since - timedelta(days=1))
    if min(len(recent), len(earlier)) < _LEAST:
        detail = f"{len(recent)} questions lately, {len(earlier)} earlier: tested from {_LEAST} on"
        return [Check(CHECK, "candidate", "warning", True, None, None, len(recent), 0, (), detail)]
    gate = index.gates.drift
    seed = int(digest("questions", index.id, today.isoformat())[:8], 16)
    found = measure(
        _questions(recent), _questions(earlier), alpha=gate.alpha, sample=gate.sample, seed=seed
    )
    return [
        Check(
            check_id=f"{CHECK}.{finding.measure}",
            layer="candidate",
            severity="warning",
            passed=not finding.drifted(gate.alpha, EFFECTS[finding.measure]),
            value=round(finding.effect, 4),
            threshold=EFFECTS[finding.measure],
            rows=len(recent),
            failing=0,
            detail=f"{finding.detail}; p {finding.p:.2g}, corrected for {len(found)} measures",
        )
        for finding in found
    ]


def _questions(found: Sequence[Question]) -> Questions:
    return Questions(
        np.stack([question.sketch for question in found]),
        [question.words for question in found],
        [question.script for question in found],
        [question.best for question in found],
    )
