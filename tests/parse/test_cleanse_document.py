"""Cleansing of documents: page furniture, divided words, language, spans, titles."""

# ruff: noqa: E501 - tables of examples

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingestion.cleanse.assemble import assemble
from ingestion.cleanse.furniture import drop_furniture
from ingestion.cleanse.hyphens import rejoin, unwrap, vocabulary
from ingestion.cleanse.language import detect
from ingestion.parse.blocks import Block, Parsed, table_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

BLOCKS = st.lists(
    st.builds(
        Block,
        kind=st.sampled_from(["text", "heading", "list_item", "code", "table", "title"]),
        text=st.text(max_size=40),
        page=st.one_of(st.none(), st.integers(1, 4)),
        level=st.one_of(st.none(), st.integers(1, 6)),
        margin=st.booleans(),
        wrapped=st.booleans(),
    ),
    max_size=12,
)


@settings(deadline=None)
@given(blocks=BLOCKS, pages=st.one_of(st.none(), st.integers(1, 4)))
def test_spans_slice_back_and_do_not_overlap(
    check: Callable[[Document], Document], blocks: list[Block], pages: int | None
) -> None:
    document = assemble(Parsed(blocks, "text/plain", pages=pages))
    if document.text:
        check(document)


@settings(deadline=None)
@given(BLOCKS)
def test_assembling_the_result_again_changes_nothing(blocks: list[Block]) -> None:
    once = assemble(Parsed(blocks, "text/plain"))
    again = assemble(
        Parsed([Block(e.kind, once.text[e.start : e.end], e.page, e.level) for e in once.elements],
               "text/plain", once.title)
    )  # fmt: skip
    assert again.text == once.text


def _page(number: int, body: str) -> list[Block]:
    return [
        Block("text", "ACME Insurance - Terms 2026", number, margin=True),
        Block("text", body, number),
        Block("text", f"Page {number} of 4", number, margin=True),
    ]


def test_repeated_headers_and_page_numbers_go_and_text_stays() -> None:
    blocks = [block for n in range(1, 5) for block in _page(n, f"Clause {n} holds {n}00 EUR.")]
    kept = [block.text for block in drop_furniture(blocks, 4)]
    assert kept == [f"Clause {n} holds {n}00 EUR." for n in range(1, 5)]


def test_text_in_the_margin_that_does_not_repeat_stays() -> None:
    blocks = [*_page(1, "a"), Block("text", "Signed in Zurich, 2026", 1, margin=True)]
    assert "Signed in Zurich, 2026" in [b.text for b in drop_furniture(blocks, 1)]


def test_repeated_text_outside_the_margin_stays() -> None:
    blocks = [Block("text", "Not covered.", page) for page in range(1, 6)]
    assert drop_furniture(blocks, 5) == blocks


def test_bare_numbers_go_only_when_they_count_with_the_pages() -> None:
    counting = [Block("text", str(n + 10), n, margin=True) for n in (1, 2, 3)]
    amounts = [Block("text", str(n), p, margin=True) for p, n in ((1, 500), (2, 20), (3, 7))]
    assert drop_furniture(counting, 3) == []
    assert drop_furniture(amounts, 3) == amounts


def test_chapter_footers_that_count_with_the_pages_go() -> None:
    names = ["Cover 11", "Cover 12", "Claims 13", "Claims 14"]
    blocks = [Block("text", name, n, margin=True) for n, name in enumerate(names, 1)]
    assert drop_furniture(blocks, 4) == []


@pytest.mark.parametrize(
    ("text", "elsewhere", "expected"),
    [
        ("the compu-\nter", "a computer", "the computer"),
        ("a well-\nknown man", "well-known", "a well-known man"),
        ("a co-\noperation", "", "a co-operation"),
        ("per\u00ad\nsonal data", "", "personal data"),
        ("part AB-\n1234 is", "", "part AB-1234 is"),
        ("pages 10-\n12", "", "pages 10-12"),
        ("a 24-\nhour service", "", "a 24-hour service"),
        ("in 2020 -\n5 years", "", "in 2020 - 5 years"),
        ("Smith-\nJones", "smithjones", "Smith-Jones"),
        ("line one\nline two", "", "line one line two"),
    ],
)
def test_divided_words(text: str, elsewhere: str, expected: str) -> None:
    assert unwrap(text, vocabulary([text, elsewhere])) == expected


def test_unwrap_without_evidence_keeps_every_character() -> None:
    assert unwrap("inter-\nnational", Counter()) == "inter-national"


def test_a_sentence_cut_by_a_page_break_is_joined() -> None:
    first = Block("text", "Unoccupied means that nobody has slept in it for more", 1, wrapped=True)
    second = Block("text", "than 45 days in a row.", 2, wrapped=True)
    assert [block.text for block in rejoin([first, second])] == [first.text + "\n" + second.text]
    ended = Block("text", "Unoccupied means that nobody has slept in it.", 1, wrapped=True)
    assert rejoin([ended, second]) == [ended, second]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (
            "The insured must tell the company of any change in the risk that is covered by it. "
            * 2,
            "en",
        ),
        (
            "Der Versicherer zahlt die Kosten, die durch den Schaden an dem Fahrzeug entstehen. "
            * 2,
            "de",
        ),
        (
            "L'assureur rembourse les frais que le client a pay\u00e9s pour la r\u00e9paration de sa maison.",
            "fr",
        ),
        (
            "Ubezpieczyciel zwraca koszty naprawy samochodu, kt\u00f3re poni\u00f3s\u0142 klient po wypadku.",
            "pl",
        ),
        (
            "\u4fdd\u9669\u516c\u53f8\u8d54\u507f\u5ba2\u6237\u7684\u635f\u5931\uff0c\u8bf7\u5728\u4e09\u5341\u5929\u5185\u901a\u77e5\u6211\u4eec\u3002",
            "zh",
        ),
        ("OK", None),
        ("12.50 | 13.75 | 99.10", None),
    ],
)
def test_language(text: str, code: str | None) -> None:
    assert detect(text) == code
    assert detect(text) == code


def _kinds(blocks: list[Block], title: str | None = None) -> tuple[str | None, list[str]]:
    document = assemble(Parsed(blocks, "text/plain", title))
    return document.title, [element.kind for element in document.elements]


def test_the_only_top_heading_at_the_start_is_the_title() -> None:
    blocks = [
        Block("heading", "Guide", level=1),
        Block("text", "x"),
        Block("heading", "A", level=2),
    ]
    assert _kinds(blocks) == ("Guide", ["title", "text", "heading"])


def test_one_of_several_top_headings_is_no_title() -> None:
    blocks = [Block("heading", "One", level=1), Block("heading", "Two", level=1)]
    assert _kinds(blocks) == (None, ["heading", "heading"])


def test_heading_paths_follow_ranks_and_not_gaps_in_them() -> None:
    blocks = [
        Block("heading", "A", level=2), Block("heading", "B", level=5), Block("text", "x"),
        Block("heading", "C", level=2), Block("text", "y"),
    ]  # fmt: skip
    elements = assemble(Parsed(blocks, "text/plain")).elements
    assert [(e.level, e.headings) for e in elements] == [
        (1, ()), (2, ("A",)), (None, ("A", "B")), (1, ()), (None, ("C",)),
    ]  # fmt: skip


def test_list_items_are_joined_by_a_line_break_and_others_by_a_blank_line() -> None:
    blocks = [Block("text", "Cover:"), Block("list_item", "- a"), Block("list_item", "- b")]
    assert assemble(Parsed(blocks, "text/plain")).text == "Cover:\n\n- a\n- b"


def test_table_text() -> None:
    rows = [["Age", "", "Premium\nEUR"], ["18", "", "1.50"], ["", "", ""], ["99", "", ""]]
    assert table_text(rows) == "Age | Premium EUR\n18 | 1.50\n99"


def _margins(texts: list[str]) -> list[Block]:
    return [Block("text", text, n, margin=True) for n, text in enumerate(texts, 1) if text]


@pytest.mark.parametrize(
    "texts",
    [
        ["i", "ii", "iii", "iv"],
        ["- iv -", "- v -", "- vi -"],
        ["", "Terms 2026", "Motor", "Terms 2026", "Motor", "Terms 2026", "Motor"],
        ["", "Left only", "", "Left only"],
        ["Printed 3 May 2026", "Printed 3 May 2026", "Printed 4 June 2026", "Printed 4 June 2026"],
        ["Seite 1 von 3", "Sivu 2", "strana 3"],
        ["\u7b2c1\u9875", "\u7b2c 2 \u9875"],
        [*["Storm damage"] * 4, *["Theft"] * 4, *["Claims by mail"] * 4, *["Costs"] * 4],
    ],
)
def test_running_headers_and_numbers_of_many_kinds_go(texts: list[str]) -> None:
    blocks = _margins(texts)
    body = [Block("text", f"Body {n}.", n) for n in range(1, len(texts) + 1)]
    assert drop_furniture([*blocks, *body], len(texts)) == body


@pytest.mark.parametrize(
    "texts",
    [
        ["I", "Mix", "Civil", "DIM"],
        ["Introduction", "", "Theft", "", "Costs"],
        ["Signed in May", "", "", "Signed in May"],
        ["xiv", "3", "ii"],
    ],
)
def test_text_of_margins_that_is_no_furniture_stays(texts: list[str]) -> None:
    blocks = _margins(texts)
    assert drop_furniture(blocks, len(texts)) == blocks
