"""Filters written as OData mean what they meant: read back, they find the same rows."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any as Value

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.filters.ast import (
    ITEM,
    And,
    Any,
    AnyOf,
    Compare,
    Constant,
    Filter,
    In,
    IsNull,
    Not,
    NotEmpty,
    Or,
)
from indexes.filters.evaluate import matches, visible
from indexes.filters.odata import both, to_odata, visible_to
from indexes.filters.parse import parse

SCHEMA = pa.schema(
    [
        ("team", pa.string()),
        ("year", pa.int64()),
        ("ratio", pa.float64()),
        ("draft", pa.bool_()),
        ("due", pa.timestamp("us", "UTC")),
        ("tags", pa.list_(pa.string())),
        ("groups", pa.list_(pa.string())),
        ("numbers", pa.list_(pa.int64())),
        ("parts", pa.list_(pa.struct([("kind", pa.string()), ("size", pa.int64())]))),
    ]
)
TEXTS = ["", "a", "it's", "a|b,c;d~e^f\tg", "a b", "ü 日本", "null", "') or true"]
TIMES = [datetime(1, 1, 1, tzinfo=UTC), datetime(2026, 5, 1, 1, 2, 3, 456789, tzinfo=UTC)]
FILTERABLE = [*SCHEMA.names, "parts/kind", "parts/size"]
VALUES: dict[str, list[Value]] = {
    "team": TEXTS,
    "year": [0, -1, 2024, 2**63 - 1, -(2**63)],
    "ratio": [0.0, -0.0, 1e300, 5e-324, -1e-05, 0.1, 2.0],
    "draft": [True, False],
    "due": TIMES,
}
ORDERED = ["eq", "ne", "gt", "ge", "lt", "le"]


@st.composite
def compares(draw: st.DrawFn, at: str = "") -> Filter:
    name = draw(st.sampled_from(sorted(VALUES)))
    operators = ORDERED[:2] if name == "draft" else ORDERED
    return Compare(
        at or name, draw(st.sampled_from(operators)), draw(st.sampled_from(VALUES[name]))
    )


texts = st.lists(st.sampled_from(TEXTS), max_size=4).map(tuple)
kind_is = st.sampled_from(TEXTS).map(lambda text: Compare("kind", "eq", text))
size_is = st.sampled_from(ORDERED).map(lambda test: Compare("size", test, 5))
number = st.tuples(st.sampled_from(["gt", "ge", "lt", "le", "eq"]), st.sampled_from([1, 5, 9])).map(
    lambda pair: Compare(ITEM, *pair)
)
LEAVES = st.one_of(
    compares(),
    st.sampled_from(SCHEMA.names[:5]).map(IsNull),
    texts.map(lambda values: In("team", values)),
    texts.map(lambda values: AnyOf("tags", values)),
    st.sampled_from([NotEmpty("tags"), NotEmpty("parts"), Constant(True), Constant(False)]),
    number.map(lambda part: Any("numbers", part)),
    number.map(lambda part: Not(Any("numbers", Not(part)))),
    st.tuples(kind_is, size_is).map(lambda both: Any("parts", And(both))),
    st.tuples(kind_is, size_is).map(lambda both: Any("parts", Or(both))),
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: And(tuple(parts))),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: Or(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=8,
)


def random_rows() -> list[dict[str, Value]]:
    chance = random.Random(3)

    def maybe(values: list[Value]) -> Value:
        return None if chance.random() < 0.25 else chance.choice(values)

    return [
        {
            **{name: maybe(values) for name, values in VALUES.items()},
            "tags": maybe([[], ["a"], ["a", ""], ["it's", "a b"], [TEXTS[3]]]),
            "groups": maybe([[], ["*"], ["x"], ["x", "y"]]),
            "numbers": maybe([[], [1], [5, 9], [1, 5]]),
            "parts": maybe(
                [
                    [],
                    [{"kind": "a", "size": 5}],
                    [{"kind": None, "size": 9}, {"kind": "", "size": 1}],
                ]
            ),
        }
        for _ in range(60)
    ]


ROWS = random_rows()


@given(part=FILTERS)
@settings(max_examples=400, deadline=None)
def test_filter_read_back_finds_the_same_rows(part: Filter) -> None:
    text = to_odata(part)
    again = parse(text, SCHEMA, FILTERABLE)
    assert [matches(again, row) for row in ROWS] == [matches(part, row) for row in ROWS], text


@pytest.mark.parametrize(
    ("part", "text"),
    [
        (Compare("team", "eq", "it's"), "team eq 'it''s'"),
        (Compare("due", "lt", TIMES[1]), "due lt 2026-05-01T01:02:03.456789Z"),
        (In("team", ("a", "b|c")), "search.in(team, 'a,b|c', ',')"),
        (In("team", (TEXTS[3], "\x1f\x1e")), "team eq 'a|b,c;d~e^f\tg' or team eq '\x1f\x1e'"),
        (In("team", ()), "false"),
        (AnyOf("tags", ("a", "")), "tags/any(x0: x0 eq '' or search.in(x0, 'a', '|'))"),
        (Not(NotEmpty("tags")), "not (tags/any())"),
        (
            Any("parts", And((Compare("kind", "eq", "a"), AnyOf("inner", ("b",))))),
            "parts/any(x0: (x0/kind eq 'a') and (x0/inner/any(x1: search.in(x1, 'b', '|'))))",
        ),
    ],
)
def test_text(part: Filter, text: str) -> None:
    assert to_odata(part) == text


def test_names_are_those_of_fields() -> None:
    part = And((Compare("uri", "eq", "x"), AnyOf("tags", ("a",)), IsNull("uri")))
    named = {"uri": "source_uri"}
    assert to_odata(part, lambda n: named.get(n, n)) == (
        "(source_uri eq 'x') and (tags/any(x0: search.in(x0, 'a', '|'))) and (source_uri eq null)"
    )


def test_access_as_a_filter_is_access() -> None:
    for groups in (frozenset(), frozenset({"x"}), frozenset({"y', '|') or true or ('"})):
        again = parse(to_odata(visible_to(groups)), SCHEMA, FILTERABLE)
        assert [matches(again, row) for row in ROWS] == [
            visible(row["groups"], groups) for row in ROWS
        ]


def test_filters_join_without_nesting() -> None:
    one, two, three = (Compare("year", "eq", n) for n in range(3))
    assert both(None, None) is None
    assert both(one, None) is one
    assert both(And((one, two)), three) == And((one, two, three))
