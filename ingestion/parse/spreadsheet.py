"""Spreadsheets: every sheet is a page with its name as heading, every block of rows a table.

Not by unstructured: it cuts a sheet where cells are blank, which tears header rows off their
tables, and passes the numbers through pandas. Here a cell reads as its value does: 12 stays 12,
3.5% stays a percentage, dates are ISO 8601.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, NamedTuple

from ingestion.parse import bounds, sheet_drawings
from ingestion.parse.blocks import HIDDEN_ROW, Block, Parsed, Raw, table_block
from ingestion.parse.number_formats import dressed
from ingestion.parse.package import Package

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PERCENT = re.compile(r"0(?:\.(0+))?%")
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Blad|Planilha)\d*")
_QUOTED = re.compile(r'"[^"]*"')
_MERGED = re.compile(
    rb"<(?:\w+:)?mergeCell [^>]*?ref=\"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})\""
)
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}sheet"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


class Merged(NamedTuple):
    """A merged cell: its first and last row, from 1, and its first column, from 0."""

    first: int
    last: int
    column: int


def xlsx(raw: Raw) -> Parsed:
    """Return an Excel workbook's sheets. Values of formulas are those last calculated."""
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(raw.data), read_only=True, data_only=True)
    package = Package(raw.data)
    merged, drawn = _merged(package), sheet_drawings.texts(package)
    try:
        blocks: list[Block] = []
        for page, sheet in enumerate(book.worksheets, 1):
            # Some writers store a wrong extent, which would hide rows.
            sheet.reset_dimensions()
            rows = (_row(row) for row in sheet.iter_rows())
            blocks += sheet_blocks(sheet.title, rows, page, merged.get(sheet.title, ()))
            blocks += [replace(block, page=page) for block in drawn.pop(sheet.title, ())]
        for rest in drawn.values():
            # Sheets that are nothing but a chart: the reader of rows does not know them.
            blocks += rest
        properties = book.properties
        metadata = {
            name: str(value)
            for name, value in (
                ("author", properties.creator), ("subject", properties.subject),
                ("keywords", properties.keywords),
            ) if value and value != "openpyxl"
        }  # fmt: skip
        return Parsed(blocks, _XLSX, properties.title, len(book.worksheets), metadata)
    finally:
        book.close()


def _row(cells: Sequence[Any]) -> list[str] | None:
    """Return the values of a row as a reader sees them, None where the row was hidden."""
    if cells and cells[0].value == HIDDEN_ROW:
        return None
    return ["" if cell.value is None else shown(cell.value, cell.number_format) for cell in cells]


def _merged(package: Package) -> dict[str, list[Merged]]:
    """Return the merged cells of each sheet that reach over rows, by the sheet's name.

    The reader that keeps only a row at a time does not tell them.
    """
    from openpyxl.utils import column_index_from_string

    parts = package.linked("xl/workbook.xml")
    book = package.tree("xl/workbook.xml")
    found: dict[str, list[Merged]] = {}
    for sheet in book.iter(_SHEET) if book is not None else ():
        spans = _MERGED.findall(package.read(parts.get(sheet.get(_LINK), "")))
        found[sheet.get("name")] = [
            Merged(int(first), int(last), column_index_from_string(column.decode()) - 1)
            for column, first, last in spans
            if int(first) < int(last)
        ]
    return found


def xls(data: bytes) -> Parsed:
    """Return the sheets of an Excel 97-2003 workbook. Raises `Quarantine` `encrypted`."""
    import xlrd

    from ingestion.parse.sniff import encrypted

    try:
        book = xlrd.open_workbook(file_contents=data, formatting_info=True)
    except xlrd.biffh.XLRDError as error:
        if "encrypted" in str(error).lower():
            raise encrypted() from None
        raise
    blocks: list[Block] = []
    for page, sheet in enumerate(book.sheets(), 1):
        rows = ([_old_value(book, cell) for cell in sheet.row(i)] for i in range(sheet.nrows))
        spans = [Merged(top + 1, end, left) for top, end, left, _ in sheet.merged_cells]
        blocks += sheet_blocks(sheet.name, rows, page, spans)
    return Parsed(blocks, "application/vnd.ms-excel", None, book.nsheets)


def _old_value(book: Any, cell: Any) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            moment = xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
            return shown(moment.time() if 0 < cell.value < 1 else moment, "")
        except (ValueError, OverflowError):
            return shown(cell.value, "")
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return shown(bool(cell.value), "")
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#ERROR")
    if cell.ctype == xlrd.XL_CELL_NUMBER:
        style = book.format_map.get(book.xf_list[cell.xf_index].format_key)
        return shown(cell.value, style.format_str if style else "")
    return str(cell.value)


def shown(value: Any, number_format: str | None) -> str:
    """Return a cell's value as a reader sees it, as far as that carries meaning."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, int | float):
        percent = _PERCENT.search(_QUOTED.sub("", number_format or ""))
        if percent:
            # Never fewer digits than the value has: 12.345% shown as 12% would be another number.
            digits = f"{value * 100:.12g}"
            places = len(percent.group(1) or "")
            short = len(digits.partition(".")[2]) < places
            return (f"{value * 100:.{places}f}" if short else digits) + "%"
        number = f"{value:.15g}" if isinstance(value, float) else str(value)
        return dressed(number, number_format)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}:{seconds:02d}"
    return str(value)


def sheet_blocks(
    name: str, rows: Iterable[list[str] | None], page: int, merged: Sequence[Merged] = ()
) -> list[Block]:
    """Return a sheet's blocks: runs of rows between blank ones, lone cells before them as text.

    None stands for a row that is left out and parts nothing. What a merged cell says stands in each
    of its rows.
    """
    blocks: list[Block] = []
    region: list[list[str]] = []
    for number, row in enumerate([*_filled(rows, merged), []], 1):
        if row is None or any(cell.strip() for cell in row):
            if row or region:
                region.append(row or [])
        elif region:
            blocks += _region(region, page, name, number - len(region))
            region = []
    if not blocks or _UNNAMED.fullmatch(name):
        # A name that the program gave says nothing, and would become the title.
        return blocks
    return [Block("heading", name, page, 1), *blocks]


def _filled(
    rows: Iterable[list[str] | None], merged: Sequence[Merged]
) -> Iterator[list[str] | None]:
    """Yield the rows, and in those that a merged cell covers what it says in its first one."""
    starts: dict[int, list[Merged]] = defaultdict(list)
    for span in merged:
        starts[span.first].append(span)
    below: dict[int, tuple[int, str]] = {}
    count = 0
    for number, row in enumerate(rows, 1):
        below = {column: held for column, held in below.items() if held[0] >= number}
        for span in starts.get(number, ()):
            if row is not None and span.column < len(row) and row[span.column].strip():
                below[span.column] = (span.last, row[span.column])
        if row is None or not any(cell.strip() for cell in row):
            yield row
            continue
        count += len(below)
        if count > bounds.MAX_CELLS:
            raise bounds.too_many_cells()
        for column, (_, text) in below.items():
            row.extend([""] * (column + 1 - len(row)))
            row[column] = row[column] or text
        yield row


def _region(region: list[list[str]], page: int, sheet: str, start: int) -> list[Block]:
    filled = [sum(bool(cell.strip()) for cell in row) for row in region]
    first = next((i for i, count in enumerate(filled) if count > 1), len(region))
    last = next((i for i in range(len(region), first, -1) if filled[i - 1] > 1), first)

    def lone(rows: list[list[str]]) -> list[Block]:
        return [Block("text", cell, page) for row in rows for cell in row if cell.strip()]

    rows = region[first:last]
    table = [table_block(rows, page, sheet, start + first)] if rows else []
    return [*lone(region[:first]), *table, *lone(region[last:])]
