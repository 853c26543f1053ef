"""What a check found wrong: documents and questions, as far as somebody may see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.lake.tables import among
from freshground.service.stages.drift import CHECK as DRIFT
from freshground.service.stages.regression import CHECK as GOLDEN
from freshground.service.views import won_and_lost
from freshground.service.views.readable import objects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.service.context import Context
    from freshground.service.views.checks import Result
    from freshground.service.views.readable import Sight

SHOWN = 50
"""Documents that are named."""

_NAMING = (DRIFT, GOLDEN)
"""Checks whose words name documents."""


def failing(context: Context, result: Result, seen: Sight) -> dict[str, Any]:
    """Return the documents behind a failure, sample and blame, and golden questions lost.

    `hidden` counts those that are not shown: somebody may not read them, or nobody knows them any
    more. `nameable` says whether the check's own words may be shown.
    """
    body = result.body
    candidate = body["layer"] == "candidate"
    sources = context.settings.index(result.subject).sources if candidate else (result.subject,)
    rows = objects(context, sources)
    asked = result.check_id == GOLDEN
    sample: Sequence[str] = () if asked else body["sample"]
    chunks = _documents_of(context, [name for name in sample if name not in rows])
    blamed = [*body["blamed"], *body.get("documents", ())]
    named: dict[str, list[str]] = {}
    unknown = 0
    for name in sample:
        doc_id = name if name in rows else chunks.get(name)
        if doc_id is None:
            unknown += 1
        else:
            named.setdefault(doc_id, []).extend([name] if name != doc_id else [])
    for doc_id in blamed:
        named.setdefault(doc_id, [])
    visible = [doc_id for doc_id in named if seen.row(rows.get(doc_id))]
    lost = body["sample"] if asked else ()
    texts = won_and_lost.texts(context, context.settings.index(result.subject), lost, seen) \
        if asked else {}  # fmt: skip
    naming = result.check_id.startswith(_NAMING)
    return {
        "documents": [
            {
                "doc_id": doc_id,
                "uri": rows[doc_id]["uri"],
                "source": rows[doc_id]["source_id"],
                "chunks": named[doc_id],
                "blamed": doc_id in body["blamed"],
            }
            for doc_id in visible[:SHOWN]
        ],
        "more": max(0, len(visible) - SHOWN),
        "hidden": len(named) - len(visible) + unknown + len(lost) - len(texts),
        "questions": [{"id": name, "text": text} for name, text in texts.items()],
        "nameable": not naming or (len(visible) == len(named) and len(texts) == len(lost)),
    }


def _documents_of(context: Context, chunk_ids: Sequence[str]) -> dict[str, str]:
    """Return the documents of chunks, as far as gold holds them."""
    if not chunk_ids:
        return {}
    table = context.lake.gold.rows(
        f"SELECT DISTINCT chunk_id, doc_id FROM t WHERE {among('chunk_id', chunk_ids)}"
    )
    return {row["chunk_id"]: row["doc_id"] for row in table.to_pylist()}


def wording(context: Context, result: Result, seen: Sight) -> str:
    """Return a check's own words; none where they name what somebody may not see."""
    if not result.check_id.startswith(_NAMING) or not result.body["detail"]:
        return result.body["detail"]
    return result.body["detail"] if failing(context, result, seen)["nameable"] else ""
