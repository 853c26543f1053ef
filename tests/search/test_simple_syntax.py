"""Search texts and what they mean: Azure's examples, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexes.search.simple_syntax import clauses, parse_simple
from indexes.search.text import AllOf, AnyOf, Everything, Except, Phrase, Prefix, Words


def any_(text: str) -> Words:
    return Words(text)


def all_(text: str) -> Words:
    return Words(text, every=True)


@pytest.mark.parametrize(
    ("text", "in_any", "in_all"),
    [
        ("", Everything(), Everything()),
        (" \n", Everything(), Everything()),
        ("*", Everything(), Everything()),
        ("pool ocean", any_("pool ocean"), all_("pool ocean")),
        ("pool + ocean", AllOf((any_("pool"), any_("ocean"))), all_("pool ocean")),
        ("pool|ocean", any_("pool ocean"), AnyOf((all_("pool"), all_("ocean")))),
        (
            "pool -ocean",
            AnyOf((any_("pool"), Except(any_("ocean")))),
            AllOf((all_("pool"), Except(all_("ocean")))),
        ),
        ("pool +-ocean", AllOf((any_("pool"), Except(any_("ocean")))), None),
        ("--pool", any_("pool"), all_("pool")),
        ("- pool", any_("pool"), all_("pool")),
        ("wi-fi", any_("wi-fi"), all_("wi-fi")),
        ("4*4=16", any_("4*4=16"), all_("4*4=16")),
        ('"Roach Motel"', Phrase("Roach Motel"), Phrase("Roach Motel")),
        ("lingui*", Prefix("lingui"), Prefix("lingui")),
        ("luxury\\+hotel", any_("luxury+hotel"), all_("luxury+hotel")),
        ("foo\\*", any_("foo*"), all_("foo*")),
        ("\\-a", any_("-a"), all_("-a")),
        ('"say \\"hi\\" now"', Phrase('say "hi" now'), None),
        (
            "motel+(wifi|luxury)",
            AllOf((any_("motel"), any_("wifi luxury"))),
            AllOf((all_("motel"), AnyOf((all_("wifi"), all_("luxury"))))),
        ),
        ("a + b | c", AnyOf((AllOf((any_("a"), any_("b"))), any_("c"))), None),
        ("a | b + c", AllOf((any_("a b"), any_("c"))), None),
        ("-(a b)", Except(any_("a b")), Except(all_("a b"))),
        ("a -(b -c)", AnyOf((any_("a"), Except(AnyOf((any_("b"), Except(any_("c"))))))), None),
        ("(a", any_("a"), all_("a")),
        ("a) b", any_("a b"), all_("a b")),
        ('a "b', any_("a b"), all_("a b")),
        ('"" a', any_("a"), all_("a")),
        ("() a", any_("a"), all_("a")),
        ("+ | a +| b", AllOf((any_("a"), any_("b"))), all_("a b")),
        ("a + () b", any_("a b"), all_("a b")),
        ("()", Words(""), Words("")),
        ("* b", any_("* b"), all_("* b")),
    ],
)
def test_meaning(text: str, in_any: object, in_all: object) -> None:
    assert parse_simple(text, "any") == in_any
    if in_all is not None:
        assert parse_simple(text, "all") == in_all


def test_clauses_are_counted() -> None:
    assert clauses(parse_simple('a b -(c | "d e") f* \\')) == 5


def test_what_is_nested_without_end_is_read_in_linear_time_and_stays_shallow() -> None:
    for text in (
        "(" * 100_000,
        "(" * 40_000 + "a" + ")" * 40_000,
        '"' * 99_999,
        "a|b+" * 20_000,
        "(a+(b|" * 9_000 + "c" + "))" * 9_000,
        "-" * 99_999 + "a",
        "\\" * 99_999,
    ):
        assert depth(parse_simple(text)) < 150


def depth(query: object) -> int:
    match query:
        case Except(part):
            return 1 + depth(part)
        case AllOf(parts) | AnyOf(parts):
            return 1 + max(depth(part) for part in parts)
        case _:
            return 1


TEXTS = st.one_of(st.text(), st.text(alphabet='ab +|-"*()\\'))


@given(text=TEXTS, mode=st.sampled_from(["any", "all"]))
def test_any_text_is_a_query_that_says_nothing_but_the_text(text: str, mode: str) -> None:
    query = parse_simple(text, mode)
    assert clauses(query) <= max(1, len(text))
    for part in leaves(query):
        assert "".join(part.split()) in "".join(text.split()).replace("\\", "") or "\\" in text


def leaves(query: object) -> list[str]:
    match query:
        case Except(part):
            return leaves(part)
        case AllOf(parts) | AnyOf(parts):
            return [leaf for part in parts for leaf in leaves(part)]
        case Words(text):
            return text.split()
        case Phrase(text) | Prefix(text):
            return [text]
        case _:
            return []
