"""OpenDocument text, sheets and slides, made by odfpy and read back."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from odf import draw, presentation, style, table, text
from odf.opendocument import (
    OpenDocumentPresentation,
    OpenDocumentSpreadsheet,
    OpenDocumentText,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document


def _saved(document: Any) -> bytes:
    stream = BytesIO()
    document.save(stream)
    return stream.getvalue()


def _cell(words: str, **attributes: Any) -> Any:
    cell = table.TableCell(**attributes)
    cell.addElement(text.P(text=words))
    return cell


@pytest.mark.parametrize("name", ["x.odt", "x.bin", "x.pdf"])
def test_a_text_keeps_headings_lists_tables_and_notes(
    name: str, parsed: Callable[..., Document], outline: Callable[[Document], list]
) -> None:
    document = OpenDocumentText()
    own = style.Style(name="P1", family="paragraph", parentstylename="Title")
    document.automaticstyles.addElement(own)
    add = document.text.addElement
    add(text.P(stylename=own, text="Home policy"))
    add(text.H(outlinelevel=1, text="Cover"))
    body = text.P(text="We pay")
    body.addElement(text.S(c=1))
    note = text.Note(id="n1", noteclass="footnote")
    note.addElement(text.NoteCitation(text="1"))
    inner = text.NoteBody()
    inner.addElement(text.P(text="Less the excess."))
    note.addElement(inner)
    body.addElement(text.Span(text="500 EUR"))
    body.addElement(note)
    add(body)
    add(text.H(outlinelevel=2, text="Limits"))
    items = text.List()
    for words in ("hail", "storm"):
        item = text.ListItem()
        item.addElement(text.P(text=words))
        items.addElement(item)
    add(items)
    rows = table.Table()
    for cells in (("Event", "Limit"), ("Fire", "7")):
        row = table.TableRow()
        for words in cells:
            row.addElement(_cell(words))
        rows.addElement(row)
    add(rows)
    found = parsed(_saved(document), name)
    assert outline(found) == [
        ("title", "Home policy"), ("heading", "Cover"), ("text", "We pay 500 EUR[1]"),
        ("heading", "Limits"), ("list_item", "- hail"), ("list_item", "- storm"),
        ("table", "Event | Limit\nFire | 7"), ("footnote", "[1] Less the excess."),
    ]  # fmt: skip
    assert found.elements[4].headings == ("Cover", "Limits")
    assert found.title == "Home policy"


def test_a_sheet_shows_values_and_its_name(
    parsed: Callable[..., Document], outline: Callable[[Document], list]
) -> None:
    document = OpenDocumentSpreadsheet()
    sheet = table.Table(name="Tariff")
    rows = [
        [_cell("Class"), _cell("Rate"), _cell("From"), _cell("Premium")],
        [_cell("A", numberrowsspanned=2),
         _cell("3%", valuetype="percentage", value="0.0345"),
         _cell("01.02.2024", valuetype="date", datevalue="2024-02-01"),
         _cell("1.200,50 \u20ac", valuetype="currency", value="1200.5", currency="EUR")],
        [table.CoveredTableCell(), _cell("4%", valuetype="percentage", value="0.04"),
         _cell("x"), _cell("7", valuetype="float", value="7")],
    ]  # fmt: skip
    for cells in rows:
        row = table.TableRow()
        for cell in cells:
            row.addElement(cell)
        sheet.addElement(row)
    sheet.addElement(table.TableRow(numberrowsrepeated=1048570))
    document.spreadsheet.addElement(sheet)
    found = parsed(_saved(document), "x.bin")
    assert outline(found) == [
        ("title", "Tariff"),
        (
            "table",
            "Class | Rate | From | Premium\nA | 3.45% | 2024-02-01 | 1200.5 EUR\nA | 4% | x | 7",
        ),
    ]
    assert found.pages == 1


def test_slides_keep_titles_and_notes(
    parsed: Callable[..., Document], outline: Callable[[Document], list]
) -> None:
    document = OpenDocumentPresentation()
    layout = style.PageLayout(name="L")
    document.automaticstyles.addElement(layout)
    master = style.MasterPage(name="M", pagelayoutname=layout)
    document.masterstyles.addElement(master)
    for number in (1, 2):
        page = draw.Page(masterpagename=master)
        for kind, words in (("outline", f"Body {number}"), ("title", f"Title {number}")):
            frame = draw.Frame(width="9cm", height="3cm")
            frame.setAttribute("class", kind)
            box = draw.TextBox()
            box.addElement(text.P(text=words))
            frame.addElement(box)
            page.addElement(frame)
        notes = presentation.Notes()
        frame = draw.Frame(width="9cm", height="3cm")
        frame.setAttribute("class", "notes")
        box = draw.TextBox()
        box.addElement(text.P(text=f"Say this of {number}"))
        frame.addElement(box)
        notes.addElement(frame)
        page.addElement(notes)
        document.presentation.addElement(page)
    found = parsed(_saved(document), "x.odp")
    assert outline(found) == [
        ("title", "Title 1"), ("text", "Body 1"), ("notes", "Say this of 1"),
        ("heading", "Title 2"), ("text", "Body 2"), ("notes", "Say this of 2"),
    ]  # fmt: skip
    assert [element.page for element in found.elements] == [1, 1, 1, 2, 2, 2]
    assert found.title == "Title 1"


def test_lists_that_count_code_and_captions(
    parsed: Callable[..., Document], outline: Callable[[Document], list]
) -> None:
    document = OpenDocumentText()
    counted = text.ListStyle(name="L1")
    for level, shape in ((1, "1"), (2, "a")):
        counted.addElement(text.ListLevelStyleNumber(level=level, numformat=shape, numsuffix="."))
    document.automaticstyles.addElement(counted)
    items = text.List(stylename="L1")
    for words in ("first", "second"):
        item = text.ListItem()
        item.addElement(text.P(text=words))
        items.addElement(item)
    inner, item = text.List(), text.ListItem()
    item.addElement(text.P(text="below"))
    inner.addElement(item)
    items.lastChild.addElement(inner)
    document.text.addElement(items)
    for name in ("Preformatted Text", "Caption"):
        named = style.Style(name=name.replace(" ", "_20_"), family="paragraph")
        document.styles.addElement(named)
    for words in ("def f():", "", "return 1"):
        document.text.addElement(text.P(stylename="Preformatted_20_Text", text=words))
    document.text.addElement(text.P(stylename="Caption", text="Table 1: Limits"))
    assert outline(parsed(_saved(document), "a.odt")) == [
        ("list_item", "1. first"), ("list_item", "2. second"), ("list_item", "a. below"),
        ("code", "def f():\n\nreturn 1"), ("caption", "Table 1: Limits"),
    ]  # fmt: skip
