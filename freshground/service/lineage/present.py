"""What a document is to be served as now, in each index that takes its source: or why it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.admission.standing import standing
from freshground.service.duplicates.leaving import without_near

if TYPE_CHECKING:
    from freshground.service.context import Context


def present(context: Context, source_id: str, doc_id: str) -> list[dict[str, Any]]:
    """Return {index, state, rule, reason, groups} for each index; none of what was deleted.

    `state` is ok, excluded, quarantined or pending, `groups` are those it is left to by its label
    and by admission.
    """
    found: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        if source_id not in index.sources:
            continue
        compared = index.duplicates.near != "keep_all"
        sources = index.sources if compared else [source_id]
        documents = [d for name in sources for d in standing(context, name)]
        found += [
            {
                "index": index.id,
                "state": document.state,
                "rule": document.rule,
                "reason": document.reason,
                "groups": list(document.row["groups"]),
            }
            for document in without_near(context, index, documents)
            if document.doc_id == doc_id
        ]
    return found
