"""What a stopped plan would do, document by document, to those who may know of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.plans.approvals import objections
from freshground.service.views.readable import sight

if TYPE_CHECKING:
    from freshground.service.context import Context

SHOWN = 50
"""Documents of a guard that are named."""

_WOULD = {
    "empty_listing": "delete",
    "mass_deletion": "delete",
    "mass_edit": "change",
    "sudden_growth": "add",
    "mass_widening": "let more people read",
    "size_outlier": "take in, far larger than others",
}


def affected(
    context: Context, source_id: str, groups: frozenset[str] | None, plan: str | None = None
) -> list[dict[str, Any]]:
    """Return what the plan that stops a source would do: a row a guard. JSON-ready.

    `would` is a verb, `count` how many documents, `named` the first of those that `groups` may see
    (doc_id, key, uri), `more` how many there are besides. What is not in the lake yet has no known
    access, and is only counted.
    """
    stopped = objections(context, source_id, plan)
    if not stopped:
        return []
    seen = sight(context, groups)
    known = context.ledger.objects(source_id)
    found: list[dict[str, Any]] = []
    for guard, (count, doc_ids) in stopped.items():
        named: list[dict[str, Any]] = []
        for doc_id in doc_ids:
            row = known.get(doc_id)
            if row is None or not seen.row(row):
                continue
            named.append({"doc_id": doc_id, "key": row["key"], "uri": row["uri"]})
            if len(named) == SHOWN:
                break
        found.append(
            {
                "guard": guard,
                "would": _WOULD.get(guard, "change"),
                "count": count,
                "named": named,
                "more": count - len(named),
            }
        )
    return found
