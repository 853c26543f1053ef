"""The Arrow columns of an index: types of its fields, and values taken out by path."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import ConfigError
from indexes.search.definition import COMPLEX

if TYPE_CHECKING:
    from indexes.search.definition import Definition, Field

TIME = pa.timestamp("us", tz="UTC")
_TYPES = {
    "Edm.String": pa.string(),
    "Edm.Int32": pa.int32(),
    "Edm.Int64": pa.int64(),
    "Edm.Double": pa.float64(),
    "Edm.Boolean": pa.bool_(),
    "Edm.DateTimeOffset": TIME,
}


def type_of(field: Field) -> pa.DataType:
    """Return the Arrow type of a field's values. ConfigError when its Edm type is not served."""
    if field.dimensions is not None:
        return pa.list_(pa.float32(), field.dimensions)
    name = field.type
    collection = field.is_collection
    if collection:
        name = name.removeprefix("Collection(").removesuffix(")")
    if name == COMPLEX:
        kind: pa.DataType = pa.struct([(part.name, type_of(part)) for part in field.fields])
    elif name in _TYPES:
        kind = _TYPES[name]
    else:
        raise ConfigError(
            f"The field {field.name!r} has the type {field.type!r}, which is not served.",
            f"Types: {', '.join(_TYPES)}, {COMPLEX}, and collections of them.",
        )
    return pa.list_(kind) if collection else kind


def schema_of(definition: Definition) -> pa.Schema:
    """Return the columns of an index's rows, vectors as fixed-size lists of float32."""
    return pa.schema([(field.name, type_of(field)) for field in definition.fields])


def at_path(column: pa.Array, parts: tuple[str, ...]) -> pa.Array:
    """Return the values of a part of a complex column, one a row.

    A part of a collection of complex values is a collection: of the values of all its items, in
    order, those without one left out.
    """
    for name in parts:
        if pa.types.is_list(column.type):
            column = _part_of_list(column, name)
        else:
            column = pc.struct_field(column, name)
    return column


def starts_of(column: pa.ListArray) -> np.ndarray:
    """Return where the items of each row begin in `column.flatten()`, and their end: int32."""
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    starts = np.zeros(len(column) + 1, np.int32)
    np.cumsum(lengths, out=starts[1:])
    return starts


def _part_of_list(column: pa.ListArray, name: str) -> pa.Array:
    offsets = starts_of(column)
    values = pc.struct_field(column.flatten(), name)
    if pa.types.is_list(values.type):
        ends = starts_of(values)
        offsets, values = ends[offsets], values.flatten()
    if values.null_count:
        held = pc.is_valid(values).to_numpy(zero_copy_only=False)
        offsets = np.concatenate([[0], np.cumsum(held)]).astype(np.int32)[offsets]
        values = values.drop_null()
    return pa.ListArray.from_arrays(
        pa.array(offsets, pa.int32()),
        values,
        mask=pc.is_null(column) if column.null_count else None,
    )


def one_array(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """Return a column as one array that starts at offset 0."""
    if isinstance(column, pa.ChunkedArray):
        if column.num_chunks == 1:
            column = column.chunk(0)
        else:
            joined = column.combine_chunks()
            column = joined
    if isinstance(column, pa.ChunkedArray):  # many chunks, or none, of some nested types
        column = pa.concat_arrays(column.chunks) if column.num_chunks else pa.array([], column.type)
    if column.offset:
        column = pa.concat_arrays([column])
        if column.offset:
            column = column.take(pa.array(np.arange(len(column))))
    return column


@lru_cache(maxsize=256)
def path_type(kind: pa.DataType, parts: tuple[str, ...]) -> pa.DataType:
    """Return the type of what `at_path` returns for a column of a type."""
    return at_path(pa.array([], kind), parts).type


def fitted(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with the schema's columns in its order; those that are missing are null.

    ConfigError for a column that the schema does not have, or of another type.
    """
    unknown = sorted(set(rows.column_names) - set(schema.names))
    if unknown:
        raise ConfigError(f"Rows have columns that the index lacks: {unknown}.", "Leave them out.")
    columns = []
    for field in schema:
        if field.name not in rows.column_names:
            columns.append(pa.nulls(rows.num_rows, field.type))
            continue
        column = one_array(rows.column(field.name))
        if column.type != field.type:
            try:
                column = column.cast(field.type)
            except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
                raise ConfigError(
                    f"Column {field.name!r} is {column.type}, not {field.type}.",
                    "Build rows with `schema_of` the index's definition.",
                ) from error
        columns.append(column)
    return pa.table(columns, schema=schema)
