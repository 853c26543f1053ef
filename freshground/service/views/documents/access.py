"""Who may read a document now: what its source says, narrowed by the deny overlay.

On a page as in a query: a narrowing holds until the rows of the live releases say it themselves,
what is taken down is for nobody, and unknown access is nobody's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from freshground.core.access import both
from freshground.core.clock import parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.lake.denials import Denial
    from freshground.service.context import Context


@dataclass(frozen=True)
class Access:
    """The deny overlay over all documents: who took which down, and to whom others are left."""

    documents: dict[str, Denial] = field(default_factory=dict)
    chunks: dict[str, Denial] = field(default_factory=dict)
    narrowed: dict[str, list[Denial]] = field(default_factory=dict)
    kept: dict[str, list[Mapping[str, frozenset[str]]]] = field(default_factory=dict)

    def is_narrowed(self, row: Mapping[str, Any]) -> bool:
        """Return whether a narrowing holds that not all live releases hold themselves."""
        return any(self._holds(denial, row) for denial in self.narrowed.get(row["doc_id"], ()))

    def groups(self, row: Mapping[str, Any]) -> tuple[str, ...]:
        """Return to whom a document is left, given its newest bronze row; nobody is ().

        Take-downs aside: what is taken down is still listed to these, without a word of it.
        """
        left = tuple(row["groups"] or ())
        for denial in self.narrowed.get(row["doc_id"], ()):
            if self._holds(denial, row):
                left = both(left, denial.groups)
        return left

    def _holds(self, denial: Denial, row: Mapping[str, Any]) -> bool:
        at = parse_iso(denial.listed_at)
        if at is None or row["listed_at"] < at:
            return True  # bronze does not know of it yet: a guard stopped that listing
        return any(
            denial.id not in note or row["doc_id"] in note[denial.id]
            for note in self.kept.get(denial.source_id, ())
        )


def access(context: Context) -> Access:
    """Read the overlay as it is now."""
    found = Access()
    active = context.lake.denials.active()
    for denial in active:
        if denial.kind in ("restricted", "withdrawn"):
            continue  # what admission says now stands in the documents themselves
        if denial.kind == "narrowed":
            for document in denial.doc_ids:
                found.narrowed.setdefault(document, []).append(denial)
            continue
        found.documents.update(dict.fromkeys(denial.doc_ids, denial))
        found.chunks.update(dict.fromkeys(denial.chunk_ids, denial))
    if found.narrowed:
        for index in context.settings.indexes:
            live = context.lake.pointers.live(index.id)
            if live is None:
                continue
            note = context.lake.denials.reflected(index.id, live.candidate)
            for source_id in index.sources:
                found.kept.setdefault(source_id, []).append(note)
    return found
