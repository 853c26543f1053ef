"""The rows of an index: gold's chunks with what bronze and silver know of their document."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from freshground.core.cells import TABLES
from freshground.core.errors import ConfigError
from freshground.core.ids import digest, passage_id
from indexes.schema import PASSAGE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.settings import IndexField
    from freshground.lake.ledger import Current

SCHEMA_VERSION = 2
"""Raised by hand when rows are made otherwise: every index is written anew."""

_FILTERABLE = (
    "chunk_id", "doc_id", "source_id", "key", "uri", "title", "language", "modified_at", "stale",
    "page_first", "page_last", "cells", "tokens", "groups", PASSAGE,
)  # fmt: skip


def filterable(fields: Mapping[str, IndexField]) -> frozenset[str]:
    """Return the columns that a filter may name."""
    return frozenset((*_FILTERABLE, *(name for name, field in fields.items() if field.filter)))


@dataclass(frozen=True, slots=True)
class DocumentHead:
    """What silver says of a document, its text aside."""

    title: str | None
    language: str | None
    metadata: Mapping[str, Any]


def build_rows(
    document: Current,
    head: DocumentHead,
    chunks: Sequence[Mapping[str, Any]],
    fields: Mapping[str, IndexField],
    indexed_at: datetime,
) -> list[dict[str, Any]]:
    """Return the index rows of one document, without vectors, with `embed_hash` to find them.

    ConfigError when a metadata value does not fit its declared field.
    """
    stored = document.row
    metadata = {**head.metadata, **json.loads(stored["metadata"])}
    # The places of all of a document's tables; a row has those of its own cells.
    metadata.pop(TABLES, None)
    text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
    values = {
        name: field_value(name, field.type, metadata.get(name), stored["key"])
        for name, field in fields.items()
    }
    shared = {
        "doc_id": document.doc_id,
        "source_id": stored["source_id"],
        "key": stored["key"],
        "uri": stored["uri"],
        "title": head.title,
        "stale": document.stale,
        "groups": list(stored["groups"]),
        "metadata": text,
        **values,
    }
    rows: list[dict[str, Any]] = []
    for chunk in chunks:
        own = {
            "chunk_id": chunk["chunk_id"],
            "headings": list(chunk["headings"] or ()),
            "text": chunk["text"],
            "embed_text": chunk["embed_text"],
            "ordinal": chunk["ordinal"],
            "start": chunk["start"],
            "end": chunk["end"],
            "page_first": chunk["page_first"],
            "page_last": chunk["page_last"],
            "tokens": chunk["tokens"],
            "table_header": chunk["table_header"],
            "cells": chunk["cells"],
            PASSAGE: passage_id(chunk["text"]),
            # Chunks of before the column have none of their own.
            "language": chunk["language"] or head.language,
        }
        row_hash = digest(json.dumps({**shared, **own}, sort_keys=True, default=str))
        rows.append(
            {
                **shared,
                **own,
                "modified_at": stored["modified_at"],
                "indexed_at": indexed_at,
                "row_hash": row_hash,
                "embed_hash": chunk["embed_hash"],
            }
        )
    return rows


def field_value(name: str, kind: str, value: object, key: str) -> Any:
    """Return a metadata value as its declared type; None stays None.

    ConfigError when it cannot be: a wrong declaration must not turn into missing facets.
    """
    if value is None:
        return None
    try:
        match kind:
            case "string":
                return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            case "int" if not isinstance(value, bool):
                number = int(str(value))
                if -(2**63) <= number < 2**63:
                    return number
            case "float" if not isinstance(value, bool):
                return float(str(value))
            case "bool":
                if isinstance(value, bool):
                    return value
                return {"true": True, "false": False}[str(value).lower()]
            case "datetime":
                at = datetime.fromisoformat(str(value))
                return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
            case "strings":
                return [str(v) for v in value] if isinstance(value, list) else [str(value)]
    except (ValueError, KeyError):
        pass
    raise ConfigError(
        f"Document {key}: metadata {name!r} is {value!r}, which is no {kind}.",
        f"Change the type of field {name!r} under the index, or the document's metadata.",
    )


def with_vectors(
    rows: Sequence[Mapping[str, Any]], vectors: Mapping[str, np.ndarray], schema: pa.Schema
) -> pa.Table:
    """Return rows as a table of the index's schema, each with the vector of its `embed_hash`."""
    plain = pa.schema([field for field in schema if field.name != "vector"])
    table = pa.Table.from_pylist(list(rows), schema=plain)
    width = schema.field("vector").type.list_size
    stacked = (
        np.stack([vectors[row["embed_hash"]] for row in rows]).astype(np.float32, copy=False)
        if rows
        else np.empty((0, width), np.float32)
    )
    column = pa.FixedSizeListArray.from_arrays(pa.array(stacked.reshape(-1)), width)
    return table.append_column(
        schema.field("vector"), column.cast(schema.field("vector").type)
    ).select(schema.names)
