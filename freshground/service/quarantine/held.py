"""Documents that a critical check of an earlier layer keeps out of releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.lake.reviews import Matter

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

COVERAGE = "gold.coverage"
"""The only check whose threshold an index sets: it may have been lowered since."""


@dataclass(frozen=True, slots=True)
class Held:
    """One version of a document that failed one critical check.

    `made_by` is the parser or chunker whose rows failed, empty where that does not matter; `sample`
    holds ids of failing rows, of other documents too. `value` and `threshold` are in the check's
    own unit.
    """

    matter: Matter
    source_id: str
    layer: str
    made_by: str
    value: float | None
    threshold: float | None
    detail: str
    sample: tuple[str, ...]
    at: datetime
    run_id: str

    def concerns(self, index: IndexSettings) -> bool:
        """Return whether the check fails by what an index asks now."""
        if self.matter.rule != COVERAGE:
            return True
        return self.value is None or self.value < index.gates.min_coverage


def held(context: Context, source_id: str) -> list[Held]:
    """Return what critical checks of a source's layers ever found, the newest of each matter."""
    found: dict[tuple[str, str, str, str], Held] = {}
    for entry in context.lake.journal.entries("failed_check", subject=source_id):
        body = entry.body
        if body["severity"] != "critical":
            continue
        made_by, threshold = body.get("made_by", ""), body["threshold"]
        version = made_by if threshold is None else f"{made_by}:{threshold:g}"
        for doc_id, content_hash in body.get("documents", {}).items():
            matter = Matter(doc_id, content_hash or "", body["check_id"], version)
            found[matter.key] = Held(
                matter,
                source_id,
                body["layer"],
                made_by,
                body["value"],
                threshold,
                body["detail"],
                tuple(body["sample"]),
                entry.at,
                entry.run_id,
            )
    return list(found.values())
