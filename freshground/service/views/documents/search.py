"""Searching documents by address and title, and by what is the matter with them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freshground.service.views.documents.catalogue import PAGE, STATES, catalogue, visible

if TYPE_CHECKING:
    from freshground.service.context import Context
    from freshground.service.views.documents.catalogue import Entry

LIVE = "live"
"""All but what its source deleted: what is shown where no state is asked for."""


def documents(
    context: Context,
    reader: frozenset[str] | None,
    *,
    text: str = "",
    state: str = LIVE,
    source: str = "",
    problem: str = "",
    language: str = "",
    page: int = 1,
) -> dict[str, Any]:
    """Return one page of the documents that somebody may read, `PAGE` rows, by source and key.

    `text` is part of an address, title or id; `state` one of `STATES`, `live` or `all`; `problem` a
    rule of the quarantine. `hidden` counts those of that state and source that they may not read,
    whatever else is asked: else searching would tell what is in them.
    """
    whole = catalogue(context)
    readable = [e for e in whole.entries if visible(e, reader)]
    near = sum(source in ("", e.source) and _is(e, state) for e in whole.entries)
    mine = [e for e in readable if source in ("", e.source) and _is(e, state)]
    found = [
        e
        for e in mine
        if (not problem or e.rule == problem)
        and (not language or e.language == language)
        and (not text or ((e.open or e.states[0] == "deleted") and text.casefold() in e.sought))
    ]
    pages = max(1, -(-len(found) // PAGE))
    page = min(max(1, page), pages)
    return {
        "rows": [e.as_dict() for e in found[(page - 1) * PAGE : page * PAGE]],
        "found": len(found),
        "hidden": near - len(mine),
        "page": page,
        "pages": pages,
        "states": _counts(readable),
        "sources": sorted(context.settings.source_ids),
        "languages": sorted({e.language for e in readable if e.language}),
        "problems": sorted({e.rule for e in readable if e.rule}),
    }


def _is(entry: Entry, state: str) -> bool:
    if state == "all":
        return True
    if state in ("", LIVE):
        return entry.states[0] != "deleted"
    return state in entry.states


def _counts(entries: list[Entry]) -> dict[str, int]:
    counts = Counter(state for entry in entries for state in entry.states)
    return {state: counts[state] for state in STATES}
