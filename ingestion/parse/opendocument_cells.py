"""Tables and sheets of OpenDocument: rows and cells are stored once and repeated by number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingestion.parse.opendocument_text import OFFICE, TABLE, TEXT, flat
from ingestion.parse.spreadsheet import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

_CELLS = (f"{TABLE}table-cell", f"{TABLE}covered-table-cell")
_ROWS = frozenset({f"{TABLE}table-header-rows", f"{TABLE}table-row-group", f"{TABLE}table-rows"})
MAX_REPEATED = 2_000
MAX_WIDTH = 16_384
"""Columns of a sheet, as its programs have them; what is beyond is filling."""


def cells_of(table: Any) -> list[list[str]]:
    """Return a table's cells by row. A cell that spans rows is repeated in each of them."""
    return list(_rows(table, _written))


def sheet_rows(sheet: Any) -> Iterator[list[str]]:
    """Yield the rows of a sheet, values as a reader sees them as far as that carries meaning."""
    return _rows(sheet, _valued)


def _rows(table: Any, read: Any) -> Iterator[list[str]]:
    below: dict[int, tuple[int, str]] = {}
    for row in _row_nodes(table):
        cells: list[str] = []
        for cell in row.iterchildren(*_CELLS):
            repeated = _number(cell, "number-columns-repeated")
            text = read(cell) if cell.tag == _CELLS[0] else ""
            if not text and repeated > MAX_REPEATED:
                break
            tall = _number(cell, "number-rows-spanned")
            for _ in range(min(repeated, MAX_WIDTH - len(cells))):
                column = len(cells)
                left, above = below.pop(column, (0, ""))
                if left > 1:
                    below[column] = (left - 1, above)
                if tall > 1:
                    below[column] = (tall - 1, text)
                cells.append(text or above)
        times = _number(row, "number-rows-repeated")
        # A blank row parts two tables; the thousands below the last one say nothing.
        yield from (list(cells) for _ in range(min(times, MAX_REPEATED) if any(cells) else 1))


def _row_nodes(table: Any) -> Iterator[Any]:
    for child in table:
        if child.tag == f"{TABLE}table-row":
            yield child
        elif child.tag in _ROWS:
            yield from _row_nodes(child)


def _number(node: Any, name: str) -> int:
    value = node.get(f"{TABLE}{name}") or "1"
    return max(1, int(value)) if value.isdecimal() else 1


def _written(cell: Any) -> str:
    return "\n".join(flat(p) for p in cell.iter(f"{TEXT}p", f"{TEXT}h"))


def _valued(cell: Any) -> str:
    kind = cell.get(f"{OFFICE}value-type")
    value = cell.get(f"{OFFICE}value")
    if kind == "date" and (day := cell.get(f"{OFFICE}date-value")):
        return day.removesuffix("T00:00:00").replace("T", " ")
    if kind == "boolean" and (truth := cell.get(f"{OFFICE}boolean-value")):
        return truth.upper()
    if kind in {"float", "percentage", "currency"} and value is not None:
        try:
            number = float(value)
        except ValueError:
            return _written(cell)
        if kind == "percentage":
            return shown(number, "0%")
        currency = cell.get(f"{OFFICE}currency") if kind == "currency" else None
        return f"{shown(number, None)} {currency}" if currency else shown(number, None)
    return _written(cell)
