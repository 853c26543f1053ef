"""Documents that a release brought, changed or dropped, as far as somebody may see them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.lake.tables import quoted, records
from freshground.service.asking import past
from freshground.service.lineage.diff import differing, moves
from freshground.service.views.paging import paged
from freshground.service.views.readable import objects

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.views.readable import Sight

_ORDER = ("added", "edited", "changed", "moved", "described", "removed")


def brought(
    context: Context, index: IndexSettings, candidate: str, seen: Sight, page: int = 1
) -> dict[str, Any]:
    """Return what a candidate brought, as noted when it was made: one page, by kind and uri.

    Kinds are added, edited, described (other readers) and removed; `counts` has them all, `hidden`
    counts documents that somebody may not see. Rewriting a document in another way, by a new
    chunker say, brings nothing.
    """
    table = context.lake.publications.rows(
        "SELECT doc_id, change, since FROM t "
        f"WHERE index_id = {quoted([index.id])} AND candidate = {quoted([candidate])}"
    )
    found = [
        {"doc_id": row["doc_id"], "change": row["change"], "since": iso(row["since"])}
        for row in records(table)
    ]
    return _shown(context, index, found, seen, page)


def compared(
    context: Context, index: IndexSettings, one: int, other: int, seen: Sight, page: int = 1
) -> dict[str, Any]:
    """Return the documents in which two releases differ: one page, by kind and uri.

    `counts` are those of `freshground diff`. ConfigError when a release is gone or never was.
    """
    before, after = past.numbered(context, index, one), past.numbered(context, index, other)
    old, new = context.releases.served(before), context.releases.served(after)
    added, changed, removed = differing(old, new)
    moved = moves(added, removed, objects(context, index.sources))
    sizes = {"added": added, "changed": changed, "removed": removed - set(moved.values())}
    found = [
        {
            "doc_id": doc_id,
            "change": "moved" if doc_id in moved else kind,
            "moved_from": moved.get(doc_id),
            "before": _chunks(old, moved.get(doc_id, doc_id)),
            "after": _chunks(new, doc_id),
        }
        for kind, documents in sizes.items()
        for doc_id in documents
    ]
    return _shown(context, index, found, seen, page)


def _chunks(held: dict[str, Any], doc_id: str) -> int | None:
    return held[doc_id].chunks if doc_id in held else None


def _shown(
    context: Context, index: IndexSettings, found: list[dict[str, Any]], seen: Sight, page: int
) -> dict[str, Any]:
    """Return a page of rows with their addresses, and how many of each kind there are."""
    rows = objects(context, index.sources)
    visible = [
        row | {"uri": rows[row["doc_id"]]["uri"], "source": rows[row["doc_id"]]["source_id"]}
        for row in found
        if seen.row(rows.get(row["doc_id"]))
        and (row.get("moved_from") is None or seen.row(rows.get(row["moved_from"])))
    ]
    visible.sort(key=lambda row: (_ORDER.index(row["change"]), row["uri"]))
    counts = Counter(row["change"] for row in found)
    shown = paged(visible, page)
    for row in shown["rows"]:
        old = row.get("moved_from")
        row["moved_from"] = rows[old]["uri"] if old else None
    return {
        **shown,
        "counts": {kind: counts[kind] for kind in _ORDER if counts[kind]},
        "hidden": len(found) - len(visible),
    }
