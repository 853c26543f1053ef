"""Bodies become plans, name by name; what is wrong, unknown or not served is a named 400."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.bodies import search_asked
from freshground.service.api.queries.parameters import Parameters, split
from freshground.service.api.queries.schemas import (
    AUTOCOMPLETE_PROPERTIES,
    SEARCH_PROPERTIES,
    SUGGEST_PROPERTIES,
)
from indexes.filters.ast import Compare
from indexes.search.plan import SCORE, Facet, Highlight, Order
from indexes.search.text import Words
from tests.querying.shelf import ADMIN, Shelf, hotels, vector_of

SERVED = Shelf(hotels=hotels(8)).open("hotels", ADMIN)


def asked(**body: Any) -> Any:
    return search_asked(SERVED, Parameters(body))


def refused(**body: Any) -> ApiError:
    with pytest.raises(ApiError) as caught:
        asked(**body)
    assert caught.value.status == 400
    return caught.value


def test_a_whole_body() -> None:
    # After the example of Documents_SearchPost in the REST specification.
    found = asked(
        count=True,
        facets=["category,count:10,sort:-count"],
        filter="rating gt 4.0",
        highlight="description-3,hotelName",
        highlightPostTag="</b>",
        highlightPreTag="<b>",
        minimumCoverage=None,
        orderby="search.score() desc,rating desc,Address/City",
        queryType="simple",
        search="nice hotels",
        searchFields="hotelName^2,description",
        searchMode="All",
        sessionId="mysessionid",
        scoringStatistics="global",
        select="hotelId,description,Address/City",
        skip=0,
        top=10,
        vectorQueries=[
            {
                "kind": "vector",
                "vector": vector_of("hotel"),
                "fields": "vector",
                "k": 5,
                "exhaustive": True,
                "weight": 2.0,
            }
        ],
        vectorFilterMode="preFilter",
    )
    plan = found.plan
    assert plan.count
    assert plan.facets == (Facet("category", 10, "-count"),)
    assert found.where == Compare("rating", "gt", 4.0)
    assert plan.after is None
    assert plan.highlight == Highlight({"description": 3, "hotelName": 5}, "<b>", "</b>")
    assert plan.order == (
        Order(SCORE, descending=True), Order("rating", descending=True), Order("Address/City"),
    )  # fmt: skip
    assert plan.text is not None
    assert plan.text.query == Words("nice hotels", every=True)
    assert plan.text.fields == {"hotelName": 2.0, "description": 1.0}
    assert plan.select == ("hotelId", "description", "Address/City")
    assert (plan.skip, plan.top) == (0, 10)
    (arm,) = plan.vectors
    assert (arm.fields, arm.k, arm.exact, arm.weight) == (("vector",), 5, True, 2.0)


def test_an_address_says_the_same_as_a_body() -> None:
    pairs = [
        ("api-version", "2026-04-01"), ("search", "nice hotels"), ("$filter", "rating gt 4.0"),
        ("$orderby", "rating desc"), ("$select", "hotelId,category"), ("$top", "5"),
        ("$skip", "2"), ("$count", "true"), ("facet", "category"), ("facet", "rating,interval:1"),
        ("highlight", "description"), ("searchMode", "any"), ("minimumCoverage", "80"),
    ]  # fmt: skip
    by_address = search_asked(SERVED, Parameters.of_address(pairs, ("facets",)))
    by_body = asked(
        search="nice hotels", filter="rating gt 4.0", orderby=["rating desc"],
        select=["hotelId", "category"], top=5, skip=2, count=True,
        facets=["category", "rating,interval:1"], highlight="description", searchMode="any",
        minimumCoverage=80,
    )  # fmt: skip
    assert by_address == by_body


def test_without_anything_everything_comes_in_fifties() -> None:
    plan = asked().plan
    assert (plan.text, plan.vectors, plan.top, plan.skip, plan.count) == (None, (), 50, 0, False)
    assert asked(search="*").plan.text is None
    assert asked(top=5_000).plan.top == 1_000
    assert asked(top=5_000).size == 5_000


def test_a_filter_after_the_vectors() -> None:
    query = {"kind": "text", "text": "pool"}
    found = asked(vectorQueries=[query], filter="rating gt 4", vectorFilterMode="postFilter")
    assert found.where is None
    assert found.plan.after == Compare("rating", "gt", 4.0)
    assert found.plan.vectors[0].fields == ("vector",)
    assert [text for text, _ in found.texts] == ["pool"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("tags,count:5,sort:-value", Facet("tags", 5, "-value")),
        ("category,count:0", Facet("category", 0)),
        ("rating,values:3|1|2.5", Facet("rating", values=(1, 2.5, 3))),
        ("rooms,interval:50", Facet("rooms", interval=50.0)),
        (
            "lastRenovated,interval:month,timeoffset:-08:00",
            Facet("lastRenovated", interval="month", offset=-480),
        ),
        (
            "lastRenovated,values:2001-01-01T00:00:00Z",
            Facet("lastRenovated", values=(datetime(2001, 1, 1, tzinfo=UTC),)),
        ),
        ("Address/City", Facet("Address/City")),
    ],
)
def test_facets(text: str, expected: Facet) -> None:
    assert asked(facets=[text]).plan.facets == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "nope", "description", "owner", "category,count:-1", "category,count:x", "category,sort:up",
        "category,interval:5", "rooms,interval:0", "rooms,interval:nan", "rooms,interval:day",
        "lastRenovated,interval:5", "lastRenovated,interval:day,timeoffset:25:00",
        "rooms,interval:5,timeoffset:01:00", "rooms,values:a|b", "category,values:a|b",
        "rooms,interval:5,count:3", "rooms,values:1,sort:count", "rooms,metric:sum",
        "category,count:1,count:2", "category,count", "",
    ],
)  # fmt: skip
def test_wrong_facets(text: str) -> None:
    refused(facets=[text])


@pytest.mark.parametrize(
    ("body", "code", "named"),
    [
        ({"nonsense": 1}, "UnknownParameter", "nonsense"),
        ({"Search": "case counts"}, "UnknownParameter", "Search"),
        ({"search": 5}, "InvalidParameter", "search"),
        ({"top": -1}, "InvalidParameter", "top"),
        ({"top": 1.5}, "InvalidParameter", "top"),
        ({"top": True}, "InvalidParameter", "top"),
        ({"top": "5"}, "InvalidParameter", "top"),
        ({"skip": 100_001}, "InvalidParameter", "skip"),
        ({"count": 1}, "InvalidParameter", "count"),
        ({"searchMode": "some"}, "InvalidParameter", "searchMode"),
        ({"select": "nope"}, "UnknownField", "nope"),
        ({"select": "owner"}, "FieldNotUsable", "owner"),
        ({"select": "Address/Secret"}, "FieldNotUsable", "Secret"),
        ({"orderby": "hotelId sideways"}, "InvalidParameter", "orderby"),
        ({"orderby": "tags"}, "FieldNotUsable", "tags"),
        ({"orderby": "geo.distance(a, geography'POINT(1 2)')"}, "NotServed", "geo"),
        ({"orderby": ",".join(["hotelId"] * 33)}, "InvalidParameter", "32"),
        ({"searchFields": "category"}, "FieldNotUsable", "category"),
        ({"searchFields": "hotelName^0"}, "InvalidParameter", "boost"),
        ({"searchFields": "vector"}, "InvalidParameter", "vector"),
        ({"highlight": "notes"}, "FieldNotUsable", "notes"),
        ({"highlight": "hotelName-0"}, "InvalidParameter", "highlight"),
        ({"highlight": "hotelName", "highlightPreTag": "<b>"}, "InvalidParameter", "together"),
        ({"filter": "owner"}, "InvalidFilter", "owner"),
        ({"filter": "hotelName eq 'x'"}, "InvalidFilter", "hotelName"),
        ({"facets": "category"}, "InvalidParameter", "facets"),
        ({"facets": ["category", "category"]}, "InvalidParameter", "twice"),
        ({"facets": ["rooms,interval:1"] * 101}, "InvalidParameter", "100"),
        ({"scoringProfile": "p"}, "NotServed", "scoringProfile"),
        ({"scoringParameters": ["a-1"]}, "NotServed", "scoringParameters"),
        ({"speller": "lexicon"}, "NotServed", "speller"),
        ({"queryLanguage": "en-us"}, "NotServed", "queryLanguage"),
        ({"queryRewrites": "generative"}, "NotServed", "queryRewrites"),
        ({"debug": "semantic"}, "NotServed", "debug"),
        ({"queryType": "full"}, "NotServed", "full"),
        ({"answers": "extractive"}, "NotServed", "answers"),
        ({"sessionId": "_a"}, "InvalidParameter", "sessionId"),
        ({"minimumCoverage": 101}, "InvalidParameter", "minimumCoverage"),
        ({"scoringStatistics": "both"}, "InvalidParameter", "scoringStatistics"),
        ({"hybridSearch": {"maxTextRecallSize": 0}}, "InvalidParameter", "maxTextRecallSize"),
        ({"hybridSearch": {"more": 0}}, "UnknownParameter", "more"),
        (
            {"hybridSearch": {"countAndFacetMode": "countRetrievableResults"}},
            "NotServed",
            "countAndFacetMode",
        ),
        ({"vectorQueries": {}}, "InvalidParameter", "vectorQueries"),
        ({"vectorQueries": [{}]}, "InvalidParameter", "kind"),
        ({"vectorQueries": [{"kind": "imageUrl", "url": "u"}]}, "NotServed", "imageUrl"),
        ({"vectorQueries": [{"kind": "vector"}]}, "InvalidVector", "list"),
        ({"vectorQueries": [{"kind": "vector", "vector": ["a"]}]}, "InvalidVector", "numbers"),
        ({"vectorQueries": [{"kind": "vector", "vector": [1e39] * 16}]}, "InvalidVector", "finite"),
        ({"vectorQueries": [{"kind": "vector", "vector": [1.0]}]}, "InvalidVector", "16"),
        ({"vectorQueries": [{"kind": "text", "text": " "}]}, "InvalidParameter", "text"),
        ({"vectorQueries": [{"kind": "text", "text": "a", "k": 0}]}, "InvalidParameter", "k"),
        ({"vectorQueries": [{"kind": "text", "text": "a", "weight": 0}]}, "InvalidParameter", "0"),
        (
            {"vectorQueries": [{"kind": "text", "text": "a", "fields": "hotelName"}]},
            "InvalidParameter",
            "hotelName",
        ),
        (
            {"vectorQueries": [{"kind": "text", "text": "a", "threshold": {"kind": "x"}}]},
            "NotServed",
            "threshold",
        ),
        (
            {"vectorQueries": [{"kind": "text", "text": "a", "filterOverride": "a eq 1"}]},
            "NotServed",
            "filterOverride",
        ),
        (
            {"vectorQueries": [{"kind": "text", "text": "a", "oversampling": 2}]},
            "NotServed",
            "oversampling",
        ),
        ({"vectorQueries": [{"kind": "text", "text": "a", "x": 2}]}, "UnknownParameter", "x"),
        ({"vectorQueries": [{"kind": "text", "text": "a"}] * 11}, "InvalidParameter", "10"),
        ({"captions": "generated"}, "InvalidParameter", "captions"),
    ],
)
def test_what_is_wrong_is_named(body: dict[str, Any], code: str, named: str) -> None:
    error = refused(**body)
    assert error.code == code
    assert named in error.message


def test_what_changes_nothing_is_taken() -> None:
    assert asked(
        speller="none", debug="disabled", answers="none", captions="none", scoringParameters=[],
        queryLanguage="none", semanticErrorHandling="partial", minimumCoverage=None,
    ) == asked()  # fmt: skip


def test_commas_within_parentheses_part_nothing() -> None:
    assert split("a,f(b,c) desc,d") == ["a", "f(b,c) desc", "d"]
    assert split("a,b") == ["a", "b"]
    assert split("a),b") == ["a)", "b"]


def tried(parameters: Parameters) -> ApiError | None:
    try:
        search_asked(SERVED, parameters)
    except ApiError as error:
        return error
    return None


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 10**20) | st.floats(allow_nan=False) | st.text()
    | st.sampled_from(["hotelName", "rating desc", "tags,count:2", "rating gt 3", "text"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["kind", "vector", "text", "k", "fields", "x"]), inner),
    max_leaves=6,
)  # fmt: skip
NAMES = st.sampled_from([*SEARCH_PROPERTIES, "queryLanguage", "debug", "?"])


@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_any_body_is_a_plan_or_a_refusal(body: dict[str, Any]) -> None:
    error = tried(Parameters(body))
    if error is not None:
        assert error.status == 400
        assert re.fullmatch(r"[A-Z][A-Za-z]+", error.code)
        assert error.message.endswith((".", ")"))


@given(st.lists(st.tuples(NAMES, st.text()), max_size=5))
def test_any_address_is_a_plan_or_a_refusal(pairs: list[tuple[str, str]]) -> None:
    try:
        parameters = Parameters.of_address(pairs, ("facets", "scoringParameters"))
    except ApiError as error:
        found: ApiError | None = error
    else:
        found = tried(parameters)
    assert found is None or found.status == 400


def test_the_page_names_what_a_search_takes() -> None:
    for name in SEARCH_PROPERTIES:
        error = tried(Parameters({name: object()}))
        assert error is not None
        assert error.code != "UnknownParameter", name
    assert "search" in SUGGEST_PROPERTIES
    assert "orderby" not in AUTOCOMPLETE_PROPERTIES
