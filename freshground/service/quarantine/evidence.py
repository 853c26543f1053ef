"""Where in a document's text what a check found can be seen: spans, no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.lake.tables import among, quoted
from freshground.service.quarantine.held import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.service.context import Context

MOST = 20
"""Spans that are told of one document."""


def evidence(
    context: Context, rows: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Return by doc_id the spans {start, end, why} that rows of `listed` are about.

    Characters of the parsed text, half open. Only what checks of chunks hold has any: what the
    parser set aside has no text. Of missing coverage they are what lies in no chunk, else the
    chunks that failed. For a page of rows: one query or two in all.
    """
    wanted = {row["doc_id"]: row for row in rows if row["rule"].startswith("gold.")}
    if not wanted:
        return {}
    made_by = {row["rule_version"].partition(":")[0] for row in wanted.values()}
    table = context.lake.gold.rows(
        'SELECT doc_id, content_hash, chunk_id, start, t."end" AS "end" FROM t '
        f"WHERE {among('doc_id', sorted(wanted))} "
        f"AND chunker_id IN ({quoted(sorted(made_by))}) ORDER BY start"
    )
    chunks: dict[str, list[dict[str, Any]]] = {doc_id: [] for doc_id in wanted}
    for chunk in table.to_pylist():
        if chunk["content_hash"] == wanted[chunk["doc_id"]]["content_hash"]:
            chunks[chunk["doc_id"]].append(chunk)
    partly = [row for row in wanted.values() if row["rule"] == COVERAGE]
    whole = texts(context, partly)
    found: dict[str, list[dict[str, Any]]] = {}
    for doc_id, row in wanted.items():
        if row["rule"] == COVERAGE:
            found[doc_id] = _gaps(whole.get(doc_id, ""), chunks[doc_id])
            continue
        sample = set(row["sample"])
        found[doc_id] = [
            {"start": chunk["start"], "end": chunk["end"], "why": row["rule"]}
            for chunk in chunks[doc_id]
            if chunk["chunk_id"] in sample
        ][:MOST]
    return found


def texts(context: Context, rows: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return by doc_id the parsed text of the versions that rows of `listed` are about."""
    if not rows:
        return {}
    content = {row["doc_id"]: row["content_hash"] for row in rows}
    table = context.lake.silver.rows(
        "SELECT doc_id, content_hash, text FROM t WHERE status = 'ok' "
        f"AND {among('doc_id', sorted(content))} ORDER BY parsed_at"
    )
    return {
        row["doc_id"]: row["text"]
        for row in table.to_pylist()
        if row["content_hash"] == content[row["doc_id"]]
    }


def _gaps(text: str, chunks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    end = 0
    for start, until in [*((c["start"], c["end"]) for c in chunks), (len(text), len(text))]:
        if start > end and text[end:start].strip():
            found.append({"start": end, "end": start, "why": "in no chunk"})
        end = max(end, until)
    return found[:MOST]
