"""Cells of tables by the address that their program shows: `Tariff!B7`, `A3:D20`.

A table's text has a line for each row and " | " between cells. What parsing left out (blank rows
and columns) is told in the document's metadata, `tables`: for each table the number of its element,
its sheet, its rows as runs of [first, count] from 1, and its columns as letters.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.records import Document

TABLES = "tables"
MAX_RANGES = 4
_CELL = re.compile(r"(?:(?P<sheet>.+)!)?(?P<column>[A-Z]{1,3})(?P<row>\d{1,7})")
_LETTERS = 26
BAR = re.compile(r"(?:(?<=\s)|^)\|(?=\s|$)")
"""What parts cells: a bar by itself. One that a cell holds is written with a backslash."""


def letters(column: int) -> str:
    """Return the name of a column that is counted from 0."""
    name = ""
    column += 1
    while column:
        column, place = divmod(column - 1, _LETTERS)
        name = chr(ord("A") + place) + name
    return name


def described(element: int, sheet: str | None, rows: Sequence[int], columns: Sequence[int]) -> dict:
    """Return one entry of `tables`: rows count from 1 and columns from 0, both ascending."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == sum(runs[-1]):
            runs[-1][1] += 1
        else:
            runs.append([row, 1])
    return {
        "element": element,
        "sheet": sheet,
        "rows": runs,
        "columns": [letters(column) for column in columns],
    }


class Cells:
    """The tables of one document that have addresses."""

    def __init__(self, document: Document) -> None:
        """Take a document; entries of its metadata that do not fit its elements are passed over."""
        self._text = document.text
        self._tables: list[tuple[int, int, Mapping[str, Any]]] = []
        for entry in document.metadata.get(TABLES) or ():
            place = entry.get("element", -1)
            if 0 <= place < len(document.elements):
                element = document.elements[place]
                # A table that was changed since, as by masking a whole row, has no addresses.
                lines = document.text.count("\n", element.start, element.end) + 1
                if element.kind == "table" and lines == sum(n for _, n in entry["rows"]):
                    self._tables.append((element.start, element.end, entry))
        self._starts = [start for start, _, _ in self._tables]

    def between(self, start: int, end: int) -> str | None:
        """Return the ranges of cells in text[start:end], None where no table lies there."""
        found: list[str] = []
        first = max(0, bisect_right(self._starts, start) - 1)
        for low, high, entry in self._tables[first:]:
            if low >= end:
                break
            if high <= start:
                continue
            top = _row(entry, self._text.count("\n", low, max(low, start)))
            bottom = _row(entry, self._text.count("\n", low, min(high, end)))
            columns = entry["columns"]
            sheet = f"{entry['sheet']}!" if entry["sheet"] else ""
            found.append(f"{sheet}{columns[0]}{top}:{columns[-1]}{bottom}")
        return ", ".join(found[:MAX_RANGES]) + (" ..." if len(found) > MAX_RANGES else "") or None

    def find(self, address: str) -> tuple[int, int] | None:
        """Return where the text of a cell stands, None where it is no cell with text."""
        match = _CELL.fullmatch(address)
        if match is None:
            return None
        row, sheet = int(match["row"]), match["sheet"]
        for low, high, entry in self._tables:
            if (
                match["column"] not in entry["columns"]
                or (sheet or entry["sheet"]) != entry["sheet"]
            ):
                continue
            line = _line(entry, row)
            if line is None:
                continue
            start = low
            for _ in range(line):
                start = self._text.index("\n", start) + 1
            stop = self._text.find("\n", start, high)
            spans = _spans(self._text, start, high if stop < 0 else stop)
            place = entry["columns"].index(match["column"])
            begin, end = spans[place] if place < len(spans) else (0, 0)
            return (begin, end) if begin < end else None
        return None


def _spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Return where the cells of a line stand, without the blanks around them."""
    line = text[start:end]
    bars = [match.start() for match in BAR.finditer(line)]
    spans = []
    for low, high in pairwise([-1, *bars, len(line)]):
        cell = line[low + 1 : high]
        left = start + low + 1 + len(cell) - len(cell.lstrip())
        spans.append((left, left + len(cell.strip())))
    return spans


def _row(entry: Mapping[str, Any], line: int) -> int:
    """Return the number of the row that a line of a table's text holds."""
    ends = list(accumulate(count for _, count in entry["rows"]))
    run = min(bisect_right(ends, line), len(ends) - 1)
    first, count = entry["rows"][run]
    return first + line - (ends[run] - count)


def _line(entry: Mapping[str, Any], row: int) -> int | None:
    before = 0
    for first, count in entry["rows"]:
        if first <= row < first + count:
            return before + row - first
        before += count
    return None
