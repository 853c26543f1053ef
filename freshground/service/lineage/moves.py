"""Renames at the sources: which document went on under which other name, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.lake.tables import quoted, records

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from freshground.service.context import Context


class Move(NamedTuple):
    """A rename of doc_id `old` to `new`, which the listing that started at `at` saw."""

    old: str
    new: str
    at: datetime


def moves(context: Context, source_id: str) -> list[Move]:
    """Return every rename that a source ever showed, oldest first."""
    return [
        Move(row["moved_from"], row["doc_id"], row["listed_at"])
        for row in _births(context, source_id)
        if row["moved_from"] is not None
    ]


def _births(context: Context, source_id: str) -> list[dict[str, Any]]:
    """Return where documents that were renamed came to life, before and after, oldest first.

    A document keeps `moved_from` as long as it lives, so only its first row is the rename.
    """
    of = f"source_id = {quoted([source_id])}"
    return records(
        context.lake.bronze.rows(
            "SELECT doc_id, moved_from, listed_at FROM (SELECT doc_id, moved_from, listed_at, "
            "state, lag(state) OVER (PARTITION BY doc_id ORDER BY listed_at) AS before FROM t "
            f"WHERE {of}) WHERE state = 'live' AND (before IS NULL OR before = 'deleted') "
            "AND (moved_from IS NOT NULL OR doc_id IN "
            f"(SELECT moved_from FROM t WHERE {of} AND moved_from IS NOT NULL)) "
            "ORDER BY listed_at, doc_id"
        )
    )


def standing(context: Context, source_id: str, among: Collection[str] | None = None) -> list[Move]:
    """Return the renames whose old name was not used again since, oldest first.

    A name that was used again stands for another document. With `among`, none at all when none of
    these documents is gone: that saves reading.
    """
    objects = context.ledger.objects(source_id)
    gone = {d for d, row in objects.items() if row["state"] == "deleted"}
    if among is not None and gone.isdisjoint(among):
        return []
    births = _births(context, source_id)
    # An ingest that was killed may have recorded the new name, and the next one the old's end.
    born = {row["doc_id"]: row["listed_at"] for row in births}
    found = [Move(row["moved_from"], row["doc_id"], row["listed_at"]) for row in births]
    return [move for move in found if move.old in gone and born.get(move.old, move.at) <= move.at]


def family(context: Context, source_id: str, documents: Collection[str]) -> set[str]:
    """Return documents with their earlier and later names."""
    found = set(documents)
    pairs = standing(context, source_id)
    while more := {n for move in pairs if found & {move.old, move.new} for n in move[:2]} - found:
        found |= more
    return found


def trail_back(found: Sequence[Move], document: str) -> list[Move]:
    """Return the renames that led to a document, newest first."""
    trail: list[Move] = []
    before: datetime | None = None
    while True:
        steps = [m for m in found if m.new == document and (before is None or m.at < before)]
        if not steps:
            return trail
        trail.append(steps[-1])
        document, before = steps[-1].old, steps[-1].at


def trail_on(found: Sequence[Move], document: str) -> list[Move]:
    """Return the renames that led on from a document, oldest first."""
    trail: list[Move] = []
    since: datetime | None = None
    while True:
        steps = [m for m in found if m.old == document and (since is None or m.at > since)]
        if not steps:
            return trail
        # Of a name that was given away several times the last use is the one that went on.
        step = steps[-1] if since is None else steps[0]
        trail.append(step)
        document, since = step.new, step.at
