"""What the OpenAPI page says of requests and answers. Handlers check by themselves: it is quicker.

A test holds these against what handlers take, so that neither can forget the other.
"""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_FLAG: Schema = {"type": "boolean"}


def _whole(low: int, high: int) -> Schema:
    return {"type": "integer", "minimum": low, "maximum": high}


def _one(*words: str) -> Schema:
    return {"type": "string", "enum": list(words)}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _nullable(of: Schema) -> Schema:
    return {"anyOf": [of, {"type": "null"}]}


_NAMES: Schema = {"anyOf": [_TEXT, _list(_TEXT)]}

VECTOR_QUERY: Schema = {
    "type": "object",
    "additionalProperties": False,
    "required": ["kind"],
    "properties": {
        "kind": _one("vector", "text"),
        "vector": _list({"type": "number"}),
        "text": _TEXT,
        "fields": _NAMES,
        "k": _whole(1, 10_000),
        "exhaustive": _FLAG,
        "weight": {"type": "number", "exclusiveMinimum": 0},
    },
}
_SHARED: dict[str, Schema] = {
    "search": _TEXT,
    "filter": {**_TEXT, "description": "OData: `language eq 'en' and page_first gt 2`."},
    "orderby": _NAMES,
    "select": _NAMES,
    "searchFields": _NAMES,
    "highlightPreTag": _TEXT,
    "highlightPostTag": _TEXT,
    "minimumCoverage": {"type": "number", "minimum": 0, "maximum": 100},
}
SEARCH_PROPERTIES: dict[str, Schema] = {
    **_SHARED,
    "searchMode": _one("any", "all"),
    "queryType": _one("simple", "semantic"),
    "facets": {**_list(_TEXT), "description": "`tags,count:5,sort:-value`, `rating,values:1|2`."},
    "highlight": _NAMES,
    "count": _FLAG,
    "top": _whole(0, 2**31 - 1),
    "skip": _whole(0, 100_000),
    "vectorQueries": {**_list(VECTOR_QUERY), "maxItems": 10},
    "vectorFilterMode": _one("preFilter", "postFilter", "strictPostFilter"),
    "hybridSearch": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "maxTextRecallSize": _whole(1, 10_000),
            "countAndFacetMode": _one("countAllResults"),
        },
    },
    "semanticConfiguration": _TEXT,
    "semanticQuery": _TEXT,
    "semanticErrorHandling": _one("fail", "partial"),
    "semanticMaxWaitInMilliseconds": _whole(700, 2**31 - 1),
    "captions": _one(
        "none", "extractive", "extractive|highlight-true", "extractive|highlight-false"
    ),
    "answers": _one("none"),
    "scoringStatistics": _one("local", "global"),
    "sessionId": {**_TEXT, "description": "A session meets a canary always, or never."},
}
SUGGEST_PROPERTIES: dict[str, Schema] = {
    **_SHARED,
    "suggesterName": _TEXT,
    "fuzzy": _FLAG,
    "top": _whole(1, 100),
}
AUTOCOMPLETE_PROPERTIES: dict[str, Schema] = {
    **{
        name: told for name, told in SUGGEST_PROPERTIES.items() if name not in {"orderby", "select"}
    },
    "autocompleteMode": _one("oneTerm", "twoTerms", "oneTermWithContext"),
}
_OF_ADDRESS = {"filter": "$filter", "orderby": "$orderby", "select": "$select", "top": "$top",
               "skip": "$skip", "count": "$count", "facets": "facet"}  # fmt: skip
_NOT_IN_ADDRESS = frozenset({"vectorQueries", "vectorFilterMode", "hybridSearch"})

ERROR: Schema = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {"code": _TEXT, "message": _TEXT, "details": _list({"type": "object"})},
        }
    },
}
_HIT: Schema = {
    "type": "object",
    "required": ["@search.score"],
    "properties": {
        "@search.score": {"type": "number"},
        "@search.rerankerScore": _nullable({"type": "number"}),
        "@search.captions": _nullable(_list({"type": "object"})),
        "@search.highlights": {"type": "object", "additionalProperties": _list(_TEXT)},
    },
}
_FACETS: Schema = {
    "type": "object",
    "additionalProperties": _list(
        {"type": "object", "required": ["count"], "properties": {"count": {"type": "integer"}}}
    ),
}


def _answer(**properties: Schema) -> Schema:
    return {
        "type": "object",
        "required": ["value"],
        "properties": {"@odata.context": _TEXT, **properties},
    }


_SEARCH_ANSWER = _answer(
    **{
        "@odata.count": _whole(0, 2**53),
        "@search.coverage": {"type": "number"},
        "@search.facets": _FACETS,
        "@search.nextPageParameters": {"type": "object"},
        "@odata.nextLink": _TEXT,
        "value": _list(_HIT),
    }
)
_SUGGEST_ANSWER = _answer(
    value=_list(
        {
            "type": "object",
            "required": ["@search.text"],
            "properties": {"@search.text": _TEXT},
        }
    )
)
_AUTOCOMPLETE_ANSWER = _answer(
    value=_list(
        {
            "type": "object",
            "required": ["text", "queryPlusText"],
            "properties": {"text": _TEXT, "queryPlusText": _TEXT},
        }
    )
)
_STALENESS = {
    "name": "x-freshground-max-staleness",
    "in": "header",
    "required": False,
    "schema": {"type": "string", "examples": ["6h"]},
    "description": "No answer (503 TooStale) from what is older, or of unknown age.",
}


def _json(schema: Schema) -> Schema:
    return {"content": {"application/json": {"schema": schema}}}


def described(
    summary: str,
    answer: Schema | None = None,
    *,
    body: Schema | None = None,
    query: dict[str, Schema] | None = None,
    required: tuple[str, ...] = (),
    content: Schema | None = None,
    stale: bool = True,
) -> Schema:
    """Return an operation's object: its body or query parameters, its answer, its errors.

    `stale`: whether the caller may say how stale an answer may be.
    """
    operation: Schema = {
        "summary": summary,
        "parameters": [
            *([_STALENESS] if stale else []),
            *(_parameter(name, told, required) for name, told in (query or {}).items()),
        ],
        "responses": {
            "200": {"description": "Answered", **(content or _json(answer or {}))},
            "default": {"description": "Refused, with the reason", **_json(ERROR)},
        },
    }
    if body is not None:
        operation["requestBody"] = {"required": True, **_json(body)}
    return operation


def _parameter(name: str, told: Schema, required: tuple[str, ...]) -> Schema:
    schema = _TEXT if told is _NAMES else {k: v for k, v in told.items() if k != "description"}
    return {
        "name": _OF_ADDRESS.get(name, name),
        "in": "query",
        "required": name in required,
        "schema": schema,
    }


def _object(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    """Return the schema of a body; null stands for what is left out."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": {
            name: told if name in required else _nullable(told) for name, told in properties.items()
        },
    }


def _in_address(properties: dict[str, Schema]) -> dict[str, Schema]:
    return {name: told for name, told in properties.items() if name not in _NOT_IN_ADDRESS}


_ASKED = ("search", "suggesterName")
SEARCH_POST = described("Search", _SEARCH_ANSWER, body=_object(SEARCH_PROPERTIES))
SEARCH_GET = described("Search", _SEARCH_ANSWER, query=_in_address(SEARCH_PROPERTIES))
SUGGEST_POST = described("Suggest", _SUGGEST_ANSWER, body=_object(SUGGEST_PROPERTIES, _ASKED))
SUGGEST_GET = described("Suggest", _SUGGEST_ANSWER, query=SUGGEST_PROPERTIES, required=_ASKED)
AUTOCOMPLETE_POST = described(
    "Complete a word", _AUTOCOMPLETE_ANSWER, body=_object(AUTOCOMPLETE_PROPERTIES, _ASKED)
)
AUTOCOMPLETE_GET = described(
    "Complete a word", _AUTOCOMPLETE_ANSWER, query=AUTOCOMPLETE_PROPERTIES, required=_ASKED
)
LOOKUP = described("Look a document up", {"type": "object"}, query={"select": _NAMES})
LOOKUP["responses"]["404"] = {"description": "No such document: nothing in it. No such index: why"}
COUNT = described("Count documents", content={"content": {"text/plain": {"schema": _TEXT}}})
FRESHNESS = described(
    "How fresh each index is", _answer(value=_list({"type": "object"})), stale=False
)
