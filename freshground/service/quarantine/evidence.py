"""Where in a document's text what a check found can be seen: spans, no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.lake.tables import among, quoted
from freshground.service.quarantine.held import COVERAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.lake.admissions import Version
    from freshground.service.context import Context

MOST = 20
"""Spans that are told of one document."""


def evidence(
    context: Context, rows: Sequence[Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
    """Return by doc_id the spans {start, end, why} that rows of `listed` are about.

    Characters of the parsed text, half open. Only what admission refused or checks of chunks hold
    has any: what the parser set aside has no text. Of missing coverage they are what lies in no
    chunk, else the chunks that failed. What is about hidden text, or all of a document, has no
    start and end; `hidden` then says how it is hidden, and `place` which piece. For a page of rows:
    one query or two in all.
    """
    wanted = {row["doc_id"]: row for row in rows if row["rule"].startswith("gold.")}
    return {**_found(context, rows), **(_of_chunks(context, wanted) if wanted else {})}


def _found(context: Context, rows: Sequence[Mapping[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return what admission found in the documents that it keeps from everybody, by place."""
    wanted = {row["doc_id"]: row for row in rows if row["held_by"] == "admission"}
    keys: dict[str, Version] = {}
    for source_id in {row["source"] for row in wanted.values()}:
        for key, verdict in context.admissions.of(source_id).items():
            row = wanted.get(key[0])
            # Of several parsers the one that what people see was made by.
            if row and (key[1], iso(verdict.judged_at)) == (row["content_hash"], row["since"]):
                keys[key[0]] = key
    found = context.admissions.found(list(keys.values()))
    whole = parsed(
        context,
        [
            wanted[doc_id]
            for doc_id, key in keys.items()
            if any(f.hidden is not None for f in found[key].findings)
        ],
    )
    told: dict[str, list[dict[str, Any]]] = {}
    for doc_id, key in keys.items():
        against = {(m["rule"], m["version"]) for m in wanted[doc_id]["matters"]}
        own = [f for f in found[key].findings if (f.rule, f.version) in against]
        own.sort(key=lambda f: (f.start is None, f.start or 0))
        told[doc_id] = [
            {
                "start": finding.start,
                "end": finding.end,
                "why": f"{finding.rule}: {finding.evidence}" if finding.evidence else finding.rule,
                "confidence": round(finding.confidence, 3),
                "hidden": _kind(whole.get(doc_id), finding.hidden),
                "place": finding.hidden,
            }
            for finding in own[:MOST]
        ]
    return told


def _kind(whole: Mapping[str, Any] | None, place: int | None) -> str | None:
    """Return how a finding's text is hidden, None where it is not."""
    if place is None:
        return None
    pieces = whole["hidden"] if whole else ()
    return pieces[place]["kind"] if place < len(pieces) else "hidden"


def _of_chunks(
    context: Context, wanted: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[dict[str, Any]]]:
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
    whole = parsed(context, partly)
    found: dict[str, list[dict[str, Any]]] = {}
    for doc_id, row in wanted.items():
        if row["rule"] == COVERAGE:
            found[doc_id] = _gaps(whole[doc_id]["text"] if doc_id in whole else "", chunks[doc_id])
            continue
        sample = set(row["sample"])
        found[doc_id] = [
            {"start": chunk["start"], "end": chunk["end"], "why": row["rule"]}
            for chunk in chunks[doc_id]
            if chunk["chunk_id"] in sample
        ][:MOST]
    return found


def parsed(context: Context, rows: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Return by doc_id what was parsed of the versions that rows of `listed` are about.

    `text`, and `hidden`: pieces {kind, text} in the order of findings' places.
    """
    if not rows:
        return {}
    content = {row["doc_id"]: row["content_hash"] for row in rows}
    table = context.lake.silver.rows(
        "SELECT doc_id, content_hash, text, hidden FROM t WHERE status = 'ok' "
        f"AND masked_from IS NULL AND {among('doc_id', sorted(content))} ORDER BY parsed_at"
    )
    return {
        row["doc_id"]: {"text": row["text"], "hidden": row["hidden"] or []}
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
