"""CSV and TSV as one table: the delimiter is found, no value is interpreted.

By the csv module, not unstructured: its reader goes through pandas, where "007" and "1.50" turn
into numbers and lose what they were.
"""

from __future__ import annotations

import csv
import io
from itertools import islice

from ingestion.parse.blocks import Parsed, Raw, table_block

_DELIMITERS = ",;\t|"
_SAMPLE_ROWS = 50
_MAX_TOLD = 20
MAX_FIELD = 10_000_000


def parse(raw: Raw) -> Parsed:
    """Return the file as one table, or as lines of text when it has a single column."""
    text = raw.text.replace("\x00", "")
    delimiter = _delimiter(text, raw.extension)
    csv.field_size_limit(MAX_FIELD)
    rows = list(csv.reader(io.StringIO(text), delimiter=delimiter))
    # Kept as a blank row: cells have the addresses that a sheet shows.
    if rows and text.startswith(f"sep={delimiter}"):
        rows[0] = []
    media_type = "text/tab-separated-values" if delimiter == "\t" else "text/csv"
    first = _first_record(rows)
    # A table of its own, so that its cells keep their addresses.
    told = [table_block(rows[:first])] if first else []
    return Parsed([*told, table_block(rows[first:], first=first + 1)], media_type)


def _first_record(rows: list[list[str]]) -> int:
    """Return the place of the first row of the table: reports say above it what they are of.

    Those lines have one cell filled each, the table has more, and its first row names the columns.
    """
    counts = [sum(bool(cell.strip()) for cell in row) for row in rows[: _MAX_TOLD + 1]]
    first = next((place for place, count in enumerate(counts) if count > 1), 0)
    return first if any(counts[:first]) else 0


def _delimiter(text: str, extension: str) -> str:
    """Return the delimiter that cuts the first rows into the most columns, evenly."""
    # "" is in every text: a declaration that names no delimiter declares nothing.
    if text.startswith("sep=") and text[4:5] and text[4:5] in _DELIMITERS:
        return text[4]
    if extension == "tsv":
        return "\t"
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = islice(csv.reader(io.StringIO(text[:200_000]), delimiter=delimiter), _SAMPLE_ROWS)
        widths = [len(row) for row in rows if row]
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        score = (usual - 1) * (widths.count(usual) / len(widths)) ** 2
        if score > best_score:
            best, best_score = delimiter, score
    return best
