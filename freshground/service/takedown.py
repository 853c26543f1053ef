"""Taking content down, and putting it back: at once, on every release, and out of the next ones.

A document is followed through renames: its older names, which older releases hold, and its later
ones. A chunk is denied by its id, which an edit, a rename or another chunking changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.errors import ConfigError
from freshground.lake.tables import quoted, records

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from freshground.lake.denials import Denial
    from freshground.lake.ledger import Current
    from freshground.service.context import Context

TAKEN_DOWN = "taken down"
"""The rule under which accounting and quarantine show a document that is taken down or erased."""

_OUT = ("takedown", "erased")


def takedown(context: Context, name: str, *, comment: str = "") -> dict[str, Any]:
    """Serve a document (uri, key or doc_id) or chunk (chunk_id) no more. Durable on return.

    ConfigError when the lake knows no such thing, or a key names several documents.
    """
    chunks, documents = _named(context, name)
    found = [
        denial
        for denial in context.lake.denials.active()
        if denial.kind in _OUT
        and (set(chunks) <= set(denial.chunk_ids) if chunks else not denial.chunk_ids)
        and set(documents) <= set(denial.doc_ids)
    ]
    denial = found[0] if found else None
    if denial is None:
        source_id = _row(context, documents or [_document_of(context, chunks[0])])["source_id"]
        denial = context.lake.denials.add(
            "takedown",
            chunk_ids=chunks,
            doc_ids=documents,
            source_id=source_id,
            by=context.by,
            comment=comment,
        )
        _record(context, "takedown", denial)
    return {
        **denial.as_dict(),
        "known_as": _known_as(context, denial),
        "same_bytes": _same_bytes(context, documents),
    }


def restore(context: Context, name: str, *, comment: str = "") -> dict[str, Any]:
    """Lift every take-down of a document or chunk, or the one of that id.

    Queries see it at once where a release still holds it; else the next release does.

    ConfigError when nothing of it is taken down, or it is erased.
    """
    active = [d for d in context.lake.denials.active() if d.kind in _OUT]
    found = [d for d in active if d.id == name]
    if not found:
        chunks, documents = _named(context, name)
        wanted = {*chunks, *documents}
        found = [d for d in active if wanted & {*d.chunk_ids, *d.doc_ids}]
    if not found:
        raise ConfigError(f"{name!r} is not taken down.", "See `freshground denials`.")
    if any(denial.kind == "erased" for denial in found):
        raise ConfigError(f"{name!r} is erased.", "What is erased does not come back.")
    for denial in found:
        context.lake.denials.lift(denial, by=context.by, comment=comment)
        _record(context, "restore", denial)
    return {"restored": [denial.as_dict() for denial in found], "by": context.by}


def denials(context: Context) -> list[dict[str, Any]]:
    """Return what is denied now, oldest first, with addresses as far as the lake knows them."""
    return [
        {**denial.as_dict(), "known_as": _known_as(context, denial)}
        for denial in context.lake.denials.active()
    ]


def withhold(context: Context, source_id: str, documents: Sequence[Current]) -> list[Current]:
    """Return a source's documents with those that are taken down set aside.

    Renames made since then are followed, and denied as well.
    """
    out = {
        document: denial
        for denial in context.lake.denials.active()
        if denial.kind in _OUT
        for document in denial.doc_ids
    }
    if not out:
        return list(documents)
    here = {document.doc_id for document in documents}
    for old, new in _renames(context, source_id, out):
        if old in out and new in here and new not in out:
            denial = context.lake.denials.add(
                out[old].kind,
                doc_ids=[new],
                source_id=source_id,
                by=out[old].by,
                comment=f"renamed; see {out[old].id}",
            )
            out[new] = denial
    return [_aside(d, out[d.doc_id]) if d.doc_id in out else d for d in documents]


def _aside(document: Current, denial: Denial) -> Current:
    why = f" ({denial.comment})" if denial.comment else ""
    return replace(
        document,
        state="quarantined",
        content_hash=None,
        silver_id=None,
        stale=False,
        rule=TAKEN_DOWN,
        reason=f"Taken down by {denial.by}{why}. To serve it again: freshground restore "
        f"{document.doc_id}",
        quarantined_at=parse_iso(denial.at),
    )


def _named(context: Context, name: str) -> tuple[list[str], list[str]]:
    """Return the chunk ids or the doc_ids that a name stands for."""
    literal = quoted([name])
    found = context.lake.gold.rows(f"SELECT chunk_id FROM t WHERE chunk_id = {literal} LIMIT 1")
    if found.num_rows:
        return [name], []
    rows = context.lake.bronze.rows(
        "SELECT DISTINCT doc_id, source_id, key, uri FROM t "
        f"WHERE doc_id = {literal} OR uri = {literal} OR key = {literal}"
    ).to_pylist()
    if not rows:
        raise ConfigError(
            f"The lake knows no chunk, document or address {name!r}.",
            "Take a chunk_id, doc_id or uri from `freshground query --json`.",
        )
    # One address listed by two sources is one thing; one key in two sources is not.
    exact = {row["doc_id"] for row in rows if name in (row["doc_id"], row["uri"])}
    documents = exact or {row["doc_id"] for row in rows}
    if not exact and len(documents) > 1:
        uris = ", ".join(sorted({row["uri"] for row in rows}))
        raise ConfigError(f"{name!r} names {len(documents)} documents.", f"Name one: {uris}.")
    for source_id in {row["source_id"] for row in rows if row["doc_id"] in documents}:
        documents |= _family(context, source_id, documents)
    return [], sorted(documents)


def _family(context: Context, source_id: str, documents: Collection[str]) -> set[str]:
    """Return the earlier and later names of documents."""
    found = set(documents)
    pairs = _renames(context, source_id, None)
    while more := {n for pair in pairs if found & set(pair) for n in pair} - found:
        found |= more
    return found


def _renames(
    context: Context, source_id: str, among: Collection[str] | None
) -> list[tuple[str, str]]:
    """Return (old, new) doc_ids of renames, oldest first; none when `among` names no old one.

    A name that was used again since then stands for another document, and is left out.
    """
    objects = context.ledger.objects(source_id)
    if among is not None and not any(
        d in objects and objects[d]["state"] == "deleted" for d in among
    ):
        return []
    rows = records(
        context.lake.bronze.rows(
            "SELECT doc_id, moved_from, min(listed_at) AS at FROM t WHERE moved_from IS NOT NULL "
            f"AND source_id = {quoted([source_id])} GROUP BY doc_id, moved_from ORDER BY at"
        )
    )
    return [
        (row["moved_from"], row["doc_id"])
        for row in rows
        if (old := objects.get(row["moved_from"])) is not None
        and old["state"] == "deleted"
        and old["listed_at"] == row["at"]
    ]


def _document_of(context: Context, chunk: str) -> str:
    rows = context.lake.gold.rows(
        f"SELECT doc_id FROM t WHERE chunk_id = {quoted([chunk])} LIMIT 1"
    )
    return rows.column("doc_id")[0].as_py()


def _row(context: Context, documents: Sequence[str]) -> dict[str, Any]:
    return list(context.ledger.versions(documents[0]))[-1]


def _known_as(context: Context, denial: Denial) -> list[str]:
    documents = list(denial.doc_ids[:20]) or [_document_of(context, c) for c in denial.chunk_ids]
    rows = context.lake.bronze.rows(
        f"SELECT DISTINCT uri FROM t WHERE doc_id IN ({quoted(documents)}) ORDER BY uri"
    )
    return rows.column("uri").to_pylist()


def _same_bytes(context: Context, documents: Sequence[str]) -> list[str]:
    """Return the uris of other live documents that hold the same bytes: they are still served."""
    if not documents:
        return []
    objects = {
        k: row for s in context.settings.source_ids for k, row in context.ledger.live(s).items()
    }
    held = {
        version["content_hash"]
        for document in documents
        for version in context.ledger.versions(document)
    }
    return sorted(
        row["uri"]
        for document, row in objects.items()
        if document not in documents and row["content_hash"] in held
    )


def _record(context: Context, kind: str, denial: Denial) -> None:
    body = {
        "denial": denial.id,
        "doc_ids": list(denial.doc_ids),
        "chunk_ids": list(denial.chunk_ids),
        "by": context.by,
        "comment": denial.comment,
    }
    context.lake.journal.add(context.run_id, kind, denial.source_id, body)
    context.lake.journal.commit()
