"""Some of what is in quarantine: of a state, a rule, a source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.quarantine.listing import let_through, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from freshground.service.context import Context

Rows = list[dict[str, Any]]


def in_state(context: Context, state: str, rows: Collection[dict[str, Any]] | None = None) -> Rows:
    """Return what is in a state: all, waiting, decided; lapsed (released before); or released.

    `rows` are those of `listed`, read anew if left out.
    """
    if state == "released":
        return let_through(context)
    found = listed(context) if rows is None else rows
    if state == "lapsed":
        return [row for row in found if row["lapsed"]]
    return [row for row in found if state == "all" or row["waiting"] == (state != "decided")]


def chosen(rows: Iterable[dict[str, Any]], rule: str = "", source: str = "") -> Rows:
    """Return the rows that a rule speaks against, be it the first or not, of one source or all."""
    return [r for r in rows if source in ("", r["source"]) and (not rule or rule in rules_of(r))]


def rules_of(row: dict[str, Any]) -> list[str]:
    """Return the rules that speak against a document, each once, what it is listed under first."""
    return list(dict.fromkeys([row["rule"], *(matter["rule"] for matter in row["matters"])]))
