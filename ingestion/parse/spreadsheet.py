"""Spreadsheets: every sheet is a page with its name as heading, every block of rows a table.

Not by unstructured: it cuts a sheet where cells are blank, which tears header rows off their
tables, and passes the numbers through pandas. Here a cell reads as its value does: 12 stays 12,
3.5% stays a percentage, dates are ISO 8601.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from ingestion.parse.blocks import Block, Parsed, Raw, table_block

if TYPE_CHECKING:
    from collections.abc import Iterable

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_PERCENT = re.compile(r"0(?:\.(0+))?%")
_UNNAMED = re.compile(r"(?:Sheet|Tabelle|Feuil|Hoja|Foglio|Blad|Planilha)\d*")
_QUOTED = re.compile(r'"[^"]*"')


def xlsx(raw: Raw) -> Parsed:
    """Return an Excel workbook's sheets. Values of formulas are those last calculated."""
    import openpyxl

    book = openpyxl.load_workbook(BytesIO(raw.data), read_only=True, data_only=True)
    try:
        blocks: list[Block] = []
        for page, sheet in enumerate(book.worksheets, 1):
            # Some writers store a wrong extent, which would hide rows.
            sheet.reset_dimensions()
            rows = (
                [
                    shown(cell.value, cell.number_format) if cell.value is not None else ""
                    for cell in row
                ]
                for row in sheet.iter_rows()
            )
            blocks += sheet_blocks(sheet.title, rows, page)
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
        blocks += sheet_blocks(sheet.name, rows, page)
    return Parsed(blocks, "application/vnd.ms-excel", None, book.nsheets)


def _old_value(book: Any, cell: Any) -> str:
    import xlrd

    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return shown(xlrd.xldate.xldate_as_datetime(cell.value, book.datemode), "")
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
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(" ")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    return str(value)


def sheet_blocks(name: str, rows: Iterable[list[str]], page: int) -> list[Block]:
    """Return a sheet's blocks: runs of rows between blank ones, lone cells before them as text."""
    blocks: list[Block] = []
    region: list[list[str]] = []
    for number, row in enumerate([*rows, []], 1):
        if any(cell.strip() for cell in row):
            region.append(row)
        elif region:
            blocks += _region(region, page, name, number - len(region))
            region = []
    if not blocks or _UNNAMED.fullmatch(name):
        # A name that the program gave says nothing, and would become the title.
        return blocks
    return [Block("heading", name, page, 1), *blocks]


def _region(region: list[list[str]], page: int, sheet: str, start: int) -> list[Block]:
    filled = [sum(bool(cell.strip()) for cell in row) for row in region]
    first = next((i for i, count in enumerate(filled) if count > 1), len(region))
    last = next((i for i in range(len(region), first, -1) if filled[i - 1] > 1), first)

    def lone(rows: list[list[str]]) -> list[Block]:
        return [Block("text", next(c for c in row if c.strip()), page) for row in rows]

    rows = region[first:last]
    table = [table_block(rows, page, sheet, start + first)] if rows else []
    return [*lone(region[:first]), *table, *lone(region[last:])]
