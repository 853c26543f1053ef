"""The silver stage: parse and cleanse what bronze holds and silver lacks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from freshground.service.admission.scope import worth_parsing
from freshground.service.looking_into import opener
from freshground.service.stages.frame import Checking, stage
from freshground.service.workers.pool import Job
from ingestion import silver as layer
from ingestion.containers.expanding import MESSAGES
from quality.admission.text_quality import score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.errors import Quarantine
    from freshground.core.records import Document
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport


def _parse_all(
    context: Context, source_id: str, objects: Iterator[tuple[int, bytes, str]]
) -> Iterator[tuple[int, Document | Quarantine]]:
    source = context.settings.source(source_id)
    limits = context.settings.parsing
    options: dict[str, Any] = {"max_chars": limits.output}
    function = "parse_record"
    if source.type == "files":
        function = "parse"
        options |= {"html": source.html, "ocr": limits.ocr}
    jobs = (Job(place, (data, name), options) for place, data, name in objects)
    return context.workers.each(f"ingestion.parse:{function}", jobs)


def _with_refusals(
    context: Context, source_id: str, pending: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return bronze rows, those of archives that could not be opened with the reason for it."""
    settings = context.settings.source(source_id)
    if not pending or settings.type != "files" or not settings.containers.open:
        return pending
    found = context.ledger.containers(source_id, opener(context, settings))
    refused = {
        value: row for value, row in found.items() if row["rule"] and row["kind"] not in MESSAGES
    }
    return [
        {**row, "rule": why["rule"], "reason": why["reason"]}
        if (why := refused.get(row["content_hash"])) is not None
        else row
        for row in pending
    ]


def silver(context: Context, scope: Scope) -> StageReport:
    """Parse the pending documents of `scope.source`, of one shard or all."""
    source_id = scope.source or ""
    with stage(
        context, "silver", source_id, [f"bronze/{source_id}"], f"silver/{source_id}"
    ) as report:
        silver_id = context.silver_id(source_id)
        pending = context.ledger.silver_pending(source_id, silver_id, scope.shard)
        pending = worth_parsing(context, source_id, pending)
        pending = _with_refusals(context, source_id, pending)
        if not pending:
            report.counts = {"parsed": 0, "quarantined": 0}
            return report
        parse_all = partial(_parse_all, context, source_id)
        versions = {row["doc_id"]: row["content_hash"] for row in pending}
        source = context.settings.source(source_id)
        limits = {"min_quality": source.admission.quality_limits.min_score}
        checks = Checking(context, report, "silver", limits, versions=versions, made_by=silver_id)
        with context.progress.bar(f"parse {source_id}", len(pending), "documents") as step:
            done = layer.write(
                context.lake,
                pending,
                silver_id,
                parse_all,
                score,
                context.run_id,
                step,
                checks.before_commit,
            )
        report.counts = {
            "parsed": done.parsed,
            "quarantined": len(done.quarantined),
            "rows": done.parsed + len(done.quarantined),
        }
        checks.record(done.metrics)
        report.quarantined = done.quarantined
        report.outcome = "quarantined" if done.quarantined else "done"
        if done.quarantined:
            report.message = (
                f"{len(done.quarantined)} documents were set aside; the others go on. "
                "See `freshground quarantine list`."
            )
    return report
