"""`explain`: from a chunk, document or address to where it came from and where it is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from freshground.lake.tables import quoted, records

if TYPE_CHECKING:
    from freshground.service.context import Context


def explain(context: Context, name: str) -> dict[str, Any]:
    """Trace a chunk id, document id, key or uri. ConfigError when the lake knows no such thing."""
    lake = context.lake
    chunk = _chunk(context, name)
    document = chunk["doc_id"] if chunk else _document(context, name)
    if document is None:
        raise ConfigError(
            f"The lake knows no chunk, document or address {name!r}.",
            "Take a chunk_id or uri from `freshground query --json`.",
        )
    versions = list(context.ledger.versions(document))
    newest = versions[-1]
    silver = records(
        lake.silver.rows(
            "SELECT content_hash, silver_id, status, rule, reason, title, language, media_type, "
            f"pages, parsed_at, run_id FROM t WHERE doc_id = {quoted([document])} "
            "ORDER BY parsed_at"
        )
    )
    denied = [
        d
        for d in lake.denials.active()
        if document in d.doc_ids or (chunk and chunk["chunk_id"] in d.chunk_ids)
    ]
    if any(d.kind != "narrowed" for d in denied):
        # Content is for nobody, the owner included: see `freshground.service.serving`.
        silver = [{**row, "title": None} for row in silver]
        chunk = {**chunk, "text": None, "headings": None} if chunk else None
    runs = {row["run_id"] for row in (*versions, *silver)} | ({chunk["run_id"]} if chunk else set())
    return {
        "chunk": chunk,
        "document": {
            "doc_id": document,
            "source": newest["source_id"],
            "key": newest["key"],
            "uri": newest["uri"],
            "state": newest["state"],
            "groups": newest["groups"],
            "moved_from": _moved_from(context, versions),
        },
        "object_versions": [
            {
                "content_hash": row["content_hash"],
                "state": row["state"],
                "size": row["size"],
                "modified_at": iso(row["modified_at"]),
                "listed_at": iso(row["listed_at"]),
                "run_id": row["run_id"],
            }
            for row in versions
        ],
        "document_versions": [{**row, "parsed_at": iso(row["parsed_at"])} for row in silver],
        "denials": [
            {
                "id": d.id,
                "kind": d.kind,
                "groups": list(d.groups),
                "chunks": list(d.chunk_ids),
                "at": d.at,
                "by": d.by,
                "comment": d.comment,
            }
            for d in denied
        ],
        "releases": _releases(context, document),
        "runs": [
            {"run_id": e.run_id, "at": iso(e.at), "status": e.body.get("status")}
            for e in lake.journal.entries("run")
            if e.run_id in runs
        ],
        "failed_checks": [
            {"check_id": e.body["check_id"], "severity": e.body["severity"], "at": iso(e.at)}
            for e in lake.journal.entries("failed_check", subject=newest["source_id"])
            if document in e.body.get("documents", e.body["sample"])
        ],
    }


def _chunk(context: Context, name: str) -> dict[str, Any] | None:
    rows = context.lake.gold.rows(
        "SELECT chunk_id, doc_id, content_hash, chunker_id, ordinal, start, t.end AS end, "
        "page_first, page_last, headings, tokens, embed_hash, run_id, text FROM t "
        f"WHERE chunk_id = {quoted([name])}"
    ).to_pylist()
    return rows[-1] if rows else None


def _document(context: Context, name: str) -> str | None:
    literal = quoted([name])
    rows = context.lake.bronze.rows(
        f"SELECT doc_id FROM t WHERE doc_id = {literal} OR uri = {literal} OR key = {literal} "
        "ORDER BY listed_at DESC LIMIT 1"
    ).to_pylist()
    return rows[0]["doc_id"] if rows else None


def _moved_from(context: Context, versions: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Follow a document through its renames, newest first."""
    trail: list[dict[str, str]] = []
    seen: set[str] = set()
    old = next((row["moved_from"] for row in reversed(versions) if row["moved_from"]), None)
    while old and old not in seen:
        seen.add(old)
        earlier = list(context.ledger.versions(old))
        if not earlier:
            break
        trail.append({"doc_id": old, "key": earlier[-1]["key"], "uri": earlier[-1]["uri"]})
        old = next((row["moved_from"] for row in reversed(earlier) if row["moved_from"]), None)
    return trail


def _releases(context: Context, document: str) -> list[dict[str, Any]]:
    """Return the kept releases that hold a document."""
    found: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        live = context.lake.pointers.live(index.id)
        for number, pointer in context.releases.published(index.id).items():
            manifest = context.releases.find(index.id, pointer.candidate)
            if manifest is None or document not in context.releases.served(manifest):
                continue
            found.append(
                {
                    "index": index.id,
                    "release": number,
                    "live": live is not None and live.candidate == pointer.candidate,
                    "published_at": pointer.at,
                    "as_of": manifest.as_of,
                    "verdict": manifest.verdict,
                    "stale": document in manifest.stale,
                    "run_id": manifest.run_id,
                    "code": manifest.code,
                }
            )
    return found
