"""Cases that chance seldom draws: each filter over missing values, phrases, replaced rows."""

from __future__ import annotations

from datetime import timedelta
from itertools import product
from typing import Any

import pytest

from indexes.filters.ast import (
    ITEM,
    And,
    AnyOf,
    Compare,
    Filter,
    In,
    IsNull,
    Not,
    NotEmpty,
)
from indexes.filters.ast import (
    Any as AnyItem,
)
from indexes.search.plain import PlainView
from indexes.search.snapshot import Snapshot
from indexes.search.text import AllOf, Except, Phrase, Prefix, TextQuery, Words
from tests.search.search_rows import DEFINITION, START, table

ROWS: list[dict[str, Any]] = [
    {"id": "none"},
    {
        "id": "full", "title": "fire of storms", "body": "a", "tags": ["fire storm", "policy café"],
        "year": 1, "ratio": -0.0, "draft": True, "due": START, "counts": [1, 2],
        "address": {"city": "Fire", "zip": 1},
        "rooms": [{"kind": "storm", "beds": 1, "extras": ["a"]}, {"kind": None, "beds": None}],
        "vector": [1.0, 0, 0, 0],
    },
    {
        "id": "hollow", "title": "", "body": "", "tags": [], "year": 0, "ratio": 1.5,
        "draft": False, "due": START - timedelta(days=1), "counts": [],
        "address": {"city": None, "zip": None}, "rooms": [], "vector": None,
    },
    {"id": "split", "title": "storm", "tags": ["fire", "storm"], "counts": [3], "rooms": None},
    {"id": "kept", "title": "water"},
]  # fmt: skip

LITERALS = {"body": "a", "year": 0, "ratio": 0.0, "due": START, "address/zip": 1}
FILTERS: list[Filter] = [
    *(
        Compare(name, operator, LITERALS[name])
        for name, operator in product(LITERALS, ("eq", "ne", "gt", "ge", "lt", "le"))
    ),
    *(Compare("draft", operator, True) for operator in ("eq", "ne")),
    *(IsNull(name) for name in ("body", "year", "address", "address/city", "due")),
    In("body", ("a", "b")),
    In("body", ()),
    AnyOf("tags", ("fire", "policy café")),
    AnyOf("tags", ()),
    *(NotEmpty(name) for name in ("tags", "counts", "rooms")),
    AnyItem("counts", Compare(ITEM, "ge", 2)),
    AnyItem("rooms", Compare("kind", "ne", "storm")),
    AnyItem("rooms", And((Compare("beds", "eq", 1), AnyOf("extras", ("a",))))),
]


def views() -> tuple[Any, PlainView]:
    """Return both views; the quick one had other rows of the same keys before."""
    old = [{"id": row["id"], "title": "fire water flood", "year": 7} for row in ROWS[1:4]]
    gone = [{"id": "gone", "title": "fire", "tags": ["storm"]}]
    made = Snapshot.empty(DEFINITION).changed(table([*old, *gone, ROWS[4]]))
    made = made.changed(table(ROWS[:2])).changed(table(ROWS[2:4]), ["gone"])
    return made.view(), PlainView(DEFINITION, ROWS)


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_filters_over_missing_values(where: Filter) -> None:
    for each in (where, Not(where)):
        found, expected = (
            view.keys(view.positions()) for view in (part.narrowed(each) for part in views())
        )
        assert found == expected


@pytest.mark.parametrize(
    ("query", "field", "keys"),
    [
        (Phrase("fire storm"), "tags", ["full"]),
        (Phrase("storm policy"), "tags", []),
        (Phrase("fire of the storm"), "title", ["full"]),
        (Words("fire"), "title", ["full"]),
        (Words("flood"), "title", []),
        (Words("water"), "title", ["kept"]),
        (Words("storm fires", every=True), "title", ["full"]),
        (Prefix("cafe"), "tags", ["full"]),
        (AllOf((Words("storm"), Except(Words("fire")))), "title", ["split"]),
        (Words("the of"), "title", []),
        (Words("fire"), "address/city", ["full"]),
        (Words("storms"), "rooms/kind", ["full"]),
    ],
    ids=str,
)
def test_queries_find(query: TextQuery, field: str, keys: list[str]) -> None:
    fast, plain = views()
    found, expected = (view.text(query, {field: 1.0}) for view in (fast, plain))
    assert fast.keys(found.positions) == plain.keys(expected.positions) == keys
    assert found.scores.tolist() == pytest.approx(expected.scores.tolist(), abs=1e-6)
