"""Office formats: Word, PowerPoint, Excel, OpenDocument, EPUB, made here and read back."""

from __future__ import annotations

import io
import socket
import sys
import zipfile
from datetime import date
from typing import TYPE_CHECKING, Any

import docx
import openpyxl
import pptx
import pytest

from ingestion.parse import partition

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

pytestmark = pytest.mark.slow  # unstructured takes 3 s to import


def _saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


@pytest.fixture(scope="module")
def word() -> bytes:
    document = docx.Document()
    document.core_properties.author = "Claims team"
    document.sections[0].header.paragraphs[0].text = "CONFIDENTIAL HEADER"
    document.sections[0].footer.paragraphs[0].text = "Page footer 7"
    document.add_heading("Motor policy", level=0)
    document.add_heading("Cover", level=1)
    document.add_paragraph("Short one")
    document.add_paragraph("We insure the car with part number AB-1234/7 for 12.50 EUR a day.")
    document.add_heading("Limits", level=2)
    document.add_paragraph("Fire", style="List Bullet")
    document.add_paragraph("Theft", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for cell, text in zip(
        [cell for row in table.rows for cell in row.cells], ["Event", "Limit", "Fire", "5 000"],
        strict=True,
    ):  # fmt: skip
        cell.text = text
    document.add_heading("Claims", level=1)
    document.add_paragraph("Call us.")
    return _saved(document)


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Record and refuse every attempt to reach another machine."""
    attempts: list[object] = []

    def refuse(*arguments: object, **_: object) -> None:
        attempts.append(arguments)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    return attempts


def test_word(
    word: bytes, offline: list[object], parsed: Callable[..., Document],
    outline: Callable[..., list],
) -> None:  # fmt: skip
    document = parsed(word, "x.docx")
    assert outline(document) == [
        ("title", "Motor policy"),
        ("heading", "Cover"),
        ("text", "Short one"),
        ("text", "We insure the car with part number AB-1234/7 for 12.50 EUR a day."),
        ("heading", "Limits"),
        ("list_item", "- Fire"),
        ("list_item", "- Theft"),
        ("table", "Event | Limit\nFire | 5 000"),
        ("heading", "Claims"),
        ("text", "Call us."),
    ]
    assert document.elements[5].headings == ("Cover", "Limits")
    assert document.elements[-1].headings == ("Claims",)
    assert document.title == "Motor policy"
    assert document.metadata == {"author": "Claims team"}
    assert offline == []


def test_no_language_model_is_loaded(word: bytes, parsed: Callable[..., Document]) -> None:
    parsed(word, "x.docx")
    tokenize = sys.modules["unstructured.nlp.tokenize"]
    assert tokenize._get_nlp.cache_info().currsize == 0


def test_the_model_named_for_unstructured_is_installed_and_loads_offline(
    word: bytes, offline: list[object], parsed: Callable[..., Document]
) -> None:
    """Should a release of unstructured classify elsewhere, it still finds a model on disk."""
    import spacy.util

    parsed(word, "x.docx")
    name = sys.modules["unstructured.nlp.tokenize"]._SPACY_MODEL_NAME
    assert spacy.util.is_package(name)
    assert offline == []


def test_a_release_without_the_names_that_are_replaced_is_told() -> None:
    with pytest.raises(ImportError, match="not the pinned"):
        partition._replace("unstructured.nlp.tokenize", "_NO_SUCH_NAME", None)


def test_bold_paragraphs_are_headings_where_there_are_no_styles(
    parsed: Callable[..., Document], outline: Callable[..., list]
) -> None:
    document = docx.Document()
    document.add_paragraph().add_run("Cover of glass").bold = True
    document.add_paragraph("We replace the windscreen.")
    document.add_paragraph().add_run("Cover of theft").bold = True
    document.add_paragraph("We pay the value of the car.")
    kinds = [kind for kind, _ in outline(parsed(_saved(document), "x.docx"))]
    assert kinds == ["heading", "text", "heading", "text"]


def test_slides(parsed: Callable[..., Document], outline: Callable[..., list]) -> None:
    show = pptx.Presentation()
    first = show.slides.add_slide(show.slide_layouts[0])
    first.shapes.title.text = "Claims induction"
    second = show.slides.add_slide(show.slide_layouts[1])
    second.shapes.title.text = "First day"
    second.placeholders[1].text_frame.text = "Read 3 files"
    second.placeholders[1].text_frame.add_paragraph().text = "Call 1 member"
    second.notes_slide.notes_text_frame.text = "Bring coffee."
    document = parsed(_saved(show), "x.pptx")
    assert outline(document) == [
        ("title", "Claims induction"),
        ("heading", "First day"),
        ("list_item", "- Read 3 files"),
        ("list_item", "- Call 1 member"),
        ("notes", "Bring coffee."),
    ]
    assert [element.page for element in document.elements] == [1, 2, 2, 2, 2]
    assert document.pages == 2


def test_workbook(parsed: Callable[..., Document], outline: Callable[..., list]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Motor 2026"
    for row in (
        ["Tariff of motor cover"],
        [],
        ["Group", "Rate", "From", "Base", "Part"],
        ["A", 0.035, date(2026, 1, 1), 120, "007"],
        ["B", 0.12345, date(2026, 7, 1), 99.9, "1e5"],
        [],
        ["All amounts in EUR"],
    ):
        sheet.append(row)
    sheet["B4"].number_format = "0.0%"
    sheet["B5"].number_format = "0%"
    book.create_sheet("Home").append(["Event", "Limit"])
    document = parsed(_saved(book), "x.xlsx")
    assert outline(document) == [
        ("heading", "Motor 2026"),
        ("text", "Tariff of motor cover"),
        (
            "table",
            (
                "Group | Rate | From | Base | Part\nA | 3.5% | 2026-01-01 | 120 | 007\n"
                "B | 12.345% | 2026-07-01 | 99.9 | 1e5"
            ),
        ),
        ("text", "All amounts in EUR"),
        ("heading", "Home"),
        ("table", "Event | Limit"),
    ]
    assert document.pages == 2


def test_book(parsed: Callable[..., Document], outline: Callable[..., list]) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml",
            '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
            '<rootfile full-path="O/c.opf"/></rootfiles></container>',
        )
        archive.writestr(
            "O/c.opf",
            '<package xmlns="http://www.idpf.org/2007/opf"><metadata '
            'xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:title>Sea</dc:title>'
            "<dc:creator>A. B.</dc:creator></metadata><manifest>"
            '<item id="b" href="b%20b.xhtml" media-type="application/xhtml+xml"/>'
            '<item id="a" href="a.xhtml" media-type="application/xhtml+xml"/></manifest>'
            '<spine><itemref idref="a"/><itemref idref="b"/></spine></package>',
        )
        archive.writestr("O/a.xhtml", "<html><body><h1>One</h1><p>First.</p></body></html>")
        archive.writestr("O/b b.xhtml", "<html><body><h1>Two</h1><p>Then.</p></body></html>")
    document = parsed(stream.getvalue(), "x.epub")
    assert outline(document) == [
        ("heading", "One"), ("text", "First."), ("heading", "Two"), ("text", "Then."),
    ]  # fmt: skip
    assert (document.title, document.pages) == ("Sea", 2)
    assert document.metadata == {"creator": "A. B."}
