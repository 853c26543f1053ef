"""The gold stage: cut documents into chunks, once for each chunker that an index wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chunking import gold as layer
from freshground.service.admission.standing import admitted
from freshground.service.duplicates.signing import sign_all, wanted
from freshground.service.stages.frame import Checking, stage
from ingestion.cleanse.language import detect_chunk

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport


def wanted_cuts(context: Context, source_id: str) -> list[IndexSettings]:
    """Return one index for each different chunker over a source."""
    found = {
        context.chunker(index).id: index
        for index in context.settings.indexes
        if source_id in index.sources
    }
    return list(found.values())


def gold(context: Context, scope: Scope) -> StageReport:
    """Cut the pending documents of `scope.source`, of one shard or all."""
    source_id = scope.source or ""
    with stage(context, "gold", source_id, [f"silver/{source_id}"], f"gold/{source_id}") as report:
        report.counts = {"documents": 0, "chunks": 0, "rows": 0}
        documents = admitted(context, source_id)
        for index in wanted_cuts(context, source_id):
            chunker = context.chunker(index)
            pending = context.ledger.gold_pending(source_id, documents, chunker.id, scope.shard)
            if not pending:
                continue
            encoder = context.encoder(index)
            settings = context.settings.chunking_of(index)
            limits = {
                "max_tokens": settings.max_tokens,
                "max_encoder_tokens": settings.max_encoder_tokens or encoder.max_tokens,
                "min_coverage": index.gates.min_coverage,
            }
            versions = {d.doc_id: d.content_hash for d in pending}
            checks = Checking(
                context, report, "gold", limits, versions=versions, made_by=chunker.id
            )
            with context.progress.bar(f"chunk {source_id}", len(pending), "documents") as step:
                done = layer.write(
                    context.lake,
                    context.ledger,
                    pending,
                    chunker,
                    encoder.count_tokens,
                    detect_chunk,
                    context.run_id,
                    step,
                    checks.before_commit,
                )
            checks.record(done.metrics)
            report.counts["documents"] += done.documents
            report.counts["chunks"] += done.chunks
            report.counts["rows"] += done.chunks
            report.outcome = "done"
        if wanted(context, source_id):
            signed = report.counts["signed"] = sign_all(context, documents, scope.shard)
            report.outcome = "done" if signed else report.outcome
    return report
