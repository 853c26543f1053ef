"""Who may read a document now: its groups, as far as the deny overlay leaves them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.records import PUBLIC
from freshground.service.denial.overlay import Overlay, overlay

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context


def meet(groups: Iterable[str], own: frozenset[str] | None) -> bool:
    """Return whether somebody with groups may read what these may; None is every known group.

    What nobody is known to be allowed to read, nobody reads.
    """
    let_in = set(groups)
    if not let_in:
        return False
    return own is None or PUBLIC in let_in or not own.isdisjoint(let_in)


class Readers:
    """The documents of some sources, and who may read them at this moment."""

    def __init__(self, context: Context, sources: Iterable[str]) -> None:
        self._context = context
        self._sources = tuple(sources)
        self._denied: Overlay = overlay(context.lake.denials.active(), {})

    @classmethod
    def of(cls, context: Context, index: IndexSettings) -> Readers:
        """Return those of an index's sources."""
        return cls(context, index.sources)

    def row(self, doc_id: str) -> Mapping[str, Any] | None:
        """Return the newest listed row of a document, None when none of the sources listed it."""
        for source in self._sources:
            found = self._context.ledger.objects(source).get(doc_id)
            if found is not None:
                return found
        return None

    def may_read(self, doc_id: str, own: frozenset[str] | None) -> bool:
        """Return whether somebody with groups may read a document; None is every known group."""
        row = self.row(doc_id)
        if row is None or doc_id in self._denied.documents:
            return False
        return meet(self._denied.groups_of(doc_id, row["groups"] or ()), own)
