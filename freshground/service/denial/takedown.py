"""Taking content down, and putting it back: at once, on every release, and out of the next ones.

A document is followed through renames: its older names, which older releases hold, and its later
ones. What lies in it, such as the attachments of a message, goes with it. A chunk is denied by its id, which an edit, a rename or another chunking changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.errors import ConfigError
from freshground.lake.tables import quoted
from freshground.service.lineage.moves import family, standing
from freshground.service.lineage.naming import named
from freshground.service.lineage.parts import parts_of
from freshground.service.quarantine.aside import without_rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        _record(context, "takedown", denial, comment)
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
        _record(context, "restore", denial, comment)
    return {"restored": [denial.as_dict() for denial in found], "by": context.by}


def denials(context: Context) -> list[dict[str, Any]]:
    """Return what is denied now, oldest first, with addresses as far as the lake knows them."""
    return [
        {**denial.as_dict(), "known_as": _known_as(context, denial)}
        for denial in context.lake.denials.active()
    ]


def withhold(context: Context, source_id: str, documents: Sequence[Current]) -> list[Current]:
    """Return a source's documents with those that are taken down or rejected set aside.

    Renames made since a take-down are followed, and denied as well.
    """
    documents = without_rejected(context, source_id, documents)
    out = {
        document: denial
        for denial in context.lake.denials.active()
        if denial.kind in _OUT
        for document in denial.doc_ids
    }
    if not out:
        return documents
    here = {document.doc_id for document in documents}
    for old, new, _ in standing(context, source_id, out):
        if old in out and new in here and new not in out:
            denial = context.lake.denials.add(
                out[old].kind,
                doc_ids=[new],
                source_id=source_id,
                by=out[old].by,
                comment=f"renamed; see {out[old].id}",
            )
            out[new] = denial
    _with_later_parts(context, source_id, documents, out)
    return [_aside(d, out[d.doc_id]) if d.doc_id in out else d for d in documents]


def _with_later_parts(
    context: Context, source_id: str, documents: Sequence[Current], out: dict[str, Denial]
) -> None:
    """Deny what has come to lie in a container since that was taken down."""
    parents = {d.doc_id: d.row["parent"] for d in documents if d.row["parent"] is not None}
    fresh: dict[str, list[str]] = {}
    for document in parents:
        above = parents[document]
        while above is not None and above not in out:
            above = parents.get(above)
        if above is not None and document not in out:
            fresh.setdefault(above, []).append(document)
    for above, found in fresh.items():
        denial = context.lake.denials.add(
            out[above].kind,
            doc_ids=found,
            source_id=source_id,
            by=out[above].by,
            comment=f"lies in what is taken down; see {out[above].id}",
        )
        out.update(dict.fromkeys(found, denial))


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
    """Return the chunk ids or the doc_ids that a name stands for, under all their names."""
    found = named(context, name)
    if found.chunk_id is not None:
        return [found.chunk_id], []
    documents = {document.doc_id for document in found.documents}
    for source_id in {document.source_id for document in found.documents}:
        documents |= family(context, source_id, documents)
        documents |= parts_of(context, source_id, documents)
    return [], sorted(documents)


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


def _record(context: Context, kind: str, denial: Denial, comment: str) -> None:
    body = {
        "denial": denial.id,
        "doc_ids": list(denial.doc_ids),
        "chunk_ids": list(denial.chunk_ids),
        "by": context.by,
        "comment": comment,
    }
    context.lake.journal.add(context.run_id, kind, denial.source_id, body)
    context.lake.journal.commit()
