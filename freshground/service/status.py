"""What operators ask: the releases of an index, and what is set aside. How it is: `views`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.asking import canary
from freshground.service.denial.takedown import withhold
from freshground.service.releases.holding import rollback

__all__ = ["quarantined", "releases", "rollback"]

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def releases(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return the kept releases of an index, newest first, gates included."""
    live = context.lake.pointers.live(index.id)
    first: dict[str, str] = {}
    for pointer in context.lake.pointers.history(index.id):
        first.setdefault(pointer.candidate, pointer.at)
    rows: list[dict[str, Any]] = []
    for number, pointer in context.releases.published(index.id).items():
        manifest = context.releases.find(index.id, pointer.candidate)
        if manifest is None:
            continue
        rows.append(
            {
                "index": index.id,
                "release": number,
                "live": live is not None and live.candidate == pointer.candidate,
                "published_at": first[pointer.candidate],  # its rollbacks come later
                "by": manifest.by,
                "parent": manifest.parent,
                "as_of": manifest.as_of,
                "verdict": manifest.verdict,
                "counts": manifest.counts,
                "gates": manifest.gates,
                "canary": context.releases.noted(manifest, canary.NOTE),
                "release_hash": manifest.release_hash,
                "space": manifest.space["id"],
            }
        )
    return rows[::-1]


def quarantined(context: Context) -> list[dict[str, Any]]:
    """Return every live document that is set aside, by source and key."""
    rows = [
        _aside(source_id, document)
        for source_id in context.settings.source_ids
        for document in withhold(
            context, source_id, context.ledger.current(source_id, context.silver_id(source_id))
        )
        if document.state == "quarantined"
    ]
    return sorted(rows, key=lambda row: (row["source"], row["key"]))


def _aside(source_id: str, document: Current) -> dict[str, Any]:
    return {
        "source": source_id,
        "key": document.row["key"],
        "uri": document.row["uri"],
        "rule": document.rule,
        "reason": document.reason,
        "since": iso(document.quarantined_at),
        "stale_served": document.stale,
    }
