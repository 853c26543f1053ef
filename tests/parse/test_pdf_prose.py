"""PDF: stretched lines of narrow columns are no table, and marks of lists lead their items."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fpdf

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

    Parsed = Callable[..., Document]
    Outline = Callable[..., list[tuple[str, str]]]

LINES = [
    "The insurer compensates all damage",
    "notwithstanding other circumstances", "unless gross negligence has",
    "contributed materially to it", "and environmental considerations",
    "were not given notice about", "in the time agreed upon.",
]  # fmt: skip


def _justified(document: fpdf.FPDF, x: float, y: float, width: float, lines: list[str]) -> None:
    """Write lines whose words are stretched from edge to edge, all but the last."""
    for number, line in enumerate(lines):
        words = line.split()
        free = width - sum(map(document.get_string_width, words))
        space = free / (len(words) - 1) if number < len(lines) - 1 else 3
        at = x
        for word in words:
            document.text(at, y + 13 * number, word)
            at += document.get_string_width(word) + space


def test_stretched_lines_are_prose(parsed: Parsed, outline: Outline) -> None:
    document = fpdf.FPDF(unit="pt", format=(600, 800))
    document.add_page()
    document.set_font("times", size=11)
    for x in (50, 330):
        _justified(document, x, 100, 205, LINES)
    found = outline(parsed(bytes(document.output()), "a.pdf"))
    assert [kind for kind, _ in found] == ["text", "text"]
    assert [" ".join(text.split()) for _, text in found] == [" ".join(LINES)] * 2


def test_a_table_as_wide_as_the_prose_around_it_stays_one(parsed: Parsed, outline: Outline) -> None:
    document = fpdf.FPDF(unit="pt", format=(600, 800))
    document.add_page()
    document.set_font("times", size=11)
    _justified(
        document, 50, 100, 320, ["A line of words over the whole width of all of this, to be"] * 2
    )
    for row in range(4):
        for place, cell in enumerate((f"Region {row}", f"{row + 3}", f"{row * 7 + 11}")):
            at = 50 + 150 * place if place < 2 else 370 - document.get_string_width(cell)
            document.text(at, 150 + 14 * row, cell)
    assert outline(parsed(bytes(document.output()), "a.pdf"))[-1] == (
        "table", "Region 0 | 3 | 11\nRegion 1 | 4 | 18\nRegion 2 | 5 | 25\nRegion 3 | 6 | 32",
    )  # fmt: skip


def test_marks_that_are_written_after_the_text(parsed: Parsed, outline: Outline) -> None:
    document = fpdf.FPDF(unit="pt", format=(600, 800))
    document.add_page()
    document.set_font("times", size=11)
    items = ["What is covered by the policy", "What is not covered", "Who is to be told of it"]
    for number, item in enumerate(items):
        document.text(70, 100 + 14 * number, item)
    document.text(50, 200, "And that is all there is to say.")
    for number in range(len(items)):
        document.text(55, 100 + 14 * number, f"{number + 1}.")
    assert outline(parsed(bytes(document.output()), "a.pdf")) == [
        *(("list_item", f"{n}. {item}") for n, item in enumerate(items, 1)),
        ("text", "And that is all there is to say."),
    ]  # fmt: skip


def test_lines_of_contents_and_numbers_without_a_dot(parsed: Parsed, outline: Outline) -> None:
    document = fpdf.FPDF(unit="pt", format=(600, 800))
    document.add_page()
    document.set_font("times", size=11)
    for number, text in enumerate(["1 Scope", "2 Claims", "2.1 Deadlines"]):
        document.text(50, 100 + 13 * number, f"{text} {'.' * 60} {number + 3}")
    for number, text in enumerate(["1 what is covered", "2 what is not, and", "3 who pays"]):
        document.text(50, 200 + 13 * number, text)
    assert [text for _, text in outline(parsed(bytes(document.output()), "a.pdf"))] == [
        f"1 Scope {'.' * 60} 3", f"2 Claims {'.' * 60} 4", f"2.1 Deadlines {'.' * 60} 5",
        "1 what is covered", "2 what is not, and", "3 who pays",
    ]  # fmt: skip
