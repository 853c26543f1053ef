"""Which documents somebody may be told of by name: as queries would show them, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.records import PUBLIC
from freshground.service.denial.overlay import overlay

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from freshground.service.context import Context


def may_see(
    context: Context, groups: frozenset[str] | None
) -> Callable[[str, Collection[str]], bool]:
    """Return a function of (doc_id, groups of the document): whether `groups` may see it.

    Groups are narrowed by the deny overlay first. Nobody sees what is denied to everybody, or whose
    access is unknown; `groups` None sees all else.
    """
    denied = overlay(context.lake.denials.active(), {})

    def seen(doc_id: str, own: Collection[str]) -> bool:
        if doc_id in denied.documents:
            return False
        left = denied.groups_of(doc_id, own)
        if not left or groups is None:
            return bool(left)
        return PUBLIC in left or not groups.isdisjoint(left)

    return seen
