"""What the log of a client's index is made of: records, each one file of Arrow's IPC stream.

Rows and vectors are binary; what else a record says is JSON in the schema's metadata.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from collections.abc import Sequence

Kind = Literal["base", "batch", "define", "delete", "seal"]
_META = b"freshground"


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True, slots=True)
class Record:
    """One step in the life of an index.

    - base: all that was there when a generation began; `folded` are the ids of the records that
      are in it, by generation, of those lately sealed.
    - define: the index is made, or its definition replaced; `rows` are none, with its columns.
    - batch: `rows` replace those of their keys, `removed` keys go.
    - delete: the index is no more. seal: no record follows in this generation.
    """

    kind: Kind
    rows: pa.Table
    key: str = ""
    removed: tuple[str, ...] = ()
    definition: dict[str, Any] | None = None
    etag: str | None = None
    folded: dict[str, list[str]] = field(default_factory=dict)
    id: str = field(default_factory=_new_id)

    def encoded(self) -> bytes:
        """Return the record as a file's bytes."""
        names = ("kind", "key", "removed", "definition", "etag", "folded", "id")
        meta = json.dumps({name: getattr(self, name) for name in names}).encode()
        schema = self.rows.schema.with_metadata({_META: meta})
        sink = pa.BufferOutputStream()
        options = pa.ipc.IpcWriteOptions(compression="lz4")
        with pa.ipc.new_stream(sink, schema, options=options) as writer:
            writer.write_table(self.rows.cast(schema))
        return sink.getvalue().to_pybytes()

    @classmethod
    def decoded(cls, data: bytes, path: str) -> Record:
        """Return the record of a file; Fatal when it is none."""
        try:
            with pa.ipc.open_stream(pa.py_buffer(data)) as reader:
                rows = reader.read_all()
            meta = json.loads((rows.schema.metadata or {})[_META])
        except (pa.ArrowInvalid, KeyError, ValueError) as error:
            raise Fatal(
                f"{path} is no record of an index: {error}.",
                "Restore the file from a copy of the lake.",
            ) from error
        meta["removed"] = tuple(meta["removed"])
        return cls(rows=rows.replace_schema_metadata(None), **meta)


def nothing() -> pa.Table:
    """Return a table without columns."""
    return pa.table({})


def conform(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Return rows with the columns of a later definition: those that they lack are null."""
    if rows.schema.equals(schema):
        return rows
    columns = []
    for column in schema:
        if column.name not in rows.column_names:
            columns.append(pa.nulls(rows.num_rows, column.type))
        elif rows.schema.field(column.name).type == column.type:
            columns.append(rows.column(column.name))
        else:  # a complex column with a new part
            columns.append(pa.array(rows.column(column.name).to_pylist(), column.type))
    return pa.table(columns, schema=schema)


def fold(records: Sequence[Record], schema: pa.Schema) -> tuple[pa.Table, tuple[str, ...]]:
    """Return what bases and batches, oldest first, amount to: rows, and keys that are removed."""
    seen: set[str] = set()
    removed: list[str] = []
    parts: list[pa.Table] = []
    for record in reversed(records):
        gone = [key for key in record.removed if key not in seen]
        removed += gone
        if record.rows.num_rows:
            keys = record.rows.column(record.key).to_pylist()
            keep = [key not in seen for key in keys]
            rows = record.rows if all(keep) else record.rows.filter(pa.array(keep))
            parts.append(conform(rows, schema))
            seen.update(keys)
        seen.update(gone)
    whole = pa.concat_tables(reversed(parts)) if parts else schema.empty_table()
    return whole, tuple(removed)
