"""Containers and what lies in them: archives, mailboxes, messages with attachments."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from freshground.service.context import Context


def parts_of(context: Context, source_id: str, documents: Collection[str]) -> set[str]:
    """Return the doc_ids of all that lies, or lay, in some objects of a source, at any depth."""
    below: dict[str, list[str]] = defaultdict(list)
    for document, row in context.ledger.objects(source_id).items():
        if row["parent"] is not None:
            below[row["parent"]].append(document)
    found: set[str] = set()
    wave = set(documents) if below else set()
    while wave:
        wave = {part for document in wave for part in below.get(document, ())} - found
        found |= wave
    return found - set(documents)


def place_of(context: Context, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a document lies in (doc_id, key, uri, or None) and how many live parts it has.

    `row` is a bronze row of it.
    """
    objects = context.ledger.objects(row["source_id"])
    parent = objects.get(row["parent"]) if row["parent"] else None
    return {
        "parent": parent and {name: parent[name] for name in ("doc_id", "key", "uri")},
        "parts": sum(
            r["state"] == "live" and r["parent"] == row["doc_id"] for r in objects.values()
        ),
    }
