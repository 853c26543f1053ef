"""Which documents somebody may be shown: their groups, narrowed by the deny overlay."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.records import PUBLIC
from freshground.service.denial.overlay import Overlay, overlay

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from freshground.service.context import Context


def reads(reader: frozenset[str] | None, groups: Collection[str]) -> bool:
    """Return whether somebody of these groups (None: of every known one) reads a document."""
    if not groups:
        return False
    return reader is None or PUBLIC in groups or not reader.isdisjoint(groups)


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody sees. `groups` None: documents of every known group."""

    groups: frozenset[str] | None
    denied: Overlay

    def of(self, doc_id: str, groups: Iterable[str]) -> bool:
        """Return whether a document of these groups may be shown; one of none is for nobody."""
        if doc_id in self.denied.documents:
            return False
        return self.meets(self.denied.groups_of(doc_id, groups))

    def meets(self, groups: Iterable[str]) -> bool:
        """Return whether somebody with one of these groups is among who sees; none is nobody."""
        return reads(self.groups, tuple(groups))

    def row(self, row: Mapping[str, Any] | None) -> bool:
        """Return whether a bronze row may be shown; one that nobody knows may not."""
        return row is not None and self.of(row["doc_id"], row["groups"] or ())


def sight(context: Context, groups: frozenset[str] | None) -> Sight:
    """Return what a person sees now. All narrowings hold, whichever a release has reflected.

    What admission withdrew is listed all the same: somebody has to look at it.
    """
    active = [d for d in context.lake.denials.active() if d.kind != "withdrawn"]
    return Sight(groups, overlay(active, {}))


def objects(context: Context, sources: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Return the newest bronze row of every document of some sources, deleted ones too."""
    found: dict[str, dict[str, Any]] = {}
    for source_id in sources:
        found.update(context.ledger.objects(source_id))
    return found
