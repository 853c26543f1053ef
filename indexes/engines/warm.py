"""A release of any engine, in memory: what differs from the release before is read, and no more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from indexes.search.columns import schema_of
from indexes.search.segment import MAX_ROWS
from indexes.search.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from indexes.engines.contract import Reader
    from indexes.search.definition import Definition

_HASH = "row_hash"


def load(
    reader: Reader,
    definition: Definition,
    previous: Snapshot | None,
    renamed: Mapping[str, str],
) -> Snapshot:
    """Return the rows of one version as a snapshot.

    `renamed` maps columns of the engine to the definition's fields; fields without a column stay
    empty. Rows that `previous` holds with the same `row_hash` are taken over from it, unless its
    fields are others.
    """
    fields = {renamed.get(name, name): name for name in reader.schema.names}
    wanted = {f.name: fields[f.name] for f in definition.fields if f.name in fields}
    if previous is None or not previous.rows or previous.definition.fields != definition.fields:
        snapshot = Snapshot.empty(definition)
        for rows in _gathered(reader.scan(list(wanted.values()))):
            snapshot = snapshot.changed(_named(rows, wanted, definition))
        return snapshot
    key = definition.key.name
    held = _hashes(previous, key)
    now: dict[str, str] = {}
    for batch in reader.scan([fields[key], _HASH]):
        now.update(zip(*(column.to_pylist() for column in batch.columns), strict=True))
    changed = [name for name, found in now.items() if held.get(name) != found]
    snapshot = previous
    gone = [name for name in held if name not in now]
    if gone:
        snapshot = snapshot.changed(schema_of(definition).empty_table(), gone)
    for start in range(0, len(changed), MAX_ROWS):
        ids = changed[start : start + MAX_ROWS]
        rows = reader.rows(list(wanted.values()), chunk_ids=ids)
        snapshot = snapshot.changed(_named(rows, wanted, definition))
    return snapshot


def _hashes(snapshot: Snapshot, key: str) -> dict[str, str]:
    view = snapshot.view()
    positions = view.positions()
    columns = (view.column(name, positions).to_pylist() for name in (key, _HASH))
    return dict(zip(*columns, strict=True))


def _named(rows: pa.Table, wanted: Mapping[str, str], definition: Definition) -> pa.Table:
    """Return engine rows as rows of the definition: its names, its types."""
    schema = schema_of(definition)
    columns = [rows.column(column).cast(schema.field(name).type) for name, column in wanted.items()]
    return pa.table(columns, names=list(wanted))


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    waiting: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        waiting.append(batch)
        count += batch.num_rows
        if count >= MAX_ROWS:
            yield from _cut(waiting)
            waiting, count = [], 0
    if waiting:
        yield from _cut(waiting)


def _cut(batches: Sequence[pa.RecordBatch]) -> Iterator[pa.Table]:
    rows = pa.Table.from_batches(batches)
    for start in range(0, rows.num_rows, MAX_ROWS):
        yield rows.slice(start, MAX_ROWS)
