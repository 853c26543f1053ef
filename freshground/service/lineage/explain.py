"""`explain`: both ways between what is served and where it came from.

From a chunk or document back to its versions, runs, checks and settings; and from an object of a
source forward to every release and chunk that it reached. Times are ISO 8601 in UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.lake.denials import version_name
from freshground.lake.tables import quoted, records
from freshground.service.admission.told import told
from freshground.service.denial.overlay import REFLECTED
from freshground.service.lineage.moves import moves, trail_back, trail_on
from freshground.service.lineage.naming import named
from freshground.service.lineage.parts import place_of
from freshground.service.lineage.present import present
from freshground.service.lineage.reach import Reached, by_index, published, reached
from freshground.service.lineage.versions import object_versions

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from freshground.lake.denials import Denial
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_WITHHELD = ("text", "headings")


def explain(context: Context, name: str) -> dict[str, Any]:
    """Trace a chunk_id, doc_id, uri, key or `source/key`.

    ConfigError when the lake knows no such thing, or a key names several documents.
    """
    found = named(context, name)
    document = found.document()
    doc_id = document.doc_id
    rows = list(context.ledger.versions(doc_id))
    parsed = _parsed(context, doc_id)
    cut = _cut(context, doc_id)
    brought, releases = _reached(context, doc_id, rows, parsed)
    own = {row["chunk_id"] for row in cut}
    denied = [
        denial
        for denial in context.lake.denials.active()
        if doc_id in denial.doc_ids or own.intersection(denial.chunk_ids)
    ]
    out = any(
        denial.kind not in REFLECTED and (doc_id in denial.doc_ids or name in denial.chunk_ids)
        for denial in denied
    )
    refused = {name for denial in denied for name in denial.versions if denial.kind == "withdrawn"}
    runs = {row["run_id"] for row in (*rows, *parsed, *cut)}
    runs |= {release.manifest.run_id for release in releases if release.manifest}
    stages = context.lake.journal.entries("stage", runs=runs)
    return {
        "chunk": _chunk(
            context,
            found.chunk_id,
            cut,
            releases,
            withheld=out or _all_refused(found.chunk_id, cut, doc_id, refused),
        ),
        "document": {
            "doc_id": doc_id,
            "source": document.source_id,
            "key": document.key,
            "uri": document.uri,
            "state": rows[-1]["state"],
            "groups": rows[-1]["groups"],
            **_moved(context, document.source_id, doc_id),
            **place_of(context, rows[-1]),
        },
        "present": present(context, document.source_id, doc_id),
        "object_versions": object_versions(rows, parsed, cut, brought, stages),
        "document_versions": [
            # Content that is denied is for nobody, the owner included.
            {
                **row,
                "title": None if out or _version(doc_id, row) in refused else row["title"],
                "parsed_at": iso(row["parsed_at"]),
            }
            for row in parsed
        ],
        "admission": told(context, document.source_id, doc_id),
        "chunks": _chunks(cut, releases),
        "publications": brought,
        "releases": [_release(context, release, found.chunk_id, cut) for release in releases],
        "denials": [_denial(denial) for denial in denied],
        "runs": _runs(context, runs, stages),
        "checks": _checks(context, document.source_id, runs),
        "failed_checks": [
            {"check_id": e.body["check_id"], "severity": e.body["severity"], "at": iso(e.at)}
            for e in context.lake.journal.entries("failed_check", subject=document.source_id)
            if doc_id in e.body.get("documents", e.body["sample"])
        ],
    }


def _version(doc_id: str, row: Mapping[str, Any]) -> str:
    return version_name(doc_id, row["content_hash"], row["silver_id"])


def _all_refused(
    chunk_id: str | None, cut: Sequence[dict[str, Any]], doc_id: str, refused: Collection[str]
) -> bool:
    """Return whether admission keeps from everybody each version that a chunk is part of."""
    return all(_version(doc_id, row) in refused for row in cut if row["chunk_id"] == chunk_id)


def _reached(
    context: Context,
    doc_id: str,
    rows: Sequence[dict[str, Any]],
    parsed: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], list[Reached]]:
    """Return what was published of a document, and the releases that hold or held it."""
    brought: list[dict[str, Any]] = []
    releases: list[Reached] = []
    for index in context.settings.indexes:
        own = published(context, index, doc_id)
        brought += own
        releases += reached(context, index, doc_id, rows, parsed, own)
    return brought, releases


def _parsed(context: Context, doc_id: str) -> list[dict[str, Any]]:
    return records(
        context.lake.silver.rows(
            "SELECT content_hash, silver_id, status, rule, reason, title, language, media_type, "
            f"pages, parsed_at, run_id FROM t WHERE doc_id = {quoted([doc_id])} "
            "ORDER BY parsed_at"
        )
    )


def _cut(context: Context, doc_id: str) -> list[dict[str, Any]]:
    return context.lake.gold.rows(
        "SELECT chunk_id, content_hash, silver_id, chunker_id, ordinal, start, t.end AS end, "
        "page_first, page_last, tokens, embed_hash, run_id FROM t "
        f"WHERE doc_id = {quoted([doc_id])} ORDER BY content_hash, silver_id, chunker_id, ordinal"
    ).to_pylist()


def _chunk(
    context: Context,
    chunk_id: str | None,
    cut: Sequence[dict[str, Any]],
    releases: Sequence[Reached],
    *,
    withheld: bool,
) -> dict[str, Any] | None:
    """Return a chunk with its place in each document version that it is part of."""
    if chunk_id is None:
        return None
    places = [row for row in cut if row["chunk_id"] == chunk_id]
    newest = next((r for r in reversed(releases) if any(map(r.holds, places))), None)
    place = next((row for row in places if newest and newest.holds(row)), places[-1])
    content = context.lake.gold.rows(
        f"SELECT text, headings FROM t WHERE chunk_id = {quoted([chunk_id])} LIMIT 1"
    ).to_pylist()[0]
    return {
        **place,
        **(dict.fromkeys(_WITHHELD) if withheld else content),
        "versions": [
            {
                **{k: row[k] for k in ("content_hash", "silver_id", "chunker_id", "run_id")},
                **{k: row[k] for k in ("ordinal", "start", "end", "page_first", "page_last")},
                "releases": by_index(r for r in releases if r.holds(row)),
            }
            for row in places
        ],
    }


def _chunks(cut: Sequence[dict[str, Any]], releases: Sequence[Reached]) -> list[dict[str, Any]]:
    """Return every chunk that was ever cut, with the releases that it reached by index."""
    places: dict[str, list[dict[str, Any]]] = {}
    for row in cut:
        places.setdefault(row["chunk_id"], []).append(row)
    return [
        {
            "chunk_id": chunk_id,
            "content_hashes": sorted({row["content_hash"] for row in rows}),
            "releases": by_index(r for r in releases if any(map(r.holds, rows))),
        }
        for chunk_id, rows in places.items()
    ]


def _moved(context: Context, source_id: str, doc_id: str) -> dict[str, list[dict[str, Any]]]:
    """Return the names before and after, nearest first, with the releases reached under each."""
    found = moves(context, source_id)
    back, on = trail_back(found, doc_id), trail_on(found, doc_id)
    objects = context.ledger.objects(source_id)

    def step(other: str, at: Any) -> dict[str, Any]:
        row = objects[other]
        versions = list(context.ledger.versions(other))
        _, releases = _reached(context, other, versions, _parsed(context, other))
        return {
            "doc_id": other,
            "key": row["key"],
            "uri": row["uri"],
            "listed_at": iso(at),
            "releases": by_index(releases),
        }

    return {
        "moved_from": [step(move.old, move.at) for move in back],
        "moved_to": [step(move.new, move.at) for move in on],
    }


def _release(
    context: Context,
    release: Reached,
    chunk_id: str | None,
    cut: Sequence[dict[str, Any]],
) -> dict[str, Any]:
    manifest = release.manifest
    live = context.lake.pointers.live(release.index)
    row: dict[str, Any] = {
        "index": release.index,
        "release": release.release,
        "live": live is not None and live.candidate == release.candidate,
        "kept": manifest is not None,
        "content_hash": release.content_hash,
        "silver_id": release.silver_id,
        "groups": None if release.groups is None else list(release.groups),
        "stale": release.stale,
        "published_at": release.serving[0][0] if release.serving else None,
        "serving": [{"from": start, "until": end} for start, end in release.serving],
        "canary": [{"from": start, "until": end} for start, end in release.canary],
        "as_of": manifest.as_of if manifest else None,
        "verdict": manifest.verdict if manifest else None,
        "failed_gates": [g["check_id"] for g in manifest.gates if not g["passed"]]
        if manifest
        else None,
        "chunker_id": manifest.chunker_id if manifest else None,
        "run_id": manifest.run_id if manifest else None,
        "code": manifest.code if manifest else None,
        "settings": manifest.settings if manifest else None,
    }
    if chunk_id is not None:
        own = [place for place in cut if place["chunk_id"] == chunk_id]
        row["holds_chunk"] = any(map(release.holds, own))
    return row


def _denial(denial: Denial) -> dict[str, Any]:
    return {
        "id": denial.id,
        "kind": denial.kind,
        "groups": list(denial.groups),
        "chunks": list(denial.chunk_ids),
        "at": denial.at,
        "by": denial.by,
        "comment": denial.comment,
    }


def _runs(context: Context, runs: Collection[str], stages: Sequence[Entry]) -> list[dict[str, Any]]:
    """Return the runs that took part, oldest first, with who ran which code and settings."""
    found: dict[str, dict[str, Any]] = {}
    for entry in stages:
        row = found.setdefault(
            entry.run_id,
            {
                "run_id": entry.run_id,
                "at": iso(entry.at),
                "status": None,
                **{name: entry.body.get(name) for name in ("by", "code", "settings")},
                "stages": [],
            },
        )
        row["stages"].append(entry.body["stage"])
    for entry in context.lake.journal.entries("run", runs=runs):
        if entry.run_id in found:
            found[entry.run_id]["status"] = entry.body["status"]
    return list(found.values())


def _checks(context: Context, source_id: str, runs: Collection[str]) -> list[dict[str, Any]]:
    """Return the checks of those runs over the layers of a source, and over its indexes."""
    own = {source_id, *(i.id for i in context.settings.indexes if source_id in i.sources)}
    return [
        {
            "check_id": entry.body["check_id"],
            "stage": entry.body["stage"],
            "subject": entry.subject,
            "severity": entry.body["severity"],
            "passed": entry.body["passed"],
            "at": iso(entry.at),
            "run_id": entry.run_id,
        }
        for entry in context.lake.journal.entries("check", "failed_check", runs=runs)
        if entry.subject in own
    ]
