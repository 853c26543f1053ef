"""What a replay makes pending once more: objects to read, verdicts of checks to pass anew.

What the parser set aside the ledger makes pending by itself. Nothing else is touched: no other
document is read, parsed or embedded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chunking.gold import measure, read_document
from freshground.core.clock import iso
from freshground.core.columns import Columns
from freshground.core.records import Chunk
from ingestion.changes import UNREADABLE
from ingestion.silver import measures
from quality.admission.text_quality import score

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.quarantine.held import Held


def to_read_again(
    context: Context, known: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Mapping[str, Any]]:
    """Return bronze rows by doc_id, those whose reading was replayed marked as never read.

    `known` are the newest ones: a replay holds until its object has been read once more.
    """
    again = {
        doc_id: {**row, "rule": UNREADABLE}
        for matter, _ in context.lake.reviews.decisions().again.values()
        if (row := known.get(doc_id := matter.doc_id)) is not None
        and row["state"] == "live"
        and row["rule"] is not None  # what has its bytes is parsed or judged again from these
        and row["content_hash"] == matter.content_hash
        and matter.seen == iso(row["hashed_at"])
    }
    return {**known, **again} if again else known


def judge_again(
    context: Context,
    index: IndexSettings,
    chunker_id: str,
    found: Sequence[tuple[Held, Current]],
) -> set[tuple[str, str, str, str]]:
    """Judge rows as they lie in the lake by the checks as they are now; return what passed.

    Each verdict is a review: what failed again waits for a person again.
    """
    reviews = context.lake.reviews
    decisions = reviews.decisions()
    passed: set[tuple[str, str, str, str]] = set()
    for case, document in found:
        if case.matter.key not in decisions.again:
            continue
        failing = _failing(context, index, chunker_id, case.layer, document)
        fine = failing is not None and case.matter.rule not in failing
        if fine:
            passed.add(case.matter.key)
        reviews.add(
            "passed" if fine else "failed",
            [case.matter],
            source_id=case.source_id,
            by="freshground",
            comment=f"judged again by run {context.run_id}",
        )
    return passed


def _failing(
    context: Context, index: IndexSettings, chunker_id: str, layer: str, document: Current
) -> set[str] | None:
    """Return the critical checks that a document fails, None where its rows cannot be judged."""
    from quality.expectations import run

    rows = context.ledger.silver_rows([document]).to_pylist()
    if layer not in ("silver", "gold") or not rows:
        return None
    parsed = read_document(rows[0])
    metrics = Columns()
    limits: dict[str, float]
    if layer == "silver":
        metrics.add(**measures(document.doc_id, parsed, score(parsed)))
        source = context.settings.source(document.row["source_id"])
        limits = {"min_quality": source.admission.quality_limits.min_score}
    else:
        cut = context.ledger.gold_rows([document], chunker_id).to_pylist()
        if not cut:
            return None
        encoder, settings = context.encoder(index), context.settings.chunking_of(index)
        measure(metrics, parsed, [_chunk(row) for row in cut], cut, encoder.count_tokens)
        limits = {
            "max_tokens": settings.max_tokens,
            "max_encoder_tokens": settings.max_encoder_tokens or encoder.max_tokens,
            "min_coverage": index.gates.min_coverage,
        }
    checks = run(layer, pd.DataFrame(metrics.data), limits)  # type: ignore[arg-type]
    return {c.check_id for c in checks if c.severity == "critical" and not c.passed}


def _chunk(row: Mapping[str, Any]) -> Chunk:
    names = ("ordinal", "text", "start", "end", "page_first", "page_last", "tokens", "embed_text",
             "table_header", "cells")  # fmt: skip
    return Chunk(**{name: row[name] for name in names}, headings=tuple(row["headings"] or ()))
