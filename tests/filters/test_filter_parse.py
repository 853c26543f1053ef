"""What filters mean, and where they are refused."""

from __future__ import annotations

import contextlib

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from freshground.core.settings import IndexField
from indexes.filters.ast import (
    And,
    AnyOf,
    Compare,
    Constant,
    In,
    IsNull,
    Not,
    NotEmpty,
    Or,
    fields_of,
)
from indexes.filters.evaluate import visible
from indexes.filters.parse import parse
from indexes.filters.sql import identifier, string, to_sql, visible_sql
from indexes.schema import row_schema

SCHEMA = pa.schema(
    [
        ("team", pa.string()),
        ("n", pa.int64()),
        ("small", pa.int32()),
        ("f", pa.float64()),
        ("b", pa.bool_()),
        ("at", pa.timestamp("us", "UTC")),
        ("tags", pa.list_(pa.string())),
        ("order", pa.string()),
        ("any", pa.string()),
        ("text", pa.string()),
    ]
)
FILTERABLE = set(SCHEMA.names) - {"text"}


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("team eq 'it''s'", Compare("team", "eq", "it's")),
        ("5 lt n", Compare("n", "gt", 5)),
        ("n eq 5.0", Compare("n", "eq", 5)),
        ("n eq 5.5", Constant(False)),
        ("n ne 5.5", Constant(True)),
        ("n gt 5.5", Compare("n", "ge", 6)),
        ("n lt -5.5", Compare("n", "le", -6)),
        ("n gt 1e30", Constant(False)),
        ("n lt 1e30", Not(IsNull("n"))),
        ("n ge -1e999999999", Not(IsNull("n"))),
        ("n gt 1e-300", Compare("n", "ge", 1)),
        ("small gt 3000000000", Constant(False)),
        ("f eq 5", Compare("f", "eq", 5.0)),
        ("b", Compare("b", "eq", True)),
        ("not not not b", Not(Compare("b", "eq", True))),
        ("team eq null", IsNull("team")),
        ("null ne team", Not(IsNull("team"))),
        ("search.in(team, 'a') eq true", In("team", ("a",))),
        ("false ne search.in(team, 'a')", In("team", ("a",))),
        ("not (search.in(team, 'a') eq false)", In("team", ("a",))),
        ("f ge -INF", Compare("f", "ge", float("-inf"))),
        ("f lt NaN", Constant(False)),
        ("f ne NaN", Constant(True)),
        ("n eq 5e0 and n lt 1.5E2", And((Compare("n", "eq", 5), Compare("n", "lt", 150)))),
        ("search.in(team, 'a, b  c,a')", In("team", ("a", "b", "c"))),
        ("search.in(team, 'a b|c d', '|')", In("team", ("a b", "c d"))),
        ("search.in(team, 'a;b c', '; ')", In("team", ("a", "b", "c"))),
        ("search.in(team, '')", In("team", ())),
        ("tags/any(t: t eq 'x' or search.in(t, 'y z'))", AnyOf("tags", ("x", "y", "z"))),
        ("tags/any(t: 'x' eq t)", AnyOf("tags", ("x",))),
        ("tags/all(t: t ne 'x' and not search.in(t, 'y'))", Not(AnyOf("tags", ("x", "y")))),
        ("tags/all(t: not (t eq 'x') and t ne 'y')", Not(AnyOf("tags", ("x", "y")))),
        ("tags/any()", NotEmpty("tags")),
        (
            "order eq 'x' or any eq 'y'",
            Or((Compare("order", "eq", "x"), Compare("any", "eq", "y"))),
        ),
        (
            "b or b and not b",
            Or(
                (
                    Compare("b", "eq", True),
                    And((Compare("b", "eq", True), Not(Compare("b", "eq", True)))),
                )
            ),
        ),
        ("(" * 5000 + "b" + ")" * 5000, Compare("b", "eq", True)),
    ],
)
def test_meaning(text: str, meaning: object) -> None:
    assert parse(text, SCHEMA, FILTERABLE) == meaning


def test_times_are_read_in_their_own_zone() -> None:
    one = parse("at ge 2024-01-01T01:00:00.1234569+02:00", SCHEMA, FILTERABLE)
    assert one == parse("at ge 2023-12-31T23:00:00.123456Z", SCHEMA, FILTERABLE)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "its end .* at character 1 "),
        ("team eq", "its end .* at character 8 of 7"),
        ("team eq 'a", "at character 9 "),
        ("team = 'a'", "at character 6 "),
        ("team eq 'a' drop", "'drop'.* at character 13 "),
        ("n eq 1 and nope eq 1", "unknown field 'nope', at character 12"),
        ("text eq 'x'", "cannot be filtered"),
        ("team", "no bool"),
        ("team eq 5", "type int .* team, a string"),
        ("n eq 'x'", "type string .* an int"),
        ("at eq 'x'", "a datetime"),
        ("b gt true", "gt on the bool"),
        ("n gt null", "gt with null"),
        ("n eq f", "compares a field with a field"),
        ("1 eq 1", "compares a literal with a literal"),
        ("tags/any(t: t eq 'x') eq true", "compares any with a literal"),
        ("search.in(team, 'a') gt true", "compares search.in with a literal"),
        ("tags/all()", "all without a condition"),
        ("n eq NaN", "NaN compared with n, an int"),
        ("n lt INF", "INF compared with n, an int"),
        (" or ".join(["b"] * 3001), "more than 3000 clauses"),
        ("not n eq 5", "'eq 5'.* parentheses"),
        ("tags eq 'a'", "collection"),
        ("n/any()", "no collection"),
        ("tags/any(t: t ne 'x')", "any takes"),
        ("tags/any(t: t eq 'x' and t eq 'y')", "any takes"),
        ("tags/any(t: t eq null)", "any takes"),
        ("tags/all(t: t eq 'x')", "all takes"),
        ("tags/all(t: t ne 'x' or t ne 'y')", "all takes"),
        ("tags/all(t: search.in(t, 'x'))", "all takes"),
        ("tags/all(t: not (t ne 'x'))", "all takes"),
        ("tags/any(t: team eq 'x')", "team within a lambda over t"),
        ("tags/any(t: tags/any(u: u eq 'x'))", "any takes"),
        ("search.in(n, 'a')", "no string field"),
        ("search.ismatch('x')", "search.ismatch, which is not supported"),
        ("geo.distance(at, at) lt 5", "geo.distance, which is not supported"),
        ("at eq 2024-13-01T00:00:00Z", "no point in time"),
        ("at eq 0001-01-01T00:00:00+14:00", "no point in time"),
        ("f eq 1e999", "too large"),
        ("team eq '\ud800'", "surrogate"),
        ("not (b and " * 20 + "b" + ")" * 20, "more than 16 deep"),
        ("team eq '" + "x" * 100_001 + "'", "100000 is the most"),
    ],
)
def test_refusals_say_what_and_where(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(text, SCHEMA, FILTERABLE)


@given(text=st.one_of(st.text(), st.text(alphabet="team eqnotadr()'/:,.50-|b \n")))
def test_any_text_is_parsed_or_refused(text: str) -> None:
    with contextlib.suppress(ConfigError):
        meaning = parse(text, SCHEMA, FILTERABLE)
        assert to_sql(meaning)
        assert fields_of(meaning) <= FILTERABLE


def test_values_never_leave_their_quotes() -> None:
    evil = "x') OR (1=1) --"
    assert string(evil) == "'x'') OR (1=1) --'"
    assert identifier("a`b") == "`a``b`"
    assert evil not in to_sql(AnyOf("tags", (evil,)))
    assert evil not in visible_sql({evil})


def test_access_never_treats_unknown_as_public() -> None:
    assert visible((), None)
    assert not visible((), frozenset({"*"}))
    assert not visible(None, frozenset({"a"}))
    assert visible(("*",), frozenset())
    assert visible(("a", "b"), frozenset({"b"}))
    assert not visible(("a",), frozenset({"b"}))


@pytest.mark.parametrize(
    "name", ["vector", "Title", "chunk_id", "_score", "a.b", "a b", "", "eq", "naïve", "1st"]
)
def test_field_names_that_cannot_be_columns_are_refused(name: str) -> None:
    with pytest.raises(ConfigError):
        row_schema(3, {name: IndexField()})


def test_field_names_that_differ_in_case_alone_are_refused() -> None:
    with pytest.raises(ConfigError, match="clashes"):
        row_schema(3, {"team": IndexField(), "Team": IndexField()})


def test_schema_has_typed_columns_and_the_vector_last() -> None:
    schema = row_schema(3, {"year": IndexField(type="int"), "tags": IndexField(type="strings")})
    assert schema.field("year").type == pa.int64()
    assert schema.field("tags").type == pa.list_(pa.string())
    assert schema.names[-1] == "vector"
    assert schema.field("vector").type == pa.list_(pa.float32(), 3)
    with pytest.raises(ConfigError):
        row_schema(0, {})
