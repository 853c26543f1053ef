"""Judges a candidate: its checks, what earlier layers found, and whether nothing is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.records import Check
from freshground.lake.ledger import EXCLUDED
from freshground.service.denial.takedown import TAKEN_DOWN
from freshground.service.quarantine.again import judge_again
from freshground.service.quarantine.held import held
from freshground.service.stages.drift import drift
from freshground.service.stages.frame import check
from freshground.service.stages.query_drift import query_drift
from freshground.service.stages.regression import regression

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from freshground.service.reports import StageReport
    from indexes.candidate import Built, Found
    from indexes.release import Manifest


@dataclass(frozen=True)
class Judged:
    """The results of all gates, and what the candidate answered the golden questions."""

    checks: list[Check]
    answers: dict[str, Any] | None


def judge(
    context: Context,
    index: IndexSettings,
    state: Desired,
    built: Built,
    found: Found,
    unjudged: Manifest,
    report: StageReport,
) -> Judged:
    """Judge a candidate. Every row is read back for identity; the rows written also for content.

    Questions and drift are judged only where the candidate is sound.
    """
    limits = {
        "dimensions": context.encoder(index).space.dimensions,
        "expected_rows": built.rows,
        "expected_documents": len(built.served),
        "rows_in_engine": found.rows,
        "documents_in_engine": found.documents,
        "hash_matches": float(found.rows_hash == built.rows_hash and not found.twice),
        "empty_allowed": float(all(d.rule == TAKEN_DOWN for d in state.documents)),
    }
    checks = check(context, report, "candidate", built.metrics, limits)
    extra = [_upstream(context, index, state), *_accounting(context, state)]
    answers: dict[str, Any] | None = None
    if all(result.passed or result.severity != "critical" for result in checks):
        asked, answers = regression(context, index, state, unjudged)
        extra += [*asked, *drift(context, index, state, unjudged)]
        extra += query_drift(context, index, state.recipe.space_id)
    report.checks += [result.as_dict() for result in extra]
    return Judged(checks + extra, answers)


def _upstream(context: Context, index: IndexSettings, state: Desired) -> Check:
    """Stop documents that failed a critical check in silver or gold as they are now.

    Not those that a person released after review, nor those that pass a replay.
    """
    written = {d.doc_id: d for d in state.build.written}
    # Another parser or chunker has made other rows, and checked those.
    found = [
        (case, document)
        for source_id in index.sources
        for case in held(context, source_id)
        if (document := written.get(case.matter.doc_id)) is not None
        and case.matter.content_hash == document.content_hash
        and case.made_by in ("", document.silver_id, state.recipe.chunker_id)
        and case.concerns(index)
    ]
    granted = context.lake.reviews.decisions().granted.keys()
    found = [(case, document) for case, document in found if case.matter.key not in granted]
    passed = judge_again(context, index, state.recipe.chunker_id, found)
    failed = {case.matter.doc_id for case, _ in found if case.matter.key not in passed}
    return Check(
        check_id="candidate.upstream_checks",
        layer="candidate",
        severity="critical",
        passed=not failed,
        value=float(len(failed)),
        threshold=0.0,
        rows=len(written),
        failing=len(failed),
        sample=tuple(sorted(failed)[:20]),
        detail="documents that failed a critical check in silver or gold; see `freshground "
        "quarantine`"
        if failed
        else "",
    )


def _accounting(context: Context, state: Desired) -> list[Check]:
    """Check that each source's listed objects are all served or set aside."""
    checks: list[Check] = []
    for source_id, listing in state.listings.items():
        own = [d for d in state.documents if d.row["source_id"] == source_id]
        listed_at = parse_iso(listing["listed_at"])
        # Deleted objects too: a newer ingest may have done no more than delete.
        rows = context.ledger.objects(source_id).values()
        if listed_at is None or any(row["listed_at"] > listed_at for row in rows):
            continue  # a newer ingest is under way, and its own release accounts for it
        served = sum(d.content_hash is not None for d in own)
        aside = sum(d.content_hash is None and d.state == "quarantined" for d in own)
        excluded = sum(d.state == EXCLUDED for d in own)
        hole = listing["objects"] - served - aside - excluded
        checks.append(
            Check(
                check_id=f"candidate.accounting.{source_id}",
                layer="candidate",
                severity="critical",
                passed=hole == 0,
                value=float(hole),
                threshold=0.0,
                rows=listing["objects"],
                failing=abs(hole),
                detail=f"listed {listing['objects']} = served {served} + quarantined {aside}"
                f" + excluded {excluded} (and {listing['excluded']} never listed)",
            )
        )
    return checks
