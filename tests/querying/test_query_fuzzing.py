"""Whatever is sent, the answer is an answer or a refusal that names a reason: never a 500."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS
from starlette.testclient import TestClient

from freshground.service.api.queries.schemas import (
    AUTOCOMPLETE_PROPERTIES,
    SEARCH_PROPERTIES,
    SUGGEST_PROPERTIES,
)
from freshground.service.api.routes import freshness, lookup, search, suggest
from tests.querying.shelf import HOTELS, Shelf, app_of, hotels, vector_of

pytestmark = pytest.mark.slow

SHELF = Shelf(hotels=hotels(24))
CLIENT = TestClient(app_of(SHELF), raise_server_exceptions=True)
V = "api-version=2026-04-01"
OURS = {each.__name__.rpartition(".")[2] for each in (freshness, lookup, search, suggest)}

PATHS = st.sampled_from([*HOTELS.paths, "nope", "Address/Nope", "*", ""])
WORDS = st.sampled_from(
    ["pool", "har", "beach harbour", '"pool beach"', "+pool -beach", "poo*", "(a|b) c", "-", "*",
     '"', "ünïcode 漢字", "a" * 40, "-pool", "\\", "pool~2^3", "number:3"],
)  # fmt: skip
LITERALS = st.sampled_from(
    ["1", "2.5", "'pool'", "null", "true", "2010-01-01T00:00:00Z", "INF", "''", "x"]
)
OPERATORS = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le", "and"])
FILTERS = st.recursive(
    st.builds("{} {} {}".format, PATHS, OPERATORS, LITERALS)
    | st.builds("{}/any(t: t eq {})".format, PATHS, LITERALS)
    | st.builds("search.in({}, 'pool,beach')".format, PATHS)
    | st.builds("search.ismatch({})".format, LITERALS),
    lambda inner: (
        st.builds("({}) and not ({})".format, inner, inner)
        | st.builds("{} or {}".format, inner, inner)
    ),
    max_leaves=4,
)
ORDERS = st.builds("{}{}".format, PATHS | st.just("search.score()"),
                   st.sampled_from(["", " desc", " asc", " up"]))  # fmt: skip
FACETS = st.builds(
    "{}{}".format,
    PATHS,
    st.sampled_from(
        ["", ",count:3", ",count:0", ",sort:-value", ",sort:-count,count:2", ",interval:2",
         ",interval:0.0001", ",interval:1000000000000000", ",interval:year",
         ",interval:week,timeoffset:-08:00", ",values:1|2|1e300", ",values:2001-01-01|2010-02-03",
         ",values:", ",interval:"]
    ),
)  # fmt: skip
VECTORS = st.just(vector_of("pool beach")) | st.lists(
    st.floats(allow_nan=False), min_size=15, max_size=17
)
QUERIES = st.fixed_dictionaries(
    {"kind": st.sampled_from(["vector", "text"])},
    optional={
        "vector": VECTORS, "text": WORDS, "k": st.integers(0, 30), "fields": PATHS,
        "exhaustive": st.booleans(), "weight": st.floats(allow_nan=False),
    },
)  # fmt: skip
MANY = st.lists(PATHS, max_size=3)
KNOWN: dict[str, st.SearchStrategy[Any]] = {
    "search": WORDS | st.text(),
    "filter": FILTERS | st.text(max_size=20),
    "orderby": st.lists(ORDERS, max_size=3),
    "select": MANY,
    "searchFields": MANY,
    "highlight": MANY,
    "highlightPreTag": st.text(max_size=3),
    "highlightPostTag": st.text(max_size=3),
    "facets": st.lists(FACETS, max_size=2),
    "top": st.integers(-1, 2_000),
    "skip": st.integers(-1, 40),
    "vectorQueries": st.lists(QUERIES, max_size=2),
    "suggesterName": st.sampled_from(["sg", "other"]),
    "hybridSearch": st.fixed_dictionaries({"maxTextRecallSize": st.integers(0, 20)}),
    "minimumCoverage": st.floats(),
    "semanticMaxWaitInMilliseconds": st.integers(),
}


def _of(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "other"])
    return st.booleans() if schema.get("type") == "boolean" else st.text(max_size=8)


def bodies(properties: dict[str, dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    each = {name: KNOWN.get(name, _of(schema)) for name, schema in properties.items()}
    return st.fixed_dictionaries({}, optional=each)


def judged(answer: Any) -> None:
    assert answer.status_code in {200, 400}, answer.text
    if answer.status_code == 400:
        error = answer.json()["error"]
        assert error["code"]
        assert error["message"]
        return
    for hit in answer.json()["value"]:
        assert not {"owner", "notes"} & hit.keys()
        assert "Secret" not in json.dumps(hit)


FUZZ = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@FUZZ
@given(bodies(SEARCH_PROPERTIES))
def test_no_search_fails(body: dict[str, Any]) -> None:
    text = json.dumps(body, allow_nan=False) if _finite(body) else "{}"
    judged(CLIENT.post(f"/indexes/hotels/docs/search?{V}", content=text))


@FUZZ
@given(bodies(SUGGEST_PROPERTIES), bodies(AUTOCOMPLETE_PROPERTIES))
def test_no_suggestion_fails(suggested: dict[str, Any], completed: dict[str, Any]) -> None:
    for action, body in (("suggest", suggested), ("autocomplete", completed)):
        whole = {"suggesterName": "sg", "search": "poo", **body}
        if _finite(whole):
            judged(CLIENT.post(f"/indexes/hotels/docs/{action}?{V}", json=whole))


@FUZZ
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1), st.lists(PATHS, max_size=2))
def test_no_look_up_fails(key: str, select: list[str]) -> None:
    answer = CLIENT.get(
        f"/indexes/hotels/docs/{quote(key, safe='')}",
        params={"api-version": "2026-04-01", "$select": ",".join(select)},
    )
    assert answer.status_code in {200, 400, 404}


def _finite(body: dict[str, Any]) -> bool:
    try:
        json.dumps(body, allow_nan=False).encode()
    except ValueError:  # JSON has neither infinity nor half a surrogate pair
        return False
    return True


SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", CLIENT.app).include(
    func=lambda ctx: set(ctx.operation.tags or ()) & {"documents"}
)


@SCHEMA.parametrize()
@settings(max_examples=8, suppress_health_check=list(HealthCheck))
def test_the_page_tells_the_truth(case: schemathesis.Case) -> None:
    case.path_parameters["name"] = "hotels"
    case.headers.pop("x-freshground-max-staleness", None)  # rightly refused with 503
    answer = case.call()
    wanted = ("not_a_server_error", "response_schema_conformance", "content_type_conformance",
              "status_code_conformance")  # fmt: skip
    case.validate_response(answer, checks=CHECKS.get_by_names(wanted))
