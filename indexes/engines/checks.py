"""Checks and orderings that every engine shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import ConfigError, Fatal
from indexes.schema import REQUIRED, VECTOR

if TYPE_CHECKING:
    from collections.abc import Iterable

    from indexes.engines.contract import Hit


def same_schema(one: pa.Schema, other: pa.Schema) -> bool:
    """Return whether two schemas have the same columns of the same types, in the same order."""
    return one.names == other.names and all(
        _plain(a.type) == _plain(b.type) for a, b in zip(one, other, strict=True)
    )


def _plain(kind: pa.DataType) -> tuple[str, ...]:
    # Stores rename the item field of lists; the item's type is what counts.
    if pa.types.is_fixed_size_list(kind):
        return ("vector", str(kind.value_type), str(kind.list_size))
    if pa.types.is_list(kind):
        return ("list", str(kind.value_type))
    return (str(kind),)


def check_rows(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows in the schema's order and types, or raise as `Candidate.upsert` says."""
    missing = sorted(set(schema.names) - set(rows.schema.names))
    unknown = sorted(set(rows.schema.names) - set(schema.names))
    if missing or unknown:
        raise ConfigError(
            f"Rows do not fit the index: missing {missing}, unknown {unknown}.",
            "Build them with the index's schema.",
        )
    rows = rows.select(schema.names)
    if not same_schema(rows.schema, schema):
        wrong = [
            f.name
            for f, g in zip(rows.schema, schema, strict=True)
            if _plain(f.type) != _plain(g.type)
        ]
        raise ConfigError(
            f"Rows do not fit the index: column {wrong[0]} is {rows.schema.field(wrong[0]).type}, "
            f"not {schema.field(wrong[0]).type}.",
            "An index whose encoder or fields changed is built anew, without a parent.",
        )
    rows = rows.cast(schema).combine_chunks()
    if not rows.num_rows:
        return rows
    for name in REQUIRED:
        if name in schema.names and rows.column(name).null_count:
            raise Fatal(f"{rows.column(name).null_count} rows have no {name}.", "This is a bug.")
    ids = rows.column("chunk_id")
    if len(pc.unique(ids)) < rows.num_rows:
        raise Fatal("A chunk_id stands twice among the rows of one batch.", "This is a bug.")
    for field in schema:
        if pa.types.is_floating(field.type) and pc.any(pc.is_nan(rows.column(field.name))).as_py():
            raise Fatal(f"Field {field.name} holds NaN.", "Write no value instead.")
    norms = np.einsum("ij,ij->i", *(2 * [matrix(rows)]))
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise Fatal("A vector is zero or not finite.", "Check the encoder, then embed again.")
    return rows


def matrix(rows: pa.Table) -> np.ndarray:
    """Return the vectors of rows, float32 of shape (rows, dimensions)."""
    width = rows.schema.field(VECTOR).type.list_size
    column = rows.column(VECTOR).combine_chunks()
    flat = column.chunk(0) if isinstance(column, pa.ChunkedArray) and column.num_chunks else column
    if not len(flat):
        return np.empty((0, width), np.float32)
    return flat.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)


def check_query(query: np.ndarray, dimensions: int) -> np.ndarray:
    """Return a query vector as float32, or raise as `Reader.vector` says."""
    vector = np.asarray(query, dtype=np.float32)
    if vector.shape != (dimensions,):
        raise ConfigError(
            f"The query vector has shape {vector.shape}; the index has {dimensions} dimensions.",
            "Encode the query with the index's own encoder.",
        )
    norm = float(np.linalg.norm(vector.astype(np.float64)))
    if not np.isfinite(norm) or norm == 0:
        raise ConfigError("The query vector is zero or not finite.", "Check the encoder.")
    return vector


def check_columns(columns: Iterable[str], schema: pa.Schema) -> list[str]:
    """Return the columns as a list; ConfigError names one that the index does not have."""
    names = list(columns)
    for name in names:
        if name not in schema.names:
            raise ConfigError(
                f"The index has no column {name!r}.", f"It has: {', '.join(schema.names)}."
            )
    return names


def ranked(hits: Iterable[Hit], k: int) -> list[Hit]:
    """Return the best `k` hits: by score, then by chunk_id."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))[: max(k, 0)]
