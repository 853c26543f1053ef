"""The columns of an index: what every index has, and one for each declared field."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pyarrow as pa

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.settings import IndexField

VECTOR = "vector"
FULL_TEXT = "embed_text"
"""The full-text column: title and headings, then text, so that both arms see the headings."""

PASSAGE = "passage"
"""What rows of the same text have in common, wherever they stand: `freshground.core.ids`."""

_TIME = pa.timestamp("us", tz="UTC")
_BUILT_IN: dict[str, pa.DataType] = {
    "chunk_id": pa.string(),
    "doc_id": pa.string(),
    "source_id": pa.string(),
    "key": pa.string(),
    "uri": pa.string(),
    "title": pa.string(),
    "headings": pa.list_(pa.string()),
    "text": pa.string(),
    FULL_TEXT: pa.string(),
    "ordinal": pa.int32(),
    "start": pa.int64(),
    "end": pa.int64(),
    "page_first": pa.int32(),
    "page_last": pa.int32(),
    "tokens": pa.int32(),
    "table_header": pa.string(),
    "cells": pa.string(),
    "language": pa.string(),
    "modified_at": _TIME,
    "stale": pa.bool_(),
    "groups": pa.list_(pa.string()),
    "metadata": pa.string(),
    PASSAGE: pa.string(),
    "row_hash": pa.string(),
    "indexed_at": _TIME,
}
_NULLABLE = {
    "title", "page_first", "page_last", "table_header", "cells", "language", "modified_at", PASSAGE
}  # fmt: skip
REQUIRED = (*(name for name in _BUILT_IN if name not in _NULLABLE), VECTOR)
"""Columns in which a null is refused when rows are written."""

_FIELD_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "int": pa.int64(),
    "float": pa.float64(),
    "bool": pa.bool_(),
    "datetime": _TIME,
    "strings": pa.list_(pa.string()),
}
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")
_ODATA_WORDS = {"and", "or", "not", "eq", "ne", "gt", "ge", "lt", "le", "null", "true", "false"}


def row_schema(dimensions: int, fields: Mapping[str, IndexField]) -> pa.Schema:
    """Return the Arrow schema of an index's rows, `vector` last.

    Every column may be null in Arrow's sense; engines refuse nulls in `REQUIRED` ones. ConfigError
    when a field's name clashes with a built-in column or with another one, or cannot be written
    in a filter.
    """
    if dimensions < 1:
        raise ConfigError(
            f"An index cannot have vectors of {dimensions} dimensions.", "Check the encoder."
        )
    taken = {name.lower(): name for name in (*_BUILT_IN, VECTOR)}
    columns = dict(_BUILT_IN)
    for name, declared in fields.items():
        if not _NAME.fullmatch(name) or name.lower() in _ODATA_WORDS:
            raise ConfigError(
                f"Index field {name!r} cannot be named in a filter.",
                "Use a letter, then letters, digits and underscores, and no word of the filter "
                "language such as 'eq' or 'not'.",
            )
        if name.lower() in taken:
            raise ConfigError(
                f"Index field {name!r} clashes with the column {taken[name.lower()]!r}.",
                "Rename the metadata key, or leave the field out: built-in columns need none.",
            )
        taken[name.lower()] = name
        columns[name] = _FIELD_TYPES[declared.type]
    columns[VECTOR] = pa.list_(pa.float32(), dimensions)
    return pa.schema(list(columns.items()))
