"""What the deny overlay means for one release and one reader. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freshground.core.access import both
from freshground.core.records import PUBLIC
from indexes.filters.ast import And, Any, AnyOf, Constant, Filter, In, Not, NotEmpty, Or
from indexes.filters.evaluate import matches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from freshground.lake.denials import Denial


REFLECTED = ("narrowed", "restricted", "withdrawn")
"""Denials that a later release's own rows may hold: there they say nothing any more."""


@dataclass(frozen=True)
class Overlay:
    """What one release may not serve.

    `documents` and `chunks` are for nobody, the owner included. `narrowed` maps documents whose
    rows let in more readers than their source does now to the groups that are left.
    """

    documents: frozenset[str] = frozenset()
    chunks: frozenset[str] = frozenset()
    narrowed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether the release is served as it is."""
        return not (self.documents or self.chunks or self.narrowed)

    def denies(self, chunk_id: str, doc_id: str, groups: frozenset[str] | None) -> bool:
        """Return whether a reader may not see a row; `groups` None is the owner."""
        if doc_id in self.documents or chunk_id in self.chunks:
            return True
        left = self.narrowed.get(doc_id)
        return left is not None and groups is not None and groups.isdisjoint(left)

    def groups_of(self, doc_id: str, groups: Iterable[str]) -> list[str]:
        """Return the groups that may read a row: those that both its release and its source say."""
        left = self.narrowed.get(doc_id)
        return list(groups) if left is None else list(both(tuple(groups), left))

    def applied(self, where: Filter | None, groups: frozenset[str] | None) -> Filter | None:
        """Return a caller's filter with the overlay in it, so that engines skip what is denied.

        Filters over `groups` see the groups that are left: apps trim by them on their own.
        """
        if self.empty:
            return where
        out = set(self.documents)
        if groups is not None:
            out |= {d for d, left in self.narrowed.items() if groups.isdisjoint(left)}
        parts: list[Filter] = [] if where is None else [self.rewritten(where)]
        if out:
            parts.append(Not(In("doc_id", tuple(sorted(out)))))
        if self.chunks:
            parts.append(Not(In("chunk_id", tuple(sorted(self.chunks)))))
        return And(tuple(parts)) if parts else None

    def rewritten(self, part: Filter) -> Filter:
        """Return a filter in which `groups` means the groups that are left."""
        match part:
            case Not(inner):
                return Not(self.rewritten(inner))
            case And(parts):
                return And(tuple(self.rewritten(inner) for inner in parts))
            case Or(parts):
                return Or(tuple(self.rewritten(inner) for inner in parts))
            case AnyOf("groups", values):
                return self._by_groups(part, frozenset(values).__contains__)
            case NotEmpty("groups"):
                return self._by_groups(part, lambda _: True)
            case Any("groups", inner):
                return self._by_groups(part, lambda group: matches(inner, group))
            case _:
                return part

    def _by_groups(self, part: Filter, asked: Callable[[str], bool]) -> Filter:
        """Return `part` for all rows but the narrowed, and for those what is left of it."""
        alike: dict[tuple[str, ...], list[str]] = {}
        for document, left in self.narrowed.items():
            alike.setdefault(left, []).append(document)
        if not alike:
            return part
        branches: list[Filter] = [And((Not(In("doc_id", tuple(sorted(self.narrowed)))), part))]
        for left, documents in sorted(alike.items()):
            wanted = tuple(g for g in left if asked(g))
            found = AnyOf("groups", (*wanted, PUBLIC)) if wanted else Constant(value=False)
            branches.append(And((In("doc_id", tuple(sorted(documents))), found)))
        return Or(tuple(branches))


def overlay(denials: Iterable[Denial], reflected: Mapping[str, frozenset[str]]) -> Overlay:
    """Return the overlay of a release, `reflected` being the denials that its rows hold.

    Of a document narrowed twice the groups that all narrowings leave are left.
    """
    documents: set[str] = set()
    chunks: set[str] = set()
    narrowed: dict[str, tuple[str, ...]] = {}
    for denial in denials:
        if denial.kind not in REFLECTED:
            documents.update(denial.doc_ids)
            chunks.update(denial.chunk_ids)
            continue
        still = reflected.get(denial.id)
        for document in denial.doc_ids:
            if still is not None and document not in still:
                continue
            if denial.kind == "withdrawn":
                documents.add(document)
            else:
                before = narrowed.get(document)
                narrowed[document] = (
                    denial.groups if before is None else both(before, denial.groups)
                )
    return Overlay(frozenset(documents), frozenset(chunks), narrowed)
