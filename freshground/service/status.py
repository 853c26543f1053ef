"""What operators ask: how each index is, its releases, and what is set aside."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.asking import canary
from freshground.service.denial.takedown import withhold
from freshground.service.freshness.as_of import freshness
from freshground.service.plans.deferral import shortage
from freshground.service.releases.holding import message, rollback

__all__ = ["quarantined", "releases", "rollback", "status"]

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def status(context: Context) -> list[dict[str, Any]]:
    """Return one row an index: release, as-of, staleness in seconds, verdict, counts."""
    aside = quarantined(context)
    rows: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        live = context.releases.live(index.id)
        manifest = live[1] if live else None
        holds = context.lake.holds.active(index.id)
        trial = canary.running(context, index)
        rows.append(
            {
                "index": index.id,
                **freshness(context, index, manifest).as_dict(),
                "max_staleness_s": index.sla.max_staleness.total_seconds(),
                "documents": manifest.counts["documents"] if manifest else 0,
                "chunks": manifest.counts["chunks"] if manifest else 0,
                "stale_documents": manifest.counts["stale"] if manifest else 0,
                "quarantined": sum(row["source"] in index.sources for row in aside),
                "deferred": sum(shortage(context, source_id) for source_id in index.sources),
                "canary": trial.manifest.release if trial else None,
                "hold": message(index.id, holds) if holds else None,
            }
        )
    return rows


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
