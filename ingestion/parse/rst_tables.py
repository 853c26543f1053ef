"""Tables of reStructuredText: drawn as a grid, in columns, or given by a directive."""

from __future__ import annotations

import csv
import re
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID = re.compile(r"\+(?:[-=]+\+)+\s*$")
SIMPLE = re.compile(r"=+(?: +=+)+\s*$")


def csv_rows(options: dict[str, str], content: list[str]) -> list[list[str]]:
    """Return the cells of a csv-table directive, its header row first."""
    header = list(csv.reader([options["header"]])) if options.get("header") else []
    delimiter = options.get("delim", ",")
    lines = [line for line in content if line.strip()]
    one = delimiter if len(delimiter) == 1 else ","
    return header + list(csv.reader(lines, delimiter=one, skipinitialspace=True))


def list_rows(content: list[str]) -> list[list[str]]:
    """Return the cells of a list-table directive."""
    rows: list[list[str]] = []
    for line in content:
        if line.startswith("* - "):
            rows.append([line[4:]])
        elif line.startswith("  - ") and rows:
            rows[-1].append(line[4:])
        elif line.strip() and rows and rows[-1]:
            rows[-1][-1] += " " + line.strip()
    return rows


def grid_rows(lines: Sequence[str]) -> list[list[str]] | None:
    """Return a grid table's cells, or None where cells span columns or rows."""
    edges = [i for i, ch in enumerate(lines[0].rstrip()) if ch == "+"]
    rows: list[list[str]] = []
    cells = [""] * (len(edges) - 1)
    for line in lines[1:]:
        if GRID.match(line):
            if [i for i, ch in enumerate(line.rstrip()) if ch == "+"] != edges:
                return None
            rows.append(cells)
            cells = [""] * (len(edges) - 1)
        elif len(line) <= edges[-1] or any(line[i] != "|" for i in edges):
            return None
        else:
            for i, (left, right) in enumerate(pairwise(edges)):
                cells[i] = f"{cells[i]} {line[left + 1 : right].strip()}".strip()
    return rows


def simple_end(lines: Sequence[str], position: int) -> int:
    """Return the line after a simple table: the border that a blank line follows."""
    for end in range(position + 1, len(lines)):
        after = lines[end + 1] if end + 1 < len(lines) else ""
        if SIMPLE.match(lines[end]) and not after:
            return end + 1
    return next((i for i in range(position, len(lines)) if not lines[i]), len(lines))


def simple_rows(lines: Sequence[str]) -> list[list[str]]:
    """Return a simple table's cells; a line with an empty first column continues its row."""
    starts = [match.start() for match in re.finditer("=+", lines[0])]
    rows: list[list[str]] = []
    for line in lines[1:]:
        if not line or SIMPLE.match(line) or re.fullmatch(r"-[- ]*", line):
            continue
        bounds = zip(starts, [*starts[1:], None], strict=False)
        cells = [line[left:right].strip() for left, right in bounds]
        if rows and not cells[0]:
            rows[-1] = [f"{a} {b}".strip() for a, b in zip(rows[-1], cells, strict=True)]
        else:
            rows.append(cells)
    return rows
