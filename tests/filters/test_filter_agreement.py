"""Random nested filters over nullable rows: text, SQL and evaluator must mean the same.

Each drawn filter comes with its own plain-Python predicate, written from OData's two-valued rules
and not from the product's syntax tree.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from indexes.engines import make
from indexes.engines.conformance import DIMENSIONS, FIELDS, SCHEMA, START, Row, table
from indexes.filters.evaluate import matches
from indexes.filters.parse import parse

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from indexes.engines.contract import Reader

Predicate = Callable[[dict[str, Any]], bool]
Drawn = tuple[str, Predicate]

TEAMS = [
    "a",
    "b",
    "it's",
    "",
    "A",
    "back\\slash",
    "% _",
    "日本 🧯",
    "' OR 1=1 --",
    "a\nb",
    "`x`",
    '"q"',
    "nul\0l",
]
YEARS = [0, 1, -1, 2024, 2**53 + 1, 2**63 - 1, -(2**63)]
RATIOS = [0.0, -0.0, 1.5, -1.5, 1e300, 5e-324, 0.1, float(2**53), float("inf"), float("-inf")]
TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    START,
    START + timedelta(microseconds=1),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
]
TAGS = ["x", "y", "it's", "", "x y"]
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda a, b: a == b,
    "ne": lambda a, b: a != b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
}
FLIPPED = {"eq": "eq", "ne": "ne", "gt": "lt", "ge": "le", "lt": "gt", "le": "ge"}


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def written(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return quoted(value)
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%S.%f").rjust(26, "0") + "Z"
        case _:
            return {"inf": "INF", "-inf": "-INF"}.get(repr(value), repr(value))


def compared(name: str, operator: str, value: Any) -> Predicate:
    def predicate(row: dict[str, Any]) -> bool:
        if value is None:
            return {"eq": row[name] is None, "ne": row[name] is not None}.get(operator, False)
        if row[name] is None:
            return operator == "ne"
        return OPERATORS[operator](row[name], value)

    return predicate


@st.composite
def comparisons(draw: st.DrawFn) -> Drawn:
    name = draw(st.sampled_from(["team", "year", "ratio", "draft", "due"]))
    operator = draw(st.sampled_from(sorted(OPERATORS)))
    near = st.floats(allow_nan=False, allow_infinity=False)
    values = {
        "team": st.one_of(st.sampled_from(TEAMS), st.text(max_size=5)),
        "year": st.one_of(st.sampled_from(YEARS), st.integers(-(2**70), 2**70), near),
        "ratio": st.one_of(st.sampled_from(RATIOS), near, st.integers(-5, 5)),
        "draft": st.booleans(),
        "due": st.sampled_from(TIMES),
    }
    value = draw(
        st.one_of(st.none(), values[name]) if draw(st.integers(0, 4)) == 0 else values[name]
    )
    if name == "draft" or value is None:
        operator = draw(st.sampled_from(["eq", "ne"]))
    literal = "null" if value is None else written(value)
    predicate = compared(name, operator, value)
    if draw(st.booleans()):
        return f"{name} {operator} {literal}", predicate
    return f"{literal} {FLIPPED[operator]} {name}", predicate


@st.composite
def memberships(draw: st.DrawFn) -> Drawn:
    chosen = draw(st.lists(st.sampled_from([t for t in TEAMS if t and "|" not in t]), max_size=4))
    text = f"search.in(team, {quoted('|'.join(chosen))}, '|')"
    return text, lambda row: row["team"] in chosen


@st.composite
def lambdas(draw: st.DrawFn) -> Drawn:
    values = draw(st.lists(st.sampled_from(TAGS), min_size=1, max_size=3))
    whole = [value for value in values if value]
    anyone = draw(st.booleans())
    if draw(st.booleans()):
        text = (" or " if anyone else " and ").join(
            f"t {'eq' if anyone else 'ne'} {quoted(value)}" for value in values
        )
        wanted = values
    else:
        text = ("" if anyone else "not ") + f"search.in(t, {quoted(';'.join(whole))}, ';')"
        wanted = whole

    def predicate(row: dict[str, Any]) -> bool:
        held = any(tag in wanted for tag in row["tags"] or [])
        return held if anyone else not held

    return f"tags/{'any' if anyone else 'all'}(t: {text})", predicate


LEAVES = st.one_of(
    comparisons(),
    memberships(),
    lambdas(),
    st.just(("tags/any()", lambda row: bool(row["tags"]))),
    st.just(("draft", lambda row: row["draft"] is True)),
    st.just(("true", lambda _: True)),
    st.just(("false", lambda _: False)),
)


def joined(parts: list[Drawn], word: str) -> Drawn:
    # Only `or` needs parentheses within `and`; both nest with them as well.
    text = f" {word} ".join(f"({part})" for part, _ in parts)
    predicates = [predicate for _, predicate in parts]
    return text, lambda row: (all if word == "and" else any)(p(row) for p in predicates)


def bare(parts: list[list[Drawn]]) -> Drawn:
    text = " or ".join(" and ".join(leaf for leaf, _ in both) for both in parts)
    return text, lambda row: any(all(p(row) for _, p in both) for both in parts)


FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined(parts, "and")),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: joined(parts, "or")),
        st.lists(st.lists(LEAVES, min_size=1, max_size=3), min_size=1, max_size=3).map(bare),
        inner.map(lambda part: (f"not ({part[0]})", lambda row: not part[1](row))),
    ),
    max_leaves=10,
)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    chance = random.Random(11)

    def maybe(values: list[Any]) -> Any:
        return None if chance.random() < 0.25 else chance.choice(values)

    fields = [
        {
            "team": maybe(TEAMS),
            "year": maybe(YEARS),
            "ratio": maybe(RATIOS),
            "draft": maybe([True, False]),
            "due": maybe(TIMES),
            "tags": maybe([[], ["x"], ["x", "y"], ["it's", ""], ["x y"]]),
        }
        for _ in range(80)
    ]
    return [{"chunk_id": f"c{n:02}", **each} for n, each in enumerate(fields)]


@pytest.fixture(scope="module")
def reader(rows: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory) -> Reader:
    engine = make("lance", str(tmp_path_factory.mktemp("lake")), SCHEMA, ManualClock(START))
    candidate = engine.begin("i", "r", None)
    candidate.upsert(table(Row(r["chunk_id"], fields={k: r[k] for k in FIELDS}) for r in rows))
    return engine.open("i", candidate.finish())


def agree(reader: Reader, rows: list[dict[str, Any]], drawn: Drawn) -> None:
    text, predicate = drawn
    where = parse(text, SCHEMA, FIELDS)
    expected = [row["chunk_id"] for row in rows if predicate(row)]
    assert [row["chunk_id"] for row in rows if matches(where, row)] == expected
    assert reader.rows(["chunk_id"], where=where).column(0).to_pylist() == expected


def test_2000_random_filters_agree(reader: Reader, rows: list[dict[str, Any]]) -> None:
    @given(drawn=FILTERS)
    @settings(
        max_examples=2000,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    def check(drawn: Drawn) -> None:
        agree(reader, rows, drawn)

    check()


def test_every_pair_of_operator_and_edge_value_agrees(
    reader: Reader, rows: list[dict[str, Any]]
) -> None:
    cases = {"team": TEAMS, "year": YEARS, "ratio": RATIOS, "due": TIMES, "draft": [True, False]}
    for name, values in cases.items():
        for value in [*values, None]:
            for operator in ("eq", "ne") if name == "draft" or value is None else OPERATORS:
                literal = "null" if value is None else written(value)
                predicate = compared(name, operator, value)
                agree(reader, rows, (f"{name} {operator} {literal}", predicate))


def test_long_chains_and_lists_agree(reader: Reader, rows: list[dict[str, Any]]) -> None:
    chain = " or ".join(f"year eq {n}" for n in range(1000, 2100))
    agree(reader, rows, (chain, lambda row: row["year"] == 2024))
    many = ",".join(f"t{n}" for n in range(5000)) + ",b"
    agree(reader, rows, (f"search.in(team, '{many}')", lambda row: row["team"] == "b"))
    deep, depth = "draft", 0
    while depth < 14:
        deep, depth = f"not (year eq 5 or {deep})", depth + 2
    agree(
        reader,
        rows,
        (
            deep,
            lambda row: (
                (row["draft"] is True) == (depth // 2 % 2 == 0) if row["year"] != 5 else True
            ),
        ),
    )


def test_dimensions_are_those_of_the_suite() -> None:
    assert SCHEMA.field("vector").type.list_size == DIMENSIONS
