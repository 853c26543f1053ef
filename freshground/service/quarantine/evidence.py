"""Where in a document's text what set it aside can be seen: spans, no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.lake.tables import quoted
from freshground.service.quarantine.held import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.service.context import Context

MOST = 20
"""Spans that are told of one document."""


def evidence(context: Context, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return spans {start, end, why} of the text that a row of `listed` is about.

    Characters of the parsed text, half open. Only checks have any: what the parser set aside has no
    text. Of missing coverage they are what no chunk holds, else the chunks that failed.
    """
    if not any(matter["rule"].startswith("gold.") for matter in row["matters"]):
        return []
    rule, made_by = row["rule"], row["rule_version"].partition(":")[0]
    chunks = context.lake.gold.rows(
        'SELECT chunk_id, start, t."end" AS "end" FROM t '
        f"WHERE doc_id = {quoted([row['doc_id']])} AND chunker_id = {quoted([made_by])} "
        f"AND content_hash = {quoted([row['content_hash']])} ORDER BY start"
    ).to_pylist()
    if rule == COVERAGE:
        return _gaps(context, row, chunks)
    sample = set(row["sample"])
    return [
        {"start": c["start"], "end": c["end"], "why": rule}
        for c in chunks
        if c["chunk_id"] in sample
    ][:MOST]


def _gaps(
    context: Context, row: Mapping[str, Any], chunks: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    texts = context.lake.silver.rows(
        f"SELECT text FROM t WHERE doc_id = {quoted([row['doc_id']])} "
        f"AND content_hash = {quoted([row['content_hash']])} AND status = 'ok' "
        "ORDER BY parsed_at DESC LIMIT 1"
    )
    if not texts.num_rows:
        return []
    text = texts.column("text")[0].as_py()
    found: list[dict[str, Any]] = []
    end = 0
    for start, until in [*((c["start"], c["end"]) for c in chunks), (len(text), len(text))]:
        if start > end and text[end:start].strip():
            found.append({"start": end, "end": start, "why": "in no chunk"})
        end = max(end, until)
    return found[:MOST]
