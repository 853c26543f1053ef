"""Who may read: groups as sets. `(PUBLIC,)` is everybody, no groups is nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.records import PUBLIC

if TYPE_CHECKING:
    from collections.abc import Collection


def loses_readers(before: Collection[str], after: Collection[str]) -> bool:
    """Return whether anybody who could read before cannot read after."""
    if PUBLIC in after:
        return False
    return PUBLIC in before or bool(set(before) - set(after))


def both(one: Collection[str], other: Collection[str]) -> tuple[str, ...]:
    """Return the groups that are let in by both, sorted."""
    if PUBLIC in one:
        return tuple(sorted(other))
    return tuple(sorted(one if PUBLIC in other else set(one) & set(other)))
