"""What agents are given: `search` finds passages, `fetch` reads the document around one.

The shapes are those that connectors of chat products expect: `search` returns results of id, title,
url and text, `fetch` takes such an id and returns id, title, text, url and metadata.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.service.api.agents.asking import answered, ask
from freshground.service.api.errors import ApiError
from freshground.service.api.queries.semantic import sentences
from indexes.filters.ast import Compare
from indexes.fusion import RRF_K
from indexes.schema import PASSAGE

if TYPE_CHECKING:
    from freshground.service.api.agents.asking import Answer, Caller
    from freshground.service.api.served.catalog import Served
    from freshground.service.api.service import Service
    from indexes.search.contract import View
    from indexes.search.plan import Found

TOP = 10
MOST_TOP = 50
MOST_QUERY = 10_000
"""Characters of a query, of an id too."""
SNIPPET = 400
"""Characters of a result's text."""
FETCH_TOKENS = 8_000
"""Tokens of passages that `fetch` returns: a longer document is cut to a window around its one."""

_TOLD = (
    "document_key", "headings", "page_first", "page_last", "table_header", "cells",
    "source_modified_at", "indexed_at",
    "release", "stale",
)  # fmt: skip
_URLS = ("source_uri", "url", "uri", "link")


def search(
    service: Service,
    caller: Caller,
    query: str,
    *,
    index: str | None = None,
    top: int = TOP,
    where: str | None = None,
) -> dict[str, Any]:
    """Return the best passages of an index; None: of all managed ones, joined by rank.

    ApiError and TooStale say what is wrong.
    """
    if not query.strip() or len(query) > MOST_QUERY:
        raise ApiError(400, "InvalidQuery", f"query is a text of 1 to {MOST_QUERY:,} characters.")
    if not 1 <= top <= MOST_TOP:
        raise ApiError(400, "InvalidTop", f"top is a number from 1 to {MOST_TOP}.")
    names = [index] if index is not None else _all(service, caller)
    ranked: list[tuple[float, str, Served, Found]] = []
    freshness: list[dict[str, Any]] = []
    for name in names:

        def of(served: Served) -> Answer:
            return ask(served, query, where=where, k=top)

        found, served = answered(
            service, name, caller, of, lambda each: len(each.hits), lambda each: [each]
        )
        freshness.append(_freshness(served))
        for rank, hit in enumerate(found.hits, 1):
            ranked.append((1 / (RRF_K + rank), name, served, hit))
    ranked.sort(key=lambda each: -each[0])  # stable: of equal ranks the first index's comes first
    results: dict[str, dict[str, Any]] = {}
    for _, name, served, hit in ranked:
        # An index tells a passage once; two indexes may hold the same document.
        passage = hit.document.get(PASSAGE) or f"{name}/{hit.key}"
        if passage in results:
            results[passage]["metadata"].setdefault("also_in", []).append(f"{name}/{hit.key}")
        elif len(results) < top:
            results[passage] = _result(query, name, served, hit)
    return {"results": list(results.values()), "freshness": freshness}


def fetch(
    service: Service, caller: Caller, wanted: str, *, index: str | None = None
) -> dict[str, Any]:
    """Return the document that a result of `search` is a passage of, as far as it may be seen.

    `wanted` is a result's id: INDEX/KEY, or the key alone where `index` is given. A document of
    more than `FETCH_TOKENS` is cut to whole passages around the one asked for.
    """
    name, _, key = wanted.partition("/") if index is None else (index, "", wanted)
    if index is not None and wanted.startswith(f"{index}/"):
        key = wanted[len(index) + 1 :]
    if not name or not key or len(wanted) > MOST_QUERY:
        raise ApiError(
            400, "InvalidId", "id is INDEX/KEY, as `search` returns it; or give index and the key."
        )
    # As `search` does: by the same session, so that what a canary found is looked up in it.
    document, served = answered(
        service, name, caller, lambda each: _read(each, name, key), lambda _: 1, lambda _: ()
    )
    return {**document, "metadata": {**document["metadata"], "freshness": _freshness(served)}}


def _read(served: Served, name: str, key: str) -> dict[str, Any]:
    view = served.view
    position = view.position(key)
    if position is None:
        raise ApiError(
            404,
            "DocumentNotFound",
            f"Index {name!r} has nothing under this id that may be seen. Search again: a newer "
            "release may have replaced the passage.",
        )
    shown = [field.name for field in served.definition.fields if field.retrievable]
    [document] = view.documents([position], shown)
    if served.kind == "managed":
        text, spans = _around(view, document)
    else:
        text, spans = _text(served, document), {}
    return {
        "id": f"{name}/{key}",
        "title": _title(document, key),
        "text": text,
        "url": _url(document),
        "metadata": {**_metadata(name, document), **spans},
    }


def _all(service: Service, caller: Caller) -> list[str]:
    names = [index.id for index in service.catalog.managed(caller.principal)]
    if not names:
        raise ApiError(
            404, "IndexNotFound", "This key may ask no index of a pipeline: name an index."
        )
    return names


def _result(query: str, name: str, served: Served, hit: Found) -> dict[str, Any]:
    document = hit.document
    return {
        "id": f"{name}/{hit.key}",
        "title": _title(document, hit.key),
        "url": _url(document),
        "text": _snippet(query, _text(served, document)),
        "metadata": {**_metadata(name, document), "score": hit.score, **_copies(hit)},
    }


def _metadata(name: str, document: dict[str, Any]) -> dict[str, Any]:
    told = {field: document[field] for field in _TOLD if document.get(field) is not None}
    return {"index": name, **told}


def _copies(hit: Found) -> dict[str, Any]:
    if not hit.copy_count:
        return {}
    told = [
        {field: each[field] for field in ("document_key", "source_uri", "title") if each.get(field)}
        for each in hit.copies
    ]
    return {"copies": told, "copy_count": hit.copy_count}


def _freshness(served: Served) -> dict[str, Any]:
    told = served.freshness.as_dict() if served.freshness is not None else {}
    return {"index": served.name, **told}


def _title(document: dict[str, Any], key: str) -> str:
    return str(document.get("title") or document.get("document_key") or key)


def _url(document: dict[str, Any]) -> str:
    return next((str(document[name]) for name in _URLS if document.get(name)), "")


def _text(served: Served, document: dict[str, Any]) -> str:
    if served.kind == "managed":
        return str(document.get("text") or "")
    texts = (document.get(path) for path in served.definition.default_texts)
    return "\n\n".join(text for text in texts if isinstance(text, str) and text)


def _snippet(query: str, text: str) -> str:
    """Return the sentences that share most words with the query, in their order."""
    best = sentences(text, query)[:2]
    found = " … ".join(sorted(best, key=text.find)) or text
    return found if len(found) <= SNIPPET else f"{found[: SNIPPET - 1]}…"


def _around(view: View, document: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the text of the passages around one, and which part of the document that is."""
    rest = view.narrowed(Compare("doc_id", "eq", document["doc_id"]))
    names = ("ordinal", "start", "end", "tokens", "text")
    rows = view.documents(rest.positions(), names)
    rows.sort(key=lambda row: row["ordinal"])
    place = next(n for n, row in enumerate(rows) if row["ordinal"] == document["ordinal"])
    first, last, tokens = place, place, rows[place]["tokens"]
    grown = True
    while grown:
        grown = False
        for near in (last + 1, first - 1):
            if 0 <= near < len(rows) and tokens + rows[near]["tokens"] <= FETCH_TOKENS:
                first, last, grown = min(first, near), max(last, near), True
                tokens += rows[near]["tokens"]
    part = rows[first : last + 1]
    return _joined(part), {
        "whole": len(part) == len(rows),
        "passages": [first, last, len(rows)],
        "start": part[0]["start"],
        "end": part[-1]["end"],
        "found": [document["start"], document["end"]],
    }


def _joined(rows: list[dict[str, Any]]) -> str:
    """Join passages by their places in the document: what overlaps stands once."""
    parts: list[str] = []
    at = 0
    for row in rows:
        if parts and row["start"] < at:
            parts.append(row["text"][at - row["start"] :])
        else:
            parts.append(("\n\n" if parts else "") + row["text"])
        at = max(at, row["end"])
    return "".join(parts)
