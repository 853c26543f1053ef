"""One document: what it is, its versions, where it is served, what was found about it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from freshground.core.access import both
from freshground.core.clock import iso
from freshground.lake.tables import quoted, records
from freshground.service.admission.told import of_version, told
from freshground.service.lineage.reach import published
from freshground.service.lineage.versions import object_versions
from freshground.service.quarantine.listing import history
from freshground.service.views.documents.catalogue import catalogue, visible
from freshground.service.views.documents.near import near
from freshground.service.views.documents.text import cuts, passages
from freshground.service.views.readable import reads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.service.context import Context
    from freshground.service.views.documents.catalogue import Catalogue, Entry

_COPIES = 20
_CHECKS = 300
_SHOWN_CHECKS = 20


_PARTS = 100
"""Parts of a container that are named on its page."""


def document(
    context: Context,
    reader: frozenset[str] | None,
    doc_id: str,
    *,
    version: str = "",
    chunker: str = "",
    chunk: str = "",
    page: int = 1,
) -> dict[str, Any] | None:
    """Return all about a document, None where somebody may not know of it or there is none.

    `version` is a content hash, else the version served, or the newest; `chunk` an id that the page
    of the text is to hold. What is taken down has `doc_id`, `states` and `denial` alone.
    """
    whole = catalogue(context)
    entry = whole.by_id.get(doc_id)
    if entry is None or not visible(entry, reader):
        return None
    if entry.states[0] == "taken down":
        return _taken_down(entry, whole)
    rows = list(context.ledger.versions(doc_id))
    parsed = _parsed(context, doc_id)
    brought = [
        row for index in _indexes(context, entry) for row in published(context, index, doc_id)
    ]
    versions = _versions(entry, rows, parsed, brought)
    shown = _shown_version(entry, parsed, version)
    allowed = entry.open and reads(reader, _groups_of(entry, rows, shown))
    text = (
        _text(context, entry, shown, whole, chunker=chunker, chunk=chunk, page=page)
        if shown and allowed
        else None
    )
    return {
        **entry.as_dict(),
        "reason": entry.reason,
        "moved_from": _neighbour(whole, entry.row["moved_from"], reader),
        "moved_to": [
            e.as_dict()
            for e in whole.entries
            if e.row["moved_from"] == doc_id and visible(e, reader)
        ],
        "parent": _neighbour(whole, entry.row["parent"], reader),
        "parts": [
            e.as_dict()
            for e in whole.entries
            if e.row["parent"] == doc_id and e.states[0] != "deleted" and visible(e, reader)
        ][:_PARTS],
        "metadata": json.loads(entry.row["metadata"] or "{}") if allowed else {},
        "listed_at": iso(entry.row["listed_at"]),
        "first_seen": iso(rows[0]["listed_at"]),
        "touched_at": iso(entry.row["touched_at"]),
        "content_hash": entry.row["content_hash"],
        "served_hash": entry.content_hash,
        "version": _version(shown) if shown else None,
        "readable": allowed,
        "text": text,
        "versions": versions,
        "served": _served(context, entry, whole),
        "left_out": _left_out(whole, entry, reader),
        "copies": _copies(context, whole, entry, reader),
        "admission": _admission(context, entry, shown) if shown and allowed else None,
        "findings": _findings(context, entry),
        "quarantine": _quarantine(context, whole.aside.get(doc_id)),
    }


def _taken_down(entry: Entry, whole: Catalogue) -> dict[str, Any]:
    denial = whole.access.documents[entry.doc_id]
    return {
        "doc_id": entry.doc_id,
        "source": entry.source,
        "states": list(entry.states),
        "denial": {name: getattr(denial, name) for name in ("id", "kind", "at", "by", "comment")},
    }


def _indexes(context: Context, entry: Entry) -> list[Any]:
    return [index for index in context.settings.indexes if entry.source in index.sources]


def _parsed(context: Context, doc_id: str) -> list[dict[str, Any]]:
    return records(
        context.lake.silver.rows(
            "SELECT content_hash, silver_id, status, rule, reason, title, language, media_type, "
            f"pages, parsed_at, run_id FROM t WHERE doc_id = {quoted([doc_id])} ORDER BY parsed_at"
        )
    )


def _versions(
    entry: Entry,
    rows: Sequence[dict[str, Any]],
    parsed: Sequence[dict[str, Any]],
    brought: Sequence[dict[str, Any]],
) -> list[dict[str, Any]]:
    """Return the versions, newest first, each with what changed and the releases it came with."""
    found = object_versions(rows, parsed, [], brought, [])
    silver = {row["content_hash"]: row for row in parsed}
    before: dict[str, Any] | None = None
    for version in found:
        row = silver.get(version["content_hash"])
        version["changed"] = _changed(before, version)
        version["status"] = row["status"] if row else None
        version["set_aside"] = row["rule"] if row else None
        served = {"served", "stale"} & set(entry.states)
        version["served"] = bool(served) and version["content_hash"] == entry.content_hash
        before = version
    return found[::-1]


def _changed(before: Mapping[str, Any] | None, now: Mapping[str, Any]) -> list[str]:
    if before is None:
        return ["first seen"]
    if now["state"] == "deleted":
        return ["deleted at the source"]
    names = {"content_hash": "content", "groups": "access", "uri": "address", "state": "back again"}
    return [said for name, said in names.items() if before[name] != now[name]]


def _shown_version(
    entry: Entry, parsed: Sequence[dict[str, Any]], version: str
) -> dict[str, Any] | None:
    good = [row for row in parsed if row["status"] == "ok"]
    if version:
        return next((row for row in reversed(good) if row["content_hash"] == version), None)
    own = (entry.content_hash, entry.silver_id)
    for row in reversed(good):
        if (row["content_hash"], row["silver_id"]) == own:
            return row
    newest = entry.row["content_hash"]
    return next((row for row in reversed(good) if row["content_hash"] == newest), None)


def _groups_of(
    entry: Entry, rows: Sequence[dict[str, Any]], shown: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """Return who may read a version: those who may read the document now, and could read it then.

    A version that is served is read by whom the document is left to, as in a query.
    """
    if shown is None or shown["content_hash"] in (entry.content_hash, entry.row["content_hash"]):
        return entry.groups
    then = next((r for r in reversed(rows) if r["content_hash"] == shown["content_hash"]), None)
    return () if then is None else both(entry.groups, tuple(then["groups"]))


def _version(row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("content_hash", "silver_id", "title", "language", "media_type", "pages")
    return {**{name: row[name] for name in names}, "parsed_at": iso(row["parsed_at"])}


def _text(
    context: Context,
    entry: Entry,
    version: Mapping[str, Any],
    whole: Catalogue,
    *,
    chunker: str,
    chunk: str,
    page: int,
) -> dict[str, Any] | None:
    content, silver_id = version["content_hash"], version["silver_id"]
    table = context.lake.silver.rows(
        f"SELECT text, elements FROM t WHERE doc_id = {quoted([entry.doc_id])} "
        f"AND content_hash = {quoted([content])} AND silver_id = {quoted([silver_id])} "
        "AND status = 'ok' LIMIT 1"
    )
    if not table.num_rows:
        return None
    text = table.column("text")[0].as_py()
    rows = _once(cuts(context, entry.doc_id, content, silver_id).to_pylist())
    chunkers = sorted({row["chunker_id"] for row in rows})
    live = [
        whole.live[index.id][1].chunker_id
        for index in _indexes(context, entry)
        if index.id in whole.live
    ]
    named = next((row["chunker_id"] for row in rows if row["chunk_id"] == chunk), chunker)
    wanted = [name for name in (named, *live, *chunkers) if name in chunkers]
    own = [row for row in rows if row["chunker_id"] == wanted[0]] if wanted else []
    denied = {row["chunk_id"] for row in own} & whole.access.chunks.keys()
    return {
        **passages(
            text,
            table.column("elements").combine_chunks().flatten(),
            own,
            denied=denied,
            chunk=chunk,
            page=page,
        ),
        "characters": len(text),
        "tokens": sum(row["tokens"] for row in own),
        "elements": len(table.column("elements")[0]),
        "chunker": wanted[0] if wanted else None,
        "chunkers": chunkers,
    }


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return chunks without those that a second worker wrote as well."""
    found = {(row["chunker_id"], row["ordinal"]): row for row in reversed(rows)}
    return [found[key] for key in sorted(found)]


def _served(context: Context, entry: Entry, whole: Catalogue) -> list[dict[str, Any]]:
    """Return each index over the source: whether its live release holds the document, for whom."""
    found: list[dict[str, Any]] = []
    for index in _indexes(context, entry):
        live = whole.live.get(index.id)
        own = live[2].get(entry.doc_id) if live else None
        found.append(
            {
                "index": index.id,
                "release": live[0].release if live else None,
                "held": own is not None,
                "chunks": own.chunks if own else 0,
                "groups": list(entry.groups) if own else [],
                "stale": live is not None and entry.doc_id in live[1].stale,
                "as_of": live[1].as_of if live else None,
            }
        )
    return found


def _copies(
    context: Context, whole: Catalogue, entry: Entry, reader: frozenset[str] | None
) -> dict[str, Any]:
    """Return other documents of the same bytes, of those that somebody may read.

    Of others there is no count: who may write a document could ask by it what they hold.
    """
    named = [
        e
        for e in whole.by_content.get(entry.row["content_hash"], ())
        if e.doc_id != entry.doc_id
        and entry.states[0] != "deleted"
        and visible(e, reader)
        and e.open
    ]
    return {
        "near": near(context, whole, entry, reader)[:_COPIES],
        "rows": [e.as_dict() for e in named[:_COPIES]],
        "found": len(named),
    }


def _left_out(
    whole: Catalogue, entry: Entry, reader: frozenset[str] | None
) -> list[dict[str, Any]]:
    """Return the indexes that leave the document out, with the one that stands for it there."""
    return [
        {"index": index, "twin": _neighbour(whole, of[entry.doc_id], reader)}
        for index, of in whole.twins.items()
        if entry.doc_id in of
    ]


def _neighbour(
    whole: Catalogue, doc_id: str | None, reader: frozenset[str] | None
) -> dict[str, Any] | None:
    entry = whole.by_id.get(doc_id or "")
    return entry.as_dict() if entry is not None and visible(entry, reader) else None


def _admission(
    context: Context, entry: Entry, shown: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    rows = told(context, entry.source, entry.doc_id)
    return of_version(rows, shown["content_hash"], shown["silver_id"])


def _findings(context: Context, entry: Entry) -> list[dict[str, Any]]:
    """Return the failed checks that named the document, newest first."""
    found = []
    for failed in context.lake.journal.entries("failed_check", subject=entry.source, last=_CHECKS):
        named = failed.body.get("documents", {})
        if entry.doc_id not in named and entry.doc_id not in failed.body["sample"]:
            continue
        content = named.get(entry.doc_id)
        found.append(
            {
                "check_id": failed.body["check_id"],
                "layer": failed.body["layer"],
                "severity": failed.body["severity"],
                "detail": failed.body["detail"],
                "at": iso(failed.at),
                "run_id": failed.run_id,
                "content_hash": content,
                "present": content in (None, entry.row["content_hash"]),
            }
        )
    return found[::-1][:_SHOWN_CHECKS]


def _quarantine(context: Context, row: dict[str, Any] | None) -> dict[str, Any] | None:
    return {**row, "history": history(context, row)} if row else None
