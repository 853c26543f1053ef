"""Versions that people rejected: they are not served, whatever their checks said since."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from freshground.core.clock import parse_iso
from freshground.lake.tables import quoted
from freshground.service.quarantine.held import held

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.lake.ledger import Current
    from freshground.lake.reviews import Review
    from freshground.service.context import Context

REJECTED = "rejected"
"""The rule under which a version that a person rejected is set aside."""


def without_rejected(
    context: Context, source_id: str, documents: Sequence[Current]
) -> list[Current]:
    """Return a source's documents with rejected versions set aside.

    Their last version that nothing speaks against is served instead, marked stale, as that of a
    document that cannot be parsed is.
    """
    rejected = context.lake.reviews.decisions().rejected
    if not rejected:
        return list(documents)
    out = {
        d.doc_id: review
        for d in documents
        if d.content_hash is not None
        and (review := rejected.get((d.doc_id, d.content_hash))) is not None
    }
    if not out:
        return list(documents)
    bad = {h.matter.key[:2] for h in held(context, source_id)} | rejected.keys()
    return [_aside(context, d, out[d.doc_id], bad) if d.doc_id in out else d for d in documents]


def _aside(
    context: Context, document: Current, review: Review, bad: set[tuple[str, str]]
) -> Current:
    content, silver_id = _before(context, document, bad) or (None, None)
    why = f" ({review.comment})" if review.comment else ""
    return replace(
        document,
        state="quarantined",
        content_hash=content,
        silver_id=silver_id,
        stale=content is not None,
        rule=REJECTED,
        reason=f"Rejected by {review.by}{why}. To serve it: freshground quarantine release "
        f"{document.doc_id}",
        quarantined_at=parse_iso(review.at),
    )


def _before(
    context: Context, document: Current, bad: set[tuple[str, str]]
) -> tuple[str, str] | None:
    """Return the newest version to serve instead: one cut by all that cut the rejected one."""
    cuts: dict[tuple[str, str], set[str]] = {}
    rows = context.lake.gold.rows(
        "SELECT content_hash, silver_id, chunker_id FROM t "
        f"WHERE ordinal = 0 AND doc_id = {quoted([document.doc_id])}"
    )
    for row in rows.to_pylist():
        cuts.setdefault((row["content_hash"], row["silver_id"]), set()).add(row["chunker_id"])
    needed = cuts.get((document.content_hash or "", document.silver_id or ""), set())
    seen: list[str] = []
    for version in context.ledger.versions(document.doc_id):
        if version["state"] == "deleted":
            seen.clear()
        else:
            seen.append(version["content_hash"])
    for content in reversed(seen):
        if (document.doc_id, content) in bad:
            continue
        for (made, silver_id), chunkers in sorted(cuts.items()):
            if made == content and chunkers >= needed:
                return content, silver_id
    return None
