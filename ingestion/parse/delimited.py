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
    return Parsed([table_block(rows)], media_type)


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
