"""What operators ask of an index: its releases. How it is: `views`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.asking import canary
from freshground.service.releases.holding import rollback

__all__ = ["releases", "rollback"]

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
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
