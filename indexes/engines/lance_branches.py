"""Branches of a table, where other processes make and delete some at the same time.

Lance lists the entries of all branches and then reads each of them, to delete one as well. What
another process deletes in between it does not find, though nothing is wrong: it is tried again.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from lancedb.table import Table

_Answer = TypeVar("_Answer")
_ATTEMPTS = 10
_LOST = re.compile(r"not found.*_refs/branches/", re.IGNORECASE | re.DOTALL)


def names(table: Table) -> set[str]:
    """Return the branches of a table."""
    return set(_steadily(table.branches.list))


def drop(table: Table, name: str) -> None:
    """Delete a branch, if it is there."""

    def delete() -> None:
        try:
            table.branches.delete(name)
        except RuntimeError as error:
            if f"Branch {name} does not exist" not in str(error):
                raise

    _steadily(delete)


def _steadily(act: Callable[[], _Answer]) -> _Answer:
    for _ in range(_ATTEMPTS - 1):
        try:
            return act()
        except (RuntimeError, ValueError, OSError) as error:
            if not _LOST.search(str(error)):
                raise
    return act()
