"""The same searches over the quick view find what they find over the plain one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from indexes.filters.ast import Compare, Filter
from indexes.search.columns import schema_of
from indexes.search.definition import Definition
from indexes.search.execute import run
from indexes.search.plain import PlainView
from indexes.search.plan import SCORE, Facet, Highlight, Order, SearchPlan, TextArm, VectorArm
from indexes.search.simple_syntax import parse_simple
from indexes.search.snapshot import Snapshot
from indexes.search.suggest import autocomplete, suggest
from tests.search.test_execute import HOTELS, ROWS

SUGGESTING = Definition(
    HOTELS.name, HOTELS.fields, suggesters={"sg": ("description", "tags", "secret")}
)
BODY = "Sunny rooms near the beach, with breakfast. " * 8
MORE = [
    *ROWS,
    {"id": "e", "description": f"{BODY}A pool!", "rating": 4, "tags": ["view"], "w": [0.6, 0.8]},
    {"id": "f", "description": "Pools and beaches", "rooms": [], "category": "Zoo", "v": [1, 0]},
]


def snapshot() -> Snapshot:
    schema = schema_of(SUGGESTING)
    made = Snapshot.empty(SUGGESTING)
    # In two changes, the first of them older versions of some rows.
    made = made.changed(
        pa.Table.from_pylist([{**row, "rating": 1} for row in MORE[::-1][:4]], schema=schema)
    )
    return made.changed(pa.Table.from_pylist(MORE[::-1], schema=schema))


def arm(text: str, mode: str = "any") -> TextArm:
    return TextArm(parse_simple(text, mode), {"description": 2.0, "tags": 1.0})


NEAR = VectorArm(("v", "w"), np.array([1, 0.2], np.float32), k=3, weight=2.0)
FACETS = (
    Facet("category"),
    Facet("tags", sort="-value"),
    Facet("rooms/kinds"),
    Facet("price", interval=50),
    Facet("renovated", interval="month", offset=-90),
    Facet("rooms/rate", values=(70.0, 80.0)),
    Facet("parking"),
    Facet("address/city", count=1),
)
MARKS = Highlight({"description": 2, "tags": 1, "secret": 1}, before="[", after="]")
PLANS = [
    SearchPlan(facets=FACETS),
    SearchPlan(order=(Order("address/city", True), Order("rating"), Order("price"))),
    SearchPlan(text=arm("pool -beach"), facets=FACETS, highlight=MARKS),
    SearchPlan(text=arm('"the pool" | view', "all"), highlight=MARKS),
    SearchPlan(text=arm("bea* walking"), order=(Order("rating", True), Order(SCORE, True))),
    SearchPlan(vectors=(NEAR,), facets=FACETS),
    SearchPlan(text=arm("pool beach quiet"), vectors=(NEAR,), highlight=MARKS, facets=FACETS),
    SearchPlan(text=arm("pool"), vectors=(NEAR,), after=Compare("rating", "ge", 4), facets=FACETS),
    SearchPlan(text=arm("pool"), select=("rooms/rate", "address", "tags"), skip=1, top=2),
]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("where", [None, Compare("rating", "lt", 5)])
def test_searches(plan: SearchPlan, where: Filter | None) -> None:
    quick = run(snapshot().view().narrowed(where), plan)
    plain = run(PlainView(SUGGESTING, MORE).narrowed(where), plan)
    assert [replace(hit, position=0, score=0, arms={}) for hit in quick.hits] == [
        replace(hit, position=0, score=0, arms={}) for hit in plain.hits
    ]
    assert [hit.score for hit in quick.hits] == pytest.approx([hit.score for hit in plain.hits])
    ranks = [
        [{name: rank for name, (rank, _) in hit.arms.items()} for hit in found.hits]
        for found in (quick, plain)
    ]
    assert ranks[0] == ranks[1]
    assert (quick.matches, quick.facets) == (plain.matches, plain.facets)


@pytest.mark.parametrize("text", ["poo", "sunny bea", "beech", "vie", "walking pat"])
@pytest.mark.parametrize("fuzzy", [False, True])
def test_suggestions(text: str, fuzzy: bool) -> None:
    views = snapshot().view(), PlainView(SUGGESTING, MORE)
    quick, plain = (suggest(view, SUGGESTING, "sg", text, fuzzy=fuzzy) for view in views)
    assert quick == plain
    for mode in ("oneTerm", "twoTerms", "oneTermWithContext"):
        quick, plain = (
            autocomplete(view, SUGGESTING, "sg", text, mode=mode, fuzzy=fuzzy) for view in views
        )
        assert quick == plain
