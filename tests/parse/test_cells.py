"""Cells of sheets have the addresses that their program shows."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from chunking.chunker import Chunker
from freshground.core.cells import BAR, Cells, letters
from freshground.core.settings import Chunking
from ingestion.parse import parse

if TYPE_CHECKING:
    from freshground.core.records import Document

ROWS = {
    (0, 0): "All tariffs of the year",
    (2, 1): "Class", (2, 3): "Premium", (2, 4): "Note",
    (3, 1): "A", (3, 3): 120, (3, 4): "either | or",
    (4, 1): "B", (4, 3): 140,
    (8, 1): "Area", (8, 2): "Rate", (9, 1): "North", (9, 2): 0.5,
}  # fmt: skip


def _book(cells: dict[tuple[int, int], object], sheet: str = "Tariff") -> bytes:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream)
    page = book.add_worksheet(sheet)
    for (row, column), value in cells.items():
        page.write(row, column, value)
    book.close()
    return stream.getvalue()


def _at(document: Document, address: str) -> str | None:
    span = Cells(document).find(address)
    return None if span is None else document.text[slice(*span)]


def test_each_cell_is_found_by_its_address() -> None:
    document = parse(_book(ROWS), "x.xlsx")
    for (row, column), value in ROWS.items():
        if row:
            shown = str(value).replace(" | ", " \\| ")
            assert _at(document, f"Tariff!{letters(column)}{row + 1}") == shown
            assert _at(document, f"{letters(column)}{row + 1}") == shown
    for nothing in ("Tariff!A1", "Other!B3", "Tariff!E5", "Tariff!C3", "B6", "B", "7", ""):
        assert _at(document, nothing) is None


def test_a_passage_says_which_cells_it_holds() -> None:
    document = parse(_book(ROWS), "x.xlsx")
    first, second = (e for e in document.elements if e.kind == "table")
    assert Cells(document).between(first.start, first.end) == "Tariff!B3:E5"
    assert Cells(document).between(second.end - 3, second.end) == "Tariff!B10:C10"
    assert Cells(document).between(0, len(document.text)) == "Tariff!B3:E5, Tariff!B9:C10"
    assert Cells(document).between(0, first.start) is None


def test_rows_of_a_csv_count_its_records() -> None:
    document = parse(b'id,text\n1,"two\nlines"\n\n\n4,x\n5,y\n', "x.csv")
    assert _at(document, "B2") == "two lines"
    assert _at(document, "A5") == "4"
    assert _at(document, "B6") == "y"
    assert _at(document, "A3") is None


def _long(header: list[str], count: int) -> Document:
    cells: dict[tuple[int, int], object] = {(0, i): name for i, name in enumerate(header)}
    for row in range(1, count + 1):
        for column in range(len(header)):
            cells[row, column] = f"w{row}c{column}"
    return parse(_book(cells), "x.xlsx")


def _count(texts: list[str]) -> list[int]:
    return [len(text.split()) + 2 for text in texts]


def _chunker(limit: int) -> Chunker:
    return Chunker(
        Chunking(max_tokens=200), encoder_tokens=_count, encoder_limit=limit, tokenizer_id="words"
    )


def test_each_chunk_of_a_long_table_carries_its_header_and_its_cells() -> None:
    document = _long(["Class", "Area", "Premium"], 300)
    chunks = _chunker(256).split(document)
    assert len(chunks) > 5
    assert chunks[0].table_header is None
    row = 1
    for chunk in chunks:
        lines = chunk.text.count("\n") + 1 - (chunk.text.startswith("Tariff\n"))
        assert document.text[chunk.start : chunk.end] == chunk.text
        if chunk is not chunks[0]:
            assert chunk.table_header == "Class | Area | Premium"
            assert "Class | Area | Premium\n" in chunk.embed_text.removesuffix(chunk.text)
            assert chunk.cells == f"Tariff!A{row}:C{row + lines - 1}"
            row += lines
        else:
            last = int(chunk.cells.rpartition("C")[2]) if chunk.cells else 0
            row = last + 1
    assert row == 302


def test_a_wide_header_is_served_whole_and_embedded_as_far_as_it_fits() -> None:
    names = [f"a rather long name of column {n}" for n in range(12)]
    chunks = _chunker(64).split(_long(names, 60))
    assert len(chunks) > 5
    for chunk in chunks[3:]:
        assert chunk.table_header == " | ".join(names)
        assert "a rather long name of column 0 | a rather" in chunk.embed_text
        assert _count([chunk.embed_text])[0] <= 64


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(
        st.tuples(st.integers(0, 12), st.integers(0, 30)),
        st.from_regex(r"(\||[a-z|]{0,3}[a-z])( \| [a-z]{1,3})?", fullmatch=True),
        min_size=1, max_size=40,
    )
)  # fmt: skip
def test_addresses_of_any_table(cells: dict[tuple[int, int], str]) -> None:
    lines = []
    for row in range(max(row for row, _ in cells) + 1):
        width = max(column for _, column in cells) + 1
        lines.append("\t".join(cells.get((row, column), "") for column in range(width)))
    document = parse("\n".join(lines).encode(), "x.tsv")
    if not document.metadata.get("tables"):
        return
    for (row, column), value in cells.items():
        shown = BAR.sub(r"\\|", value)
        assert _at(document, f"{letters(column)}{row + 1}") == shown
