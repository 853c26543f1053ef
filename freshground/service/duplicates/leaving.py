"""What an index leaves out: near-duplicates of what it serves, as its policy says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from freshground.lake.ledger import EXCLUDED
from freshground.service.duplicates.pairs import compared, likely
from freshground.service.duplicates.signing import signatures, version_of
from quality.duplicates.choosing import Standing, choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.duplicates.pairs import Pair
    from freshground.service.duplicates.signing import Signature

RULE = "duplicates.near"

_NEVER = datetime.min.replace(tzinfo=UTC)


def without_near(
    context: Context, index: IndexSettings, documents: Sequence[Current]
) -> list[Current]:
    """Return an index's documents, those set aside that a near-duplicate stands for.

    One that goes comes back by itself: when its twin is deleted, edited, withdrawn, or read by
    fewer people than before. What is not signed yet is left alone.
    """
    gone = left_out(context, index, documents)
    return [_aside(d, gone[d.doc_id]) if d.doc_id in gone else d for d in documents]


def left_out(
    context: Context, index: IndexSettings, documents: Sequence[Current]
) -> dict[str, str]:
    """Return, by doc_id, the document that stands for each that the index's policy leaves out."""
    policy = index.duplicates
    if policy.near == "keep_all":
        return {}
    stamp = (
        policy,
        [
            (version_of(d), d.state, d.row["groups"], d.row["modified_at"], d.row["source_id"])
            for d in documents
        ],
        context.lake.signatures.version,
    )
    key = ("left out as duplicates", index.id)
    kept = context.memory.get(key)
    if kept is None or kept[0] != stamp:
        kept = context.memory[key] = (stamp, _left_out(context, index, documents))
    return kept[1]


def _left_out(
    context: Context, index: IndexSettings, documents: Sequence[Current]
) -> dict[str, str]:
    known = signatures(context)
    servable = [d for d in documents if d.content_hash is not None]
    signed: dict[str, Signature] = {
        d.doc_id: found for d in servable if (found := known.get(version_of(d))) is not None
    }
    threshold = index.duplicates.threshold
    pairs = [pair for pair in likely(signed.values(), threshold) if pair.same_numbers]
    if not pairs:
        return {}
    by_text = {signed[d.doc_id][0]: d for d in servable if d.doc_id in signed}
    alike = compared(context, pairs, by_text)

    def same(one: str, other: str) -> bool:
        found = alike.get((min(one, other), max(one, other)))
        return found is not None and found.similarity >= threshold and found.same_facts

    standing = [
        Standing(
            d.doc_id,
            signed[d.doc_id][0] if d.doc_id in signed else None,
            tuple(d.row["groups"]),
            _rank(index, d),
            may_go=d.state == "ok",
        )
        for d in servable
    ]
    return choose(standing, _neighbours(pairs), same)


def _neighbours(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for pair in pairs:
        found.setdefault(pair.one, []).append(pair.other)
        found.setdefault(pair.other, []).append(pair.one)
    return found


def _rank(index: IndexSettings, document: Current) -> tuple[Any, ...]:
    prefer = index.duplicates.prefer
    source = document.row["source_id"]
    place = prefer.index(source) if source in prefer else len(prefer)
    age = (document.row["modified_at"] or _NEVER) - _NEVER
    return place, -age, index.sources.index(source), document.row["key"]


def _aside(document: Current, twin: str) -> Current:
    return replace(
        document,
        state=EXCLUDED,
        content_hash=None,
        silver_id=None,
        stale=False,
        rule=RULE,
        reason=f"Document {twin} says the same and stands for it: see `freshground duplicates`.",
    )
