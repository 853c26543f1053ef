"""Random nested filters of every shape over nullable rows, complex ones included, against an
evaluator that works on the text; and texts of every kind against the parser.
"""

from __future__ import annotations

import contextlib
import os
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from indexes.filters.ast import Any, AnyOf, Compare, IsNull, Not, columns_of, fields_of
from indexes.filters.evaluate import matches
from indexes.filters.parse import parse
from indexes.filters.sql import to_sql
from tests.odata_by_hand import FILTERABLE, SCHEMA, ByHand, RandomFilters, random_row

SEED = random.randrange(10**9) if os.environ.get("FRESHGROUND_HYPOTHESIS") == "search" else 4


def agree(filters: int, seed: int) -> None:
    chance = random.Random(seed)
    made = RandomFilters(chance)
    true = total = 0
    for _ in range(filters):
        text = made.text()
        meaning, by_hand = parse(text, SCHEMA, FILTERABLE), ByHand(text)
        assert fields_of(meaning) <= FILTERABLE | {"Rooms", "Rooms/Beds2"}
        for row in (random_row(chance) for _ in range(12)):
            expected = by_hand.test(row)
            assert matches(meaning, row) == expected, (text, row)
            true, total = true + expected, total + 1
    assert 0.2 < true / total < 0.8, "filters that are nearly always the same prove little"


def test_300_random_filters_agree_with_the_evaluator_by_hand() -> None:
    agree(300, SEED)


@pytest.mark.slow
def test_3000_random_filters_agree_with_the_evaluator_by_hand() -> None:
    agree(3000, SEED + 1)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Address/City eq 'x'", Compare("Address/City", "eq", "x")),
        ("Address/City eq null", IsNull("Address/City")),
        ("Address/Open", Compare("Address/Open", "eq", True)),
        ("ints/any(x: x gt 5)", Any("ints", Compare("", "gt", 5))),
        ("ints/all(x: x gt 5)", Not(Any("ints", Not(Compare("", "gt", 5))))),
        ("Rooms/any(r: r/Tags/any(t: t eq 'x'))", Any("Rooms", AnyOf("Tags", ("x",)))),
        ("Rooms/any(Rooms: Rooms/Type eq 'x')", Any("Rooms", Compare("Type", "eq", "x"))),
    ],
)
def test_meaning_of_paths_and_lambdas(text: str, meaning: object) -> None:
    assert parse(text, SCHEMA, FILTERABLE) == meaning


# Those that "Troubleshooting OData collection filters in Azure AI Search" allows, and refuses.
@pytest.mark.parametrize(
    "text",
    [
        "texts/any(t: t eq 'books')",
        "texts/any(t: search.in(t, 'books, games, toys'))",
        "texts/all(t: t ne 'books')",
        "texts/all(t: not (t eq 'books'))",
        "texts/all(t: not search.in(t, 'books, games, toys'))",
        "texts/any(t: t eq 'books' or t eq 'games')",
        "texts/all(t: t ne 'books' and not (t eq 'games'))",
        "bools/any(f: f)",
        "bools/all(f: f)",
        "bools/any(f: f eq true)",
        "bools/any(f: f ne true)",
        "bools/all(f: not f)",
        "bools/all(f: not (f eq true))",
        "ints/any(r: r ne 5)",
        "times/any(d: d gt 2017-08-24T00:00:00Z)",
        "not floats/all(m: m eq 3.5)",
        "ints/any(r: r ne 5 or r gt 7)",
        "ints/any(r: r gt 2 and r le 5)",
        "ints/any(r: (r gt 2 and r le 5) or (r gt 7 and r lt 10))",
        "ints/all(r: r eq 5 and r le 7)",
        "ints/all(r: r le 5 or r gt 7)",
        "ints/all(r: (r le 2 or r gt 5) and (r lt 7 or r ge 10))",
        "ints/any(r: not (r le 2 or r gt 5) or r eq 7)",
        "ints/all(r: not (r ge 2 and r lt 5) and r lt 7)",
        "Rooms/any(s: s/Tags/any(a: a eq 'parking')) and Address/Zip gt 1",
        "Rooms/any(s: s/Tags/any(a: a eq 'parking') and s/Type ne 'Flagship')",
        "Rooms/all(room: not room/Free)",
        "not Rooms/any()",
    ],
)
def test_shapes_that_azure_takes(text: str) -> None:
    assert columns_of(parse(text, SCHEMA, FILTERABLE)) <= set(SCHEMA.names)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("texts/any(t: not search.in(t, 'books'))", "any takes eq"),
        ("texts/any(t: t eq 'books' and t ne 'games')", "any takes eq"),
        ("texts/all(t: t ne 'books' or not (t eq 'games'))", "all takes ne"),
        ("texts/any(t: t gt 'books')", "any takes eq"),
        ("bools/any(f: f or not f)", "one test"),
        ("bools/all(f: f and f eq true)", "one test"),
        ("bools/any(f: f eq null)", "one test"),
        ("ints/any(r: r ne 5 and r gt 2)", "ORs of ANDs"),
        ("ints/any(r: (r lt 5 or r gt 7) and r ne 3)", "ORs of ANDs"),
        ("ints/any(r: not (r le 2 and r gt 5) and r eq 7)", "ORs of ANDs"),
        ("ints/any(r: not (r eq 2 or r gt 5))", "ORs of ANDs"),
        ("ints/all(r: r eq 5 or r le 2)", "ANDs of ORs"),
        ("ints/all(r: (r gt 1 and r lt 3) or r gt 7)", "ANDs of ORs"),
        ("ints/any(r: r eq null)", "ORs of ANDs"),
        ("ints/any(r: true)", "ORs of ANDs"),
        ("Rooms/any(s: s/Tags/any(a: a eq 'p' and Address/Zip gt 1))", "any takes eq"),
        ("Rooms/any(s: Address/Zip gt 1)", "Address/Zip within a lambda over s"),
        ("Rooms/any(s: s/Beds2/any(b: s/Type eq 'x'))", "s/Type within a lambda over b"),
        ("Rooms/any(s: s eq null)", "complex field Rooms"),
        ("Rooms/Type eq 'x'", "a part of the collection Rooms.*Rooms/any"),
        ("Address eq null", "complex field Address"),
        ("Address/Nope eq 1", "unknown field 'Address/Nope'"),
        ("Rooms/any(r: r/Nope eq 1)", "unknown field 'Rooms/Nope'"),
        ("text/Nope eq 1", "unknown field 'text/Nope'"),
        ("Rooms/any(r: search.ismatch('x'))", "search.ismatch, which is not supported"),
        ("search.ismatchscoring('x') and bool", "search.ismatchscoring, which is not supported"),
        ("geo.intersects(Address, 'x')", "geo.intersects, which is not supported"),
        ("/".join(["a"] * 17) + " eq 1", "path of more than 16 names"),
        ("Rooms/any(r: " * 17 + "true" + ")" * 17, "more than 16 deep"),
    ],
)
def test_shapes_that_azure_refuses(text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        parse(text, SCHEMA, FILTERABLE)


def test_a_part_that_is_not_filterable_is_refused_in_a_lambda_too() -> None:
    allowed = FILTERABLE - {"Rooms/Type", "Address/City"}
    for text in ("Rooms/any(r: r/Type eq 'x')", "Address/City eq 'x'"):
        with pytest.raises(ConfigError, match="cannot be filtered"):
            parse(text, SCHEMA, allowed)
    nothing = {path for path in FILTERABLE if not path.startswith("Rooms/")}
    with pytest.raises(ConfigError, match="cannot be filtered"):
        parse("Rooms/any()", SCHEMA, nothing)


def test_sql_refuses_what_no_index_row_holds() -> None:
    for text in ("Address/City eq 'x'", "ints/any(x: x gt 5)", "not Rooms/any(r: r/Free)"):
        with pytest.raises(ConfigError, match="this engine does not take"):
            to_sql(parse(text, SCHEMA, FILTERABLE))


PIECES = st.sampled_from(
    "text int float bool time texts ints Rooms Address Address/City Rooms/any( ints/all( x: r: x r "
    "r/Type r/Tags/any( ) ( and or not eq ne gt le null true false 1 -1 1.5 1e9 INF -INF NaN 'a' "
    "'' search.in( search.ismatch( , ',' 2024-01-01T00:00:00Z 2024-13-01T00:00:00Z / : . any all "
    "any() é ' \\".split(" ")
)


@given(pieces=st.lists(PIECES, max_size=14), glue=st.sampled_from([" ", ""]))
def test_no_text_raises_anything_but_a_config_error(pieces: list[str], glue: str) -> None:
    with contextlib.suppress(ConfigError):
        meaning = parse(glue.join(pieces), SCHEMA, FILTERABLE)
        matches(meaning, random_row(random.Random(1)))
        to_sql(meaning)
