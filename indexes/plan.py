"""The difference between what an index serves and what it should serve. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.ids import digest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.lake.ledger import Current


@dataclass(frozen=True, slots=True)
class Served:
    """What a release holds of one document. `rows_hash` is the sum of its rows' hashes."""

    doc_id: str
    state_hash: str
    chunks: int
    rows_hash: int


@dataclass(frozen=True, slots=True)
class IndexPlan:
    """Which documents a candidate writes anew and which it drops."""

    added: tuple[Current, ...]
    changed: tuple[Current, ...]
    removed: tuple[str, ...]
    unchanged: int

    @property
    def empty(self) -> bool:
        """Whether the live release is right as it is."""
        return not (self.added or self.changed or self.removed)

    @property
    def written(self) -> tuple[Current, ...]:
        """The documents whose rows are written."""
        return self.added + self.changed


def state_hash(document: Current, recipe: str) -> str:
    """Return a hash of all that decides a document's rows.

    `recipe` stands for chunker, embedding space and fields. The time of modification is left out:
    touching a file publishes nothing.
    """
    row = document.row
    return digest(
        recipe,
        document.content_hash or "",
        document.silver_id or "",
        "stale" if document.stale else "",
        row["key"],
        row["uri"],
        "\n".join(row["groups"]),
        row["metadata"],
    )


def compare(wanted: Sequence[Current], served: Mapping[str, Served], recipe: str) -> IndexPlan:
    """Compare the documents that can be served with those of the live release."""
    servable = {d.doc_id: d for d in wanted if d.content_hash is not None}
    added: list[Current] = []
    changed: list[Current] = []
    for doc_id, document in sorted(servable.items()):
        known = served.get(doc_id)
        if known is None:
            added.append(document)
        elif known.state_hash != state_hash(document, recipe):
            changed.append(document)
    removed = tuple(sorted(served.keys() - servable.keys()))
    unchanged = len(servable) - len(added) - len(changed)
    return IndexPlan(tuple(added), tuple(changed), removed, unchanged)


def diff_line(plan: IndexPlan) -> dict[str, Any]:
    """Return a plan's counts."""
    return {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(plan.removed),
        "unchanged": plan.unchanged,
    }
