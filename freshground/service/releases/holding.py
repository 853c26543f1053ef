"""Rollback and hold: an earlier release serves again, and stays until somebody resumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.lake.tables import quoted
from freshground.service.admission.standing import admitted
from freshground.service.releases.publishing import show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import IndexSettings
    from freshground.lake.holds import Hold
    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def rollback(
    context: Context,
    index: IndexSettings,
    to: int | None = None,
    *,
    blame: Sequence[str] = (),
    comment: str = "",
) -> dict[str, Any]:
    """Serve an earlier release and put the index on hold; record who did it.

    `blame` names documents (uri, key or doc_id) whose present versions are at fault: the hold ends
    by itself when the sources hold none of these versions. ConfigError when there is nothing to go
    back to, or a document is unknown.
    """
    versions = [_version(context, index, name) for name in blame]
    before = context.lake.pointers.live(index.id)
    # First the hold, then the pointer: see `freshground.lake.holds`.
    hold = context.lake.holds.set(index.id, by=context.by, comment=comment, blame=versions)
    try:
        pointer = context.releases.rollback(index.id, to, context.by, context.clock.now())
    except BaseException:
        context.lake.holds.end(hold, by=context.by, comment="the rollback did not take place")
        raise
    row = {
        "index": index.id,
        "release": pointer.release,
        "was": before.release if before else None,
        "generation": pointer.generation,
        "action": "rollback",
        "by": context.by,
        "comment": comment,
        "hold": hold.as_dict(),
    }
    context.lake.journal.add(context.run_id, "release", index.id, row)
    context.lake.journal.commit()
    show(context, index)
    return row


def resume(context: Context, index: IndexSettings, comment: str = "") -> dict[str, Any]:
    """End every hold of an index. ConfigError when there is none."""
    held = context.lake.holds.active(index.id)
    if not held:
        raise ConfigError(f"Index {index.id!r} is not on hold.", "Refresh it as ever.")
    for hold in held:
        _end(context, hold, context.by, comment)
    context.lake.journal.commit()
    return {"index": index.id, "ended": [hold.as_dict() for hold in held], "by": context.by}


def standing(context: Context, index: IndexSettings, documents: Sequence[Current]) -> list[Hold]:
    """Return the holds in force, ending those whose blamed versions `documents` hold no more."""
    served = {(d.doc_id, d.content_hash) for d in documents}
    left: list[Hold] = []
    for hold in context.lake.holds.active(index.id):
        if hold.blame and served.isdisjoint(hold.blame):
            _end(context, hold, context.by, "the versions blamed are gone")
        else:
            left.append(hold)
    return left


def message(index: str, holds: Sequence[Hold]) -> str:
    """Say what a hold means and how it ends."""
    first = holds[0]
    why = f" ({first.comment})" if first.comment else ""
    until = (
        f" or until the {len(first.blame)} document versions blamed are gone" if first.blame else ""
    )
    return (
        f"Index {index!r} is on hold since the rollback of {first.at} by {first.by}{why}: nothing "
        f"new is published until `freshground resume {index}`{until}."
    )


def _end(context: Context, hold: Hold, by: str, comment: str) -> None:
    context.lake.holds.end(hold, by=by, comment=comment)
    body = {"hold": hold.id, "by": by, "comment": comment}
    context.lake.journal.add(context.run_id, "resume", hold.index, body)


def _version(context: Context, index: IndexSettings, name: str) -> tuple[str, str]:
    """Return the version that a document would be served as."""
    literal = quoted([name])
    rows = context.lake.bronze.rows(
        f"SELECT DISTINCT doc_id FROM t WHERE doc_id = {literal} OR uri = {literal} "
        f"OR key = {literal}"
    )
    named = set(rows.column("doc_id").to_pylist())
    found = [
        (document.doc_id, document.content_hash)
        for source_id in index.sources
        for document in admitted(context, source_id)
        if document.doc_id in named and document.content_hash is not None
    ]
    if len(found) != 1:
        raise ConfigError(
            f"{name!r} names {len(found)} documents that index {index.id!r} would serve.",
            "Blame a document by its uri or doc_id.",
        )
    return found[0]
