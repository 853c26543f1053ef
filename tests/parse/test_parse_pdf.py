"""PDF: reading order, headings, lists, tables, page furniture, made with fpdf2 and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fpdf
import pytest

from freshground.core.errors import Quarantine
from ingestion.parse import parse
from ingestion.parse.layout import blocks_of
from ingestion.parse.segments import Page, Segment

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

LEFT = [
    "The left column speaks of heavy storm", "and of hail and of all the damage that",
    "they do to roofs of houses, to gardens", "and to the cars that stand in the open.",
]  # fmt: skip
RIGHT = [
    "The right column speaks of the theft of", "cars and of keys that have been left in",
    "the door of a car or on a table inside", "of a restaurant, and of the police then.",
]  # fmt: skip


class _Policy(fpdf.FPDF):
    def header(self) -> None:
        self.set_font("helvetica", size=9)
        self.cell(0, 5, "ACME Mutual policy wording", new_x="LMARGIN", new_y="NEXT")
        self.ln(8)

    def footer(self) -> None:
        self.set_y(-12)
        self.set_font("helvetica", size=9)
        self.cell(0, 5, f"Page {self.page_no()} of {{nb}}", align="C")


def _start(kind: type[fpdf.FPDF] = fpdf.FPDF) -> fpdf.FPDF:
    document = kind()
    document.add_page()
    document.set_font("helvetica", size=11)
    return document


def _line(document: fpdf.FPDF, text: str, size: float = 11, style: str = "") -> None:
    document.set_font("helvetica", style=style, size=size)
    document.multi_cell(0, size * 0.5, text, new_x="LMARGIN", new_y="NEXT")
    document.ln(3)


@pytest.fixture(scope="module")
def policy() -> bytes:
    document = _start(_Policy)
    _line(document, "Home policy", 20, "B")
    for number in range(1, 4):
        _line(document, f"Section {number}", 14, "B")
        _line(document, f"We pay up to {number},500.75 EUR for event AB-{number}234. " * 6)
        document.add_page() if number < 3 else None
    return bytes(document.output())


def test_structure_and_furniture(
    policy: bytes, parsed: Callable[..., Document], outline: Callable[..., list]
) -> None:
    document = parsed(policy, "x.pdf")
    assert [text for kind, text in outline(document) if kind in {"title", "heading"}] == [
        "Home policy", "Section 1", "Section 2", "Section 3",
    ]  # fmt: skip
    assert document.title == "Home policy"
    assert "ACME" not in document.text
    assert "Page" not in document.text
    for number in range(1, 4):
        assert document.text.count(f"{number},500.75 EUR for event AB-{number}234.") == 6
    bodies = [element for element in document.elements if element.kind == "text"]
    assert [element.page for element in bodies] == [1, 2, 3]
    assert [element.headings for element in bodies] == [
        ("Section 1",),
        ("Section 2",),
        ("Section 3",),
    ]
    assert document.pages == 3


def _columns(*, woven: bool) -> bytes:
    document = _start()
    places = [(15, y, text) for y, text in enumerate(LEFT)] + [
        (110, y, text) for y, text in enumerate(RIGHT)
    ]
    for x, y, text in sorted(places, key=lambda place: place[1]) if woven else places:
        document.text(x, 40 + 6 * y, text)
    return bytes(document.output())


@pytest.mark.parametrize("woven", [False, True])
def test_two_columns_are_read_one_after_the_other(
    woven: bool, parsed: Callable[..., Document]
) -> None:
    words = " ".join(parsed(_columns(woven=woven), "x.pdf").text.split())
    assert " ".join(LEFT) in words
    assert " ".join(RIGHT) in words
    assert words.index(LEFT[3]) < words.index(RIGHT[0])


def test_lines_that_the_file_gives_in_disorder_are_put_in_order(
    parsed: Callable[..., Document],
) -> None:
    document = _start()
    lines = [f"Sentence number {n} of the page stands here" for n in range(12)]
    for n in (11, 3, 7, 0, 9, 2, 10, 1, 8, 4, 6, 5):
        document.text(15, 40 + 6 * n, lines[n])
    words = " ".join(parsed(bytes(document.output()), "x.pdf").text.split())
    assert words == " ".join(lines)


def test_table(parsed: Callable[..., Document], outline: Callable[..., list]) -> None:
    document = _start()
    _line(document, "The table shows what we pay for each event that is insured by the policy.")
    rows = [("Event", "Limit", "Excess"), ("Fire", "500,000", "250"), ("Flood", "40,000", "1,000"),
            ("Theft of bicycles that were left outside", "750", "75")]  # fmt: skip
    with document.table(col_widths=(40, 30, 30)) as table:
        for row in rows:
            table.row(row)
    tables = [
        text for kind, text in outline(parsed(bytes(document.output()), "x.pdf")) if kind == "table"
    ]
    assert tables == ["\n".join(" | ".join(row) for row in rows)]


def test_numbered_clauses_with_a_hanging_indent_are_no_table(
    parsed: Callable[..., Document], outline: Callable[..., list]
) -> None:
    document = _start()
    for n in range(1, 6):
        document.text(15, 40 + 8 * n, f"3.{n}")
        document.text(27, 40 + 8 * n, f"We pay for the loss of the item number {n} in full.")
    pieces = outline(parsed(bytes(document.output()), "x.pdf"))
    assert pieces == [
        ("text", f"3.{n} We pay for the loss of the item number {n} in full.") for n in range(1, 6)
    ]


def test_a_divided_word_is_whole_again_where_the_document_shows_it(
    parsed: Callable[..., Document],
) -> None:
    document = _start()
    for y, text in enumerate(
        [
            "The computer is insured if the compu-",
            "ter stands in a well-",
            "known place of the home.",
        ]
    ):
        document.text(15, 40 + 5 * y, text)
    text = " ".join(parsed(bytes(document.output()), "x.pdf").text.split())
    assert (
        text == "The computer is insured if the computer stands in a well-known place of the home."
    )


def test_a_page_that_is_turned_reads_like_any_other(parsed: Callable[..., Document]) -> None:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    document.text(20, 50, "First line of a page.")
    document.text(20, 60, "Second line of it.")
    document.pages[1].set_page_rotation(90) if hasattr(
        document.pages[1], "set_page_rotation"
    ) else None
    assert parsed(bytes(document.output()), "x.pdf").text.split()[:3] == ["First", "line", "of"]


def test_encrypted() -> None:
    document = _start()
    document.set_encryption(owner_password="o", user_password="u")
    document.text(20, 50, "Secret words")
    with pytest.raises(Quarantine) as refusal:
        parse(bytes(document.output()), "x.pdf")
    assert refusal.value.rule == "encrypted"


def test_a_pdf_that_only_restricts_printing_is_read(parsed: Callable[..., Document]) -> None:
    document = _start()
    document.set_encryption(owner_password="o")
    document.text(20, 50, "Readable words")
    assert parsed(bytes(document.output()), "x.pdf").text == "Readable words"


def test_pages_without_text() -> None:
    document = _start()
    document.rect(20, 20, 50, 50)
    with pytest.raises(Quarantine) as refusal:
        parse(bytes(document.output()), "x.pdf")
    assert refusal.value.rule == "no_text_layer"


@pytest.mark.parametrize("name", ["x.pdf", "x", "x.docx"])
def test_a_broken_pdf_is_corrupt(name: str, policy: bytes) -> None:
    with pytest.raises(Quarantine) as refusal:
        parse(b"%PDF-1.7\n" + policy[900:1400].replace(b"obj", b"xxx"), name)
    assert refusal.value.rule == "corrupt"


def test_justified_words_are_no_cells() -> None:
    words = ["damage", "that", "is", "done", "by", "hail"]
    segments = [
        Segment(word, 50 + 45 * i, 700 - 13 * row, 50 + 45 * i + 39, 711 - 13 * row, 10)
        for row in range(5)
        for i, word in enumerate(words)
    ]
    blocks = blocks_of([Page(1, 600, 800, tuple(segments))])
    assert [block.kind for block in blocks] == ["text"]
