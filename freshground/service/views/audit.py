"""Who did what, when and why: actions of people at the dashboard and at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.accounts import ACTION, LOGIN

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.lake.journal import Entry
    from freshground.service.context import Context

LAST = 2_000
"""Rows that are read at most."""

_OWN = ("action", "by", "role", "comment")


def audit(
    context: Context, *, by: str = "", since: datetime | None = None, last: int = LAST
) -> list[dict[str, Any]]:
    """Return what people did, the newest first: at most `last` rows, of one person if named.

    The newest LAST rows are looked through for a person's.

    A row: at (ISO 8601), by, role, action, subject, comment, run_id, facts.
    """
    rows = context.lake.journal.entries(
        ACTION, LOGIN, since=since, last=max(last, LAST) if by else last
    )
    found = [_row(row) for row in reversed(rows) if not by or row.body.get("by") == by]
    return found[:last]


def _row(row: Entry) -> dict[str, Any]:
    facts = {name: value for name, value in row.body.items() if name not in _OWN}
    return {
        "at": iso(row.at),
        "by": row.body.get("by", ""),
        "role": row.body.get("role", ""),
        "action": row.body.get("action", ""),
        "subject": row.subject,
        "comment": row.body.get("comment", ""),
        "run_id": row.run_id,
        "facts": facts,
    }
