"""Suggestions and completions: Azure's examples, spelling, and whose rows they come from."""

from __future__ import annotations

import pytest

from freshground.core.errors import ConfigError
from indexes.filters.ast import Compare
from indexes.search.definition import Definition, Field
from indexes.search.near_words import one_edit
from indexes.search.plain import PlainView
from indexes.search.plan import Order
from indexes.search.suggest import Completion, autocomplete, suggest

TEXT = "Edm.String"
DEFINITION = Definition(
    "insurance",
    (
        Field("id", TEXT, key=True),
        Field("title", TEXT, searchable=True, analyzer="english"),
        Field("tags", "Collection(Edm.String)", searchable=True),
        Field("hidden", TEXT, searchable=True, retrievable=False),
        Field("year", "Edm.Int32"),
    ),
    suggesters={"sg": ("title", "tags"), "secret": ("hidden",)},
)
ROWS = [
    {"id": "1", "title": "Washington Medicare plan", "tags": ["x", "Medicine book"], "year": 3},
    {"id": "2", "title": "The washington medicaid insurance", "year": 2, "hidden": "medusa"},
    {"id": "3", "title": "Medicare for all of Washington", "year": 1},
    {"id": "4", "title": "Café society", "tags": ["micro"]},
    {"id": "5"},
]
VIEW = PlainView(DEFINITION, ROWS)


def keys(text: str, **how: object) -> list[str]:
    return [found.key for found in suggest(VIEW, DEFINITION, "sg", text, **how)]


def texts(text: str, **how: object) -> list[str]:
    return [found.text for found in autocomplete(VIEW, DEFINITION, "sg", text, **how)]


def test_all_words_match_and_the_last_as_a_beginning() -> None:
    assert set(keys("medic")) == {"1", "2", "3"}
    assert set(keys("washington medic")) == {"1", "2", "3"}
    assert keys("insurance washington medic") == ["2"]
    assert keys("medic washingto") == []
    assert set(keys("medicare washingto")) == {"1", "3"}
    assert keys("edicare") == []
    assert keys("cafe") == keys("CAFÉ") == ["4"]


def test_words_match_in_one_field_not_over_two() -> None:
    assert keys("book washing") == []
    assert keys("medicine boo") == ["1"]


def test_the_text_is_that_of_the_field_and_marked_as_far_as_typed() -> None:
    found = suggest(VIEW, DEFINITION, "sg", "medicine boo", before="<b>", after="</b>")
    assert [each.text for each in found] == ["<b>Medicine</b> <b>boo</b>k"]
    assert found[0].document == {"id": "1"}
    found = suggest(VIEW, DEFINITION, "sg", "micro", select=["year", "tags"])
    assert (found[0].text, found[0].document) == ("micro", {"tags": ["micro"], "year": None})


def test_order_top_and_fields() -> None:
    assert keys("medic", order=[Order("year")]) == ["3", "2", "1"]
    assert keys("medic", order=[Order("year", descending=True)], top=1) == ["1"]
    assert keys("medic", fields=["tags"]) == ["1"]


def test_fuzzy_forgives_one_edit_in_words_of_four_letters() -> None:
    assert keys("medcare") == []
    assert set(keys("medcare", fuzzy=True)) == {"1", "3"}
    assert set(keys("wahsington medi", fuzzy=True)) == {"1", "2", "3"}
    assert keys("wahsingtno medi", fuzzy=True) == []
    assert keys("mic", fuzzy=True) == ["4"]
    assert texts("medicr", fuzzy=True) == ["medicare", "medicine", "medicaid"]


@pytest.mark.parametrize(
    ("asked", "word", "prefix", "expected"),
    [
        ("abcd", "abcd", False, True),
        ("abcd", "abcde", False, True),
        ("abcd", "abcdef", False, False),
        ("abcd", "abcdef", True, True),
        ("abcd", "abxd", False, True),
        ("abcd", "abd", False, True),
        ("abcd", "abxcd", False, True),
        ("abcd", "abdc", False, True),
        ("abcd", "axxd", False, False),
        ("abcd", "abdcx", False, False),
        ("abcd", "abdcx", True, True),
        ("abcd", "ab", False, False),
    ],
)
def test_one_edit(asked: str, word: str, prefix: bool, expected: bool) -> None:
    assert one_edit(asked, word, prefix=prefix) is expected


def test_completions_as_azure_documents_them() -> None:
    assert autocomplete(VIEW, DEFINITION, "sg", "washington medic", fields=["title"]) == [
        Completion("medicare", "washington medicare"),
        Completion("medicaid", "washington medicaid"),
    ]
    assert texts("washington medic", mode="twoTerms") == [
        "medicaid insurance",
        "medicare for",
        "medicare plan",
        "medicine book",
    ]
    assert autocomplete(
        VIEW, DEFINITION, "sg", "in Washington medic", mode="oneTermWithContext"
    ) == [
        Completion("washington medicaid", "in washington medicaid"),
        Completion("washington medicare", "in washington medicare"),
    ]
    assert texts("medic", mode="oneTermWithContext") == texts("medic")
    assert texts("plan", mode="twoTerms") == ["plan"]
    assert texts("medic", top=1) == ["medicare"]
    marked = autocomplete(VIEW, DEFINITION, "sg", "a micr", before="[", after="]")
    assert marked == [Completion("[micr]o", "a [micr]o")]


def test_only_rows_in_view_speak() -> None:
    narrow = VIEW.narrowed(Compare("year", "eq", 2))
    assert [found.key for found in suggest(narrow, DEFINITION, "sg", "medic")] == ["2"]
    for mode, expected in (
        ("oneTerm", ["medicaid"]),
        ("twoTerms", ["medicaid insurance"]),
        ("oneTermWithContext", ["washington medicaid"]),
    ):
        found = autocomplete(narrow, DEFINITION, "sg", "washington medic", mode=mode, fuzzy=True)
        assert [each.text for each in found] == expected


def test_what_is_not_retrievable_is_not_suggested() -> None:
    assert suggest(VIEW, DEFINITION, "secret", "medu") == []
    for mode in ("oneTerm", "twoTerms", "oneTermWithContext"):
        assert autocomplete(VIEW, DEFINITION, "secret", "medu", mode=mode, fuzzy=True) == []


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"suggester": "nope"}, "no suggester 'nope'.*Suggesters: sg, secret"),
        ({"text": ""}, "0 characters"),
        ({"text": "x" * 101}, "101 characters"),
        ({"text": "!?"}, "no word"),
        ({"top": 0}, "0 suggestions"),
        ({"top": 101}, "101 suggestions"),
        ({"fields": ["year"]}, "'year' is no source"),
    ],
)
def test_refusals(how: dict, says: str) -> None:
    asked = {"suggester": "sg", "text": "a", **how}
    for ask in (suggest, autocomplete):
        with pytest.raises(ConfigError, match=says):
            ask(VIEW, DEFINITION, **asked)
