"""What a sheet shows: units, leading zeros, merged cells, hidden rows; cells keep their places."""

from __future__ import annotations

from datetime import datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import xlsxwriter

from freshground.core.cells import Cells
from freshground.core.errors import Quarantine
from ingestion.parse import bounds, parse
from ingestion.parse.spreadsheet import Merged, sheet_blocks, shown

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("value", "number_format", "text"),
    [
        (1234.5, '#,##0.00\\ "\u20ac"', "1234.5 \u20ac"),
        (1234.5, "#,##0.00 [$\u20ac-407]", "1234.5 \u20ac"),
        (-12.5, '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\)', "-$12.5"),
        (40, 'General" kg"', "40 kg"),
        (7, "00000", "00007"),
        (42, '"INV-"0000', "INV-0042"),
        (0.035, "0.00%", "3.50%"),
        (12_300_000, '#,##0.0,,"M"', "12300000"),
        (0.25, "# ?/?", "0.25"),
        (12345, "0.00E+00", "12345"),
        (5, "[Red]0;[Blue]-0", "5"),
        (5, "0_);(0)", "5"),
        (5, "@", "5"),
        (5, None, "5"),
        (True, '0" kg"', "TRUE"),
        (timedelta(hours=26, minutes=3), "[h]:mm", "26:03:00"),
        (datetime(2026, 5, 1), "mmm yyyy", "2026-05-01"),  # noqa: DTZ001 - sheets have no zone
    ],
)
def test_a_number_has_what_its_format_says(
    value: Any, number_format: str | None, text: str
) -> None:
    assert shown(value, number_format) == text


def _book(fill: Callable[[Any, Any], None]) -> bytes:
    stream = BytesIO()
    book = xlsxwriter.Workbook(stream)
    fill(book, book.add_worksheet("Rates"))
    book.close()
    return stream.getvalue()


def test_a_cell_merged_over_rows_stands_in_each_of_them() -> None:
    def fill(_book: Any, sheet: Any) -> None:
        sheet.write_row(0, 0, ["Region", "Class", "Rate"])
        sheet.merge_range(1, 0, 3, 0, "North")
        for row, (kind, rate) in enumerate([("A", 1), ("B", 2), ("C", 3)], 1):
            sheet.write_row(row, 1, [kind, rate])
        sheet.write_row(4, 0, ["South", "A", 4])

    document = parse(_book(fill), "x.xlsx")
    assert document.text == (
        "Rates\n\nRegion | Class | Rate\nNorth | A | 1\nNorth | B | 2\nNorth | C | 3\nSouth | A | 4"
    )


def test_a_hidden_row_parts_no_table_and_moves_no_cell() -> None:
    def fill(book: Any, sheet: Any) -> None:
        for row, text in enumerate(["lamps", "secret stock", "chairs", "tables"]):
            sheet.write_row(row, 0, [text, row])
        sheet.set_row(1, None, None, {"hidden": True})
        mute = book.add_format({"num_format": ";;;"})
        sheet.write(3, 2, "shown to nobody at all", mute)

    document = parse(_book(fill), "x.xlsx")
    assert document.text == "Rates\n\nlamps | 0\nchairs | 2\ntables | 3"
    start, end = Cells(document).find("Rates!A3") or (0, 0)
    assert document.text[start:end] == "chairs"
    assert {piece.text for piece in document.hidden} == {
        "secret stock | 1 | shown to nobody at all"
    }


def test_merged_cells_that_cover_a_whole_sheet_are_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bounds, "MAX_CELLS", 100)
    rows = [["x", "y"] for _ in range(200)]
    with pytest.raises(Quarantine, match="too_large|more than"):
        sheet_blocks("Rates", rows, 1, [Merged(1, 1_000_000, column) for column in range(2)])
