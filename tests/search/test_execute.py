"""One search: scores, fusion, order, pages, counts, facets and highlights, on the plain view."""

from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.engines.bm25 import Bm25
from indexes.filters.ast import Compare, IsNull, Not
from indexes.filters.evaluate import matches
from indexes.search.definition import VECTOR, Definition, Field
from indexes.search.execute import run
from indexes.search.plain import PlainView
from indexes.search.plan import SCORE, Facet, Highlight, Order, SearchPlan, TextArm, VectorArm
from indexes.search.simple_syntax import parse_simple

TEXT, TEXTS, COMPLEX = "Edm.String", "Collection(Edm.String)", "Edm.ComplexType"
HOTELS = Definition(
    "hotels",
    (
        Field("id", TEXT, key=True),
        Field("description", TEXT, searchable=True, analyzer="english"),
        Field("category", TEXT),
        Field("rating", "Edm.Int32"),
        Field("price", "Edm.Double"),
        Field("parking", "Edm.Boolean"),
        Field("renovated", "Edm.DateTimeOffset"),
        Field("tags", TEXTS, searchable=True),
        Field("secret", TEXT, searchable=True, retrievable=False),
        Field("address", COMPLEX, fields=(
            Field("city", TEXT), Field("owner", TEXT, retrievable=False)
        )),
        Field("rooms", f"Collection({COMPLEX})", fields=(
            Field("rate", "Edm.Double"), Field("kinds", TEXTS)
        )),
        Field("v", VECTOR, dimensions=2),
        Field("w", VECTOR, dimensions=2, retrievable=False),
    ),
)  # fmt: skip


def day(year: int, month: int, number: int, hour: int = 0) -> datetime:
    return datetime(year, month, number, hour, tzinfo=UTC)


ROWS = [
    {
        "id": "a", "description": "Walk to the beach. The pool is warm.", "category": "Resort",
        "rating": 5, "price": 240.5, "parking": True, "renovated": day(2024, 1, 31, 23),
        "tags": ["pool", "view", "pool"], "address": {"city": "Tampa", "owner": "x"},
        "rooms": [{"rate": 90.0, "kinds": ["suite"]}, {"rate": 60.0, "kinds": ["suite", "twin"]}],
        "v": [1, 0], "w": [0, 1], "secret": "pool",
    },
    {
        "id": "b", "description": "A pool, a pool and walking paths.", "category": "Budget",
        "rating": 3, "price": 80.0, "parking": False, "renovated": day(2024, 2, 1),
        "tags": ["pool"], "rooms": [{"rate": 60.0}], "v": [0.6, 0.8], "w": [1, 0],
    },
    {
        "id": "c", "description": "Quiet motel.", "category": "Budget", "rating": 3, "price": 99.9,
        "renovated": day(2023, 12, 31), "tags": [], "address": {"city": "Åre"}, "v": [0, 1],
    },
    {"id": "d"},
]  # fmt: skip
VIEW = PlainView(HOTELS, ROWS)
SEARCHED = {"description": 1.0, "tags": 1.0}


def text(query: str, mode: str = "any", **fields: float) -> TextArm:
    return TextArm(parse_simple(query, mode), fields or SEARCHED)


def near(field: str, *numbers: float, **how: object) -> VectorArm:
    return VectorArm((field,), np.array(numbers, np.float32), **how)


def keys(plan: SearchPlan, view: PlainView = VIEW) -> list[str]:
    return [hit.key for hit in run(view, plan).hits]


def test_nothing_asked_finds_all_by_key_with_a_score_of_one() -> None:
    found = run(VIEW, SearchPlan(count=True))
    assert [(hit.key, hit.score) for hit in found.hits] == [(k, 1.0) for k in "abcd"]
    assert found.matches == 4
    assert run(VIEW, SearchPlan(text=text("*"))).hits == found.hits


def test_text_alone_scores_by_bm25() -> None:
    found = run(VIEW, SearchPlan(text=text("pool walks", description=2.0)))
    scores = Bm25([row.get("description") or "" for row in ROWS], "english").scores("pool walks")
    assert {hit.key: hit.score for hit in found.hits} == pytest.approx(
        {"ab"[position]: 2 * score for position, score in scores.items()}, rel=1e-6
    )
    assert found.hits[0].arms == {"text": (1, found.hits[0].score)}


def test_a_word_that_no_field_keeps_asks_for_nothing() -> None:
    """`tags` keep `the`, as no stop word of theirs; the description's analyzer drops it."""
    assert set(keys(SearchPlan(text=text("+the +walks", description=1)))) == {"a", "b"}


@pytest.mark.parametrize(
    ("query", "mode", "expected"),
    [
        ("pool motel", "any", "abc"),
        ("pool beach", "all", "a"),
        ("pool -beach", "all", "b"),
        ("pool -beach", "any", "abcd"),
        ("-pool", "any", "cd"),
        ('"the pool"', "any", "ab"),
        ('"pool view"', "any", ""),
        ('"walking paths"', "any", "b"),
        ("wal*", "any", "ab"),
        ("walkin*", "any", "b"),
        ("the", "any", ""),
        ("+the +walks", "any", ""),
        ("pool + (beach | quiet)", "any", "a"),
        ("quiet | beach", "all", "ac"),
        ("?!", "any", ""),
    ],
)
def test_what_matches(query: str, mode: str, expected: str) -> None:
    found = run(VIEW, SearchPlan(text=text(query, mode)))
    assert "".join(sorted(hit.key for hit in found.hits)) == expected
    assert found.matches == len(expected)


def test_one_vector_scores_by_cosine() -> None:
    found = run(VIEW, SearchPlan(vectors=(near("v", 1, 0, k=2),)))
    assert [(hit.key, hit.score) for hit in found.hits] == [
        ("a", 1.0),
        ("b", float(np.float32(1 / (1 + (1 - np.float64(np.float32(0.6))))))),
    ]
    assert found.matches == 2
    both = run(VIEW, SearchPlan(text=text("*"), vectors=(near("v", 1, 0, k=2),)))
    assert [hit.score for hit in both.hits] == [hit.score for hit in found.hits]


def test_hybrid_is_reciprocal_rank_fusion_in_float32() -> None:
    found = run(VIEW, SearchPlan(text=text("beach pool"), vectors=(near("v", 1, 0),)))
    assert found.hits[0].score == 0.032786883413791656
    assert [hit.key for hit in found.hits] == ["a", "b", "c"]
    assert found.matches == 3
    assert found.hits[0].arms == {"text": (1, pytest.approx(2.3, abs=1)), "v": (1, 1.0)}
    assert list(found.hits[2].arms) == ["v"]
    third = np.float32(1 / 63)
    assert found.hits[2].score == float(third)


def test_a_vector_query_over_two_fields_is_two_arms_and_weights_count() -> None:
    query = VectorArm(("v", "w"), np.array([1, 0], np.float32), weight=0.5)
    found = run(VIEW, SearchPlan(vectors=(query, near("v", 0, 1, k=1))))
    ranks = {hit.key: {name: rank for name, (rank, _) in hit.arms.items()} for hit in found.hits}
    assert ranks == {"a": {"v": 1, "w": 2}, "b": {"v": 2, "w": 1}, "c": {"v": 3, "v#2": 1}}
    expected = np.float32(0.5 / 61) + np.float32(0.5 / 62)
    assert {hit.key: hit.score for hit in found.hits}["a"] == float(expected)
    assert found.hits[0].key == "c"
    assert [hit.key for hit in found.hits[1:]] == ["a", "b"], "ties are ordered by key"


def test_recall_bounds_the_fusion_and_not_the_count() -> None:
    arm = TextArm(parse_simple("pool walk motel"), SEARCHED, recall=1)
    found = run(VIEW, SearchPlan(text=arm, vectors=(near("v", 1, 0, k=1),), facets=(Facet("id"),)))
    assert len(found.hits) <= 2
    assert found.matches == 3
    assert len(found.facets["id"]) == 3


def test_the_filter_after_takes_from_what_was_found() -> None:
    plan = SearchPlan(
        vectors=(near("v", 1, 0, k=2),), after=Compare("rating", "eq", 3), facets=(Facet("id"),)
    )
    found = run(VIEW, plan)
    assert [(hit.key, hit.arms["v"][0]) for hit in found.hits] == [("b", 2)]
    assert found.matches == 1
    assert found.facets["id"] == [{"value": "b", "count": 1}]
    assert keys(SearchPlan(vectors=(near("v", 1, 0, k=2),)), VIEW.narrowed(plan.after)) == [
        "b",
        "c",
    ]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ([Order("rating")], "dbca"),
        ([Order("rating", True)], "abcd"),
        ([Order("rating"), Order("price", True)], "dcba"),
        ([Order("address/city")], "bdac"),
        ([Order("address/city", True)], "cabd"),
        ([Order("renovated")], "dcab"),
        ([Order("parking")], "cdba"),
        ([Order("parking", True), Order("id", True)], "abdc"),
        ([Order(SCORE, True), Order("id", True)], "dcba"),
    ],
)
def test_order_and_nulls(order: list[Order], expected: str) -> None:
    assert "".join(keys(SearchPlan(order=tuple(order)))) == expected


def test_ties_of_an_order_go_by_score_and_then_by_key() -> None:
    by_score = keys(SearchPlan(text=text("pool beach motel")))
    assert keys(SearchPlan(text=text("pool beach motel"), order=(Order("address/owner"),))) == [
        k for k in by_score if k != "a"
    ] + ["a"]
    upside_down = keys(SearchPlan(text=text("pool beach motel"), order=(Order(SCORE),)))
    assert upside_down == by_score[::-1]


@pytest.mark.parametrize(
    ("facet", "expected"),
    [
        (Facet("category"), [("Budget", 2), ("Resort", 1)]),
        (Facet("category", sort="-count"), [("Resort", 1), ("Budget", 2)]),
        (Facet("category", sort="-value"), [("Resort", 1), ("Budget", 2)]),
        (Facet("category", count=1), [("Budget", 2)]),
        (Facet("rating", sort="value"), [(3, 2), (5, 1)]),
        (Facet("parking"), [(False, 1), (True, 1)]),
        (Facet("tags"), [("pool", 2), ("view", 1)]),
        (Facet("rooms/kinds"), [("suite", 1), ("twin", 1)]),
        (Facet("rooms/rate"), [(60.0, 2), (90.0, 1)]),
        (Facet("address/city", count=0), [("Tampa", 1), ("Åre", 1)]),
        (Facet("price", interval=100), [(0.0, 2), (200.0, 1)]),
        (Facet("rating", interval=2), [(2, 2), (4, 1)]),
        (Facet("rating", interval=2.5), [(2.5, 2), (5.0, 1)]),
        (Facet("rooms/rate", interval=50), [(50.0, 2)]),
        (
            Facet("renovated", interval="year"),
            [("2023-01-01T00:00:00Z", 1), ("2024-01-01T00:00:00Z", 2)],
        ),
        (
            Facet("renovated", interval="month", offset=60),
            [("2023-11-30T23:00:00Z", 1), ("2024-01-31T23:00:00Z", 2)],
        ),
        (
            Facet("renovated", interval="day", offset=-60),
            [
                ("2023-12-30T01:00:00Z", 1),
                ("2024-01-31T01:00:00Z", 2),
            ],
        ),
        (
            Facet("renovated", interval="quarter"),
            [("2023-10-01T00:00:00Z", 1), ("2024-01-01T00:00:00Z", 2)],
        ),
        (
            Facet("renovated", interval="week"),
            [("2023-12-25T00:00:00Z", 1), ("2024-01-29T00:00:00Z", 2)],
        ),
    ],
)  # fmt: skip
def test_facets_of_values_and_intervals(facet: Facet, expected: list[tuple]) -> None:
    found = run(VIEW, SearchPlan(facets=(facet,), top=0)).facets[facet.path]
    assert [(bucket["value"], bucket["count"]) for bucket in found] == expected


def test_facets_of_ranges() -> None:
    plan = SearchPlan(
        text=text("pool"),
        facets=(
            Facet("rooms/rate", values=(80, 150)),
            Facet("renovated", values=(day(2024, 2, 1),)),
            Facet("rating", values=(4,)),
        ),
    )
    assert run(VIEW, plan).facets == {
        "rooms/rate": [
            {"to": 80, "count": 2},
            {"from": 80, "to": 150, "count": 1},
            {"from": 150, "count": 0},
        ],
        "renovated": [
            {"to": "2024-02-01T00:00:00Z", "count": 1},
            {"from": "2024-02-01T00:00:00Z", "count": 1},
        ],
        "rating": [{"to": 4, "count": 1}, {"from": 4, "count": 1}],
    }


def test_select_of_parts_and_what_is_not_retrievable() -> None:
    first = run(VIEW, SearchPlan(top=1)).hits[0].document
    assert {"secret", "w"}.isdisjoint(first)
    assert first["address"] == {"city": "Tampa"}
    assert first["renovated"] == "2024-01-31T23:00:00Z"
    assert first["v"] == [1.0, 0.0]
    plan = SearchPlan(select=("rooms/rate", "id", "address"), top=2)
    assert [hit.document for hit in run(VIEW, plan).hits] == [
        {"id": "a", "address": {"city": "Tampa"}, "rooms": [{"rate": 90.0}, {"rate": 60.0}]},
        {"id": "b", "address": None, "rooms": [{"rate": 60.0}]},
    ]
    assert run(VIEW, SearchPlan(select=("secret", "address/owner"), top=1)).hits[0].document == {}


@pytest.mark.parametrize(
    ("query", "field", "expected"),
    [
        ("walked pool", "description", ["<em>Walk</em> to the beach. The <em>pool</em> is warm."]),
        ('"the pool"', "description", ["Walk to the beach. The <em>pool</em> is warm."]),
        ("bea*", "description", ["Walk to the <em>beach</em>. The pool is warm."]),
        ("beach -pool", "description", ["Walk to the <em>beach</em>. The pool is warm."]),
        ("pool vi*", "tags", ["<em>pool</em>", "<em>view</em>", "<em>pool</em>"]),
        ("pool", "secret", None),
        ("motel | beach", "tags", None),
    ],
)
def test_highlights_of_short_texts(query: str, field: str, expected: list[str] | None) -> None:
    plan = SearchPlan(text=text(query), highlight=Highlight({field: 5}), top=10)
    marked = {hit.key: hit.highlights for hit in run(VIEW, plan).hits}["a"]
    assert marked.get(field) == expected


def test_highlights_of_long_texts_are_the_best_sentences() -> None:
    filler = "Nothing of interest is said here. " * 10
    body = f"{filler}The super bowl is super fun, bowl. {filler}A <b>bowl</b> & more. {filler}Bowl!"
    view = PlainView(HOTELS, [{"id": "a", "description": body}])

    def marked(query: str, count: int, **tags: str) -> list[str]:
        plan = SearchPlan(text=text(query), highlight=Highlight({"description": count}, **tags))
        return run(view, plan).hits[0].highlights["description"]

    assert marked("super bowl", 2) == [
        "The <em>super</em> <em>bowl</em> is <em>super</em> fun, <em>bowl</em>.",
        "A <b><em>bowl</em></b> & more.",
    ]
    assert marked("super bowl", 1, before="[", after="]") == [
        "The [super] [bowl] is [super] fun, [bowl]."
    ]
    assert marked('"super bowl"', 5) == ["The <em>super bowl</em> is super fun, bowl."]
    unbroken = "word " * 300 + "bowl" + " word" * 300
    view = PlainView(HOTELS, [{"id": "a", "description": unbroken}])
    (cut,) = marked("bowl", 1)
    assert cut.count("<em>bowl</em>") == 1
    assert len(cut) < 450
    assert set(cut.replace("<em>bowl</em>", "").split()) == {"word"}


WORDS = ["pool", "beach", "walks", "quiet", "the", "Åre"]
ROW = st.fixed_dictionaries(
    {
        "description": st.none() | st.lists(st.sampled_from(WORDS), max_size=5).map(" ".join),
        "category": st.none() | st.sampled_from(["x", "y", "z"]),
        "rating": st.none() | st.integers(-3, 3),
        "price": st.none() | st.floats(-100, 100, allow_nan=False),
        "tags": st.none() | st.lists(st.sampled_from(WORDS), max_size=3),
        "v": st.none() | st.tuples(st.integers(1, 3), st.integers(-2, 2)),
    }
)
VIEWS = st.lists(ROW, max_size=12).map(
    lambda rows: PlainView(HOTELS, [{"id": f"k{n:02}", **row} for n, row in enumerate(rows)])
)
ARMS = st.fixed_dictionaries(
    {
        "text": st.none() | st.lists(st.sampled_from([*WORDS, "-pool", "be*"]), max_size=3).map(
            lambda words: text(" ".join(words))
        ),
        "vectors": st.just(()) | st.just((near("v", 1, 0.5, k=4),)),
    }
)  # fmt: skip


@given(view=VIEWS, arms=ARMS, size=st.integers(1, 5), field=st.sampled_from(["rating", "category"]))
def test_pages_cover_all_hits_once(view: PlainView, arms: dict, size: int, field: str) -> None:
    for order in ((), (Order(field, descending=True),)):
        whole = run(view, SearchPlan(**arms, order=order, top=100)).hits
        pages = [
            hit
            for skip in range(0, len(whole) + size, size)
            for hit in run(view, SearchPlan(**arms, order=order, skip=skip, top=size)).hits
        ]
        assert pages == whole
        assert len({hit.key for hit in whole}) == len(whole)
        assert all(math.isfinite(hit.score) for hit in whole)


@given(view=VIEWS, arms=ARMS)
def test_facets_add_up_to_the_matches(view: PlainView, arms: dict) -> None:
    facets = (
        Facet("category", count=0), Facet("tags", count=0), Facet("price", interval=7),
        Facet("rating", values=(-1, 2)),
    )  # fmt: skip
    found = run(view, SearchPlan(**arms, facets=facets, top=100))
    assert len(found.hits) == found.matches
    rows = {name: [hit.document[name] for hit in found.hits] for name in ("category", "price")}
    counted = {bucket["value"]: bucket["count"] for bucket in found.facets["category"]}
    assert counted == Counter(value for value in rows["category"] if value is not None)
    held = [value for value in rows["price"] if value is not None]
    assert sum(bucket["count"] for bucket in found.facets["price"]) == len(held)
    ratings = [r for hit in found.hits if (r := hit.document["rating"]) is not None]
    assert [bucket["count"] for bucket in found.facets["rating"]] == [
        sum(r < -1 for r in ratings),
        sum(-1 <= r < 2 for r in ratings),
        sum(r >= 2 for r in ratings),
    ]  # fmt: skip
    tags = Counter(tag for hit in found.hits for tag in set(hit.document["tags"]))
    assert {bucket["value"]: bucket["count"] for bucket in found.facets["tags"]} == tags


@given(view=VIEWS, arms=ARMS, bound=st.integers(-3, 3))
def test_filter_then_search_is_search_then_filter(view: PlainView, arms: dict, bound: int) -> None:
    where = Compare("rating", "ge", bound)
    arms = {**arms, "vectors": ()}
    before = run(view.narrowed(where), SearchPlan(**arms, top=100))
    after = run(view, SearchPlan(**arms, top=100))
    kept = [hit for hit in after.hits if matches(where, hit.document)]
    assert [(hit.key, hit.score) for hit in before.hits] == [(hit.key, hit.score) for hit in kept]
    taken = run(view, SearchPlan(**arms, after=where, top=100))
    assert [(hit.key, hit.score) for hit in taken.hits] == [(hit.key, hit.score) for hit in kept]
    assert taken.matches == len(kept)
    assert before.matches == len(kept)


@given(
    view=VIEWS,
    query=st.text() | st.text(alphabet='pol +|-"*()\\'),
    mode=st.sampled_from(["any", "all"]),
)
def test_no_text_raises(view: PlainView, query: str, mode: str) -> None:
    plan = SearchPlan(text=text(query, mode), highlight=Highlight({"description": 2, "tags": 1}))
    found = run(view, plan)
    assert found.matches <= view.rows


def test_a_view_that_sees_nothing_answers() -> None:
    nobody = VIEW.narrowed(Not(IsNull("secret"))).narrowed(IsNull("secret"))
    facets = (
        Facet("category"),
        Facet("rooms/rate", values=(1,)),
        Facet("renovated", interval="day"),
    )
    plan = SearchPlan(
        text=text("pool"), vectors=(near("v", 1, 0),), facets=facets, order=(Order("rating"),),
        highlight=Highlight({"description": 1}), count=True,
    )  # fmt: skip
    found = run(nobody, plan)
    assert (found.hits, found.matches) == ([], 0)
    assert found.facets["rooms/rate"] == [{"to": 1, "count": 0}, {"from": 1, "count": 0}]
    assert found.facets["category"] == found.facets["renovated"] == []


def test_constants_are_shown_and_found() -> None:
    definition = Definition("x", (Field("id", TEXT, key=True), Field("release", "Edm.Int32")))
    view = PlainView(definition, [{"id": "a"}, {"id": "b"}], constants={"release": 12})
    found = run(view, SearchPlan(facets=(Facet("release"),), order=(Order("release"),)))
    assert [hit.document for hit in found.hits] == [
        {"id": "a", "release": 12},
        {"id": "b", "release": 12},
    ]
    assert found.facets["release"] == [{"value": 12, "count": 2}]
