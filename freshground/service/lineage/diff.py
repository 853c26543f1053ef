"""`diff`: what differs between two releases of an index, by document and chunk. Ids, no text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.lake.tables import quoted
from freshground.service.asking import past
from freshground.service.asking.serving import row_ids

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from indexes.plan import Served
    from indexes.release import Manifest

_AT_ONCE = 2000


def diff(context: Context, index: IndexSettings, one: int, other: int) -> dict[str, Any]:
    """Return what release `other` has that `one` has not, and the other way round.

    Each document with its uri, its chunks added and removed, and the number of chunks that keep
    their id and differ in metadata, access or place. A rename is one entry, with `moved_from`.
    ConfigError when a release is gone or never was.
    """
    before, after = past.numbered(context, index, one), past.numbered(context, index, other)
    old, new = context.releases.served(before), context.releases.served(after)
    added, changed, removed = differing(old, new)
    names = _names(context, [*changed, *added, *removed])
    held_before = _chunks(context, index, before, [*changed, *removed])
    held_after = _chunks(context, index, after, [*changed, *added])
    moved = moves(added, removed, names)
    rows: list[dict[str, Any]] = []
    for document in [*changed, *added, *removed]:
        if document in moved.values():
            continue
        source = moved.get(document)
        was, now = held_before.get(source or document, {}), held_after.get(document, {})
        kind = "moved" if source else _kind(document, added, removed)
        rows.append(
            {
                "change": kind,
                "doc_id": document,
                "source": names[document]["source_id"],
                "uri": names[document]["uri"],
                "moved_from": names[source]["uri"] if source else None,
                "chunks_added": sorted(now.keys() - was.keys()),
                "chunks_removed": sorted(was.keys() - now.keys()),
                "chunks_redescribed": sum(was[c] != now[c] for c in was.keys() & now.keys()),
            }
        )
    rows.sort(key=lambda row: (row["change"], row["uri"]))
    return {
        "index": index.id,
        "from": one,
        "to": other,
        "same_recipe": before.recipe == after.recipe,
        "counts": {
            kind: sum(row["change"] == kind for row in rows)
            for kind in ("added", "changed", "moved", "removed")
        },
        "documents": rows,
    }


def differing(
    old: Mapping[str, Served], new: Mapping[str, Served]
) -> tuple[set[str], list[str], set[str]]:
    """Return the documents that are added, changed and removed between two releases."""
    changed = sorted(d for d in old.keys() & new.keys() if old[d].rows_hash != new[d].rows_hash)
    return new.keys() - old.keys(), changed, old.keys() - new.keys()


def moves(
    added: Collection[str], removed: Collection[str], names: Mapping[str, Mapping[str, Any]]
) -> dict[str, str]:
    """Return the documents that are renamed ones, with what they were."""
    found = {d: names[d]["moved_from"] for d in added if d in names}
    return {document: old for document, old in found.items() if old in removed}


def _kind(document: str, added: Collection[str], removed: Collection[str]) -> str:
    return "added" if document in added else "removed" if document in removed else "changed"


def _chunks(
    context: Context, index: IndexSettings, manifest: Manifest, documents: list[str]
) -> dict[str, dict[str, str]]:
    """Return row hashes by chunk_id by doc_id."""
    found: dict[str, dict[str, str]] = {}
    for row in row_ids(context, index, manifest, documents):
        found.setdefault(row["doc_id"], {})[row["chunk_id"]] = row["row_hash"]
    return found


def _names(context: Context, documents: list[str]) -> dict[str, dict[str, Any]]:
    """Return source, newest uri and old name of documents, by doc_id."""
    found: dict[str, dict[str, Any]] = {
        d: {"source_id": "", "uri": d, "moved_from": None} for d in documents
    }
    for start in range(0, len(documents), _AT_ONCE):
        rows = context.lake.bronze.rows(
            "SELECT doc_id, source_id, uri, moved_from FROM t "
            f"WHERE doc_id IN ({quoted(documents[start : start + _AT_ONCE])}) ORDER BY listed_at"
        )
        found.update({row["doc_id"]: row for row in rows.to_pylist()})
    return found
