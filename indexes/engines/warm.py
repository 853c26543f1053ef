"""A release of any engine, held in memory: read once, and from then on by its changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import ConfigError
from freshground.core.records import PUBLIC
from freshground.lake.memory import give_back
from indexes.engines.checks import check_columns, check_query
from indexes.engines.contract import Hit
from indexes.filters.ast import And, Any, AnyOf, Constant, Filter, Not, Or, columns_of
from indexes.schema import FULL_TEXT, VECTOR
from indexes.search.segment import MAX_ROWS
from indexes.search.snapshot import Snapshot
from indexes.search.text import Words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from indexes.engines.contract import Reader
    from indexes.search.contract import Ranked
    from indexes.search.definition import Definition
    from indexes.search.view import MemoryView

IDS_AT_ONCE = 2000
SCAN_ABOVE = 0.2
"""Where more of the rows are missing, all are scanned: quicker than asking for them by id."""
BATCH_ROWS = 1024
_VERSION_OF_ROW = ("chunk_id", "row_hash", "indexed_at", "modified_at")
"""Two rows that agree in these are the same: the hash leaves the times out, and the vector."""


def load(
    reader: Reader,
    definition: Definition,
    previous: Snapshot | None,
    rename: Mapping[str, str],
) -> Snapshot:
    """Return a release's rows in memory; `rename` maps its columns to fields of the definition.

    Only rows that `previous` does not hold are read: it must be of the same embedding space, and
    is passed over when its fields are others. Fields that no column is named like have no values.
    """
    names = [name for name in reader.schema.names if rename.get(name, name) in definition.paths]
    missing = sorted(set(_VERSION_OF_ROW) - set(names))
    if missing:
        raise ConfigError(f"The index's definition lacks {missing}.", "Give it a field for each.")
    base = Snapshot.empty(definition)
    if previous is not None and previous.definition.fields == definition.fields:
        base = previous.defined(definition)
    there = _table_of(reader, _VERSION_OF_ROW, reader.scan(_VERSION_OF_ROW))
    view = base.view()
    positions = view.positions()
    held = pa.table(
        {name: view.column(rename.get(name, name), positions) for name in _VERSION_OF_ROW}
    )
    ids = there.column("chunk_id").combine_chunks()
    wanted = ids.filter(pc.invert(pc.is_in(_versions(there), value_set=_versions(held))))
    gone = pc.invert(pc.is_in(held.column("chunk_id"), value_set=ids))
    removed = held.column("chunk_id").filter(gone).to_pylist()
    fields = [rename.get(name, name) for name in names]
    waiting: list[pa.RecordBatch] = []
    for batch in _read(reader, names, wanted, len(ids)):
        waiting.append(batch)
        # A segment's worth at once: what was read is not held beside all that was made of it.
        if sum(each.num_rows for each in waiting) >= MAX_ROWS:
            rows = _table_of(reader, names, waiting)
            waiting = []
            base = base.changed(rows.rename_columns(fields), removed)
            removed = []
            _give_back()
    if waiting or removed:
        rows = _table_of(reader, names, waiting)
        base = base.changed(rows.rename_columns(fields), removed)
        _give_back()
    return base


def _give_back() -> None:
    """What a segment took to make is several times what it keeps."""
    pa.default_memory_pool().release_unused()
    give_back()


def _table_of(reader: Reader, names: Sequence[str], batches: Iterable[pa.RecordBatch]) -> pa.Table:
    schema = pa.schema([reader.schema.field(name) for name in names])
    parts = [pa.Table.from_batches([batch]).select(list(names)).cast(schema) for batch in batches]
    return pa.concat_tables(parts) if parts else schema.empty_table()


def _versions(rows: pa.Table) -> pa.Array:
    columns = [
        rows.column(name)
        if pa.types.is_string(rows.schema.field(name).type)
        else rows.column(name).cast(pa.int64()).cast(pa.string())
        for name in _VERSION_OF_ROW
    ]
    joined = pc.binary_join_element_wise(
        *columns, " ", null_handling="replace", null_replacement="-"
    )
    return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined


def _read(
    reader: Reader, names: list[str], wanted: pa.StringArray, total: int
) -> Iterator[pa.RecordBatch]:
    if len(wanted) > total * SCAN_ABOVE:
        for batch in reader.scan(names):
            yield batch.filter(pc.is_in(batch.column("chunk_id"), value_set=wanted))
        return
    for start in range(0, len(wanted), IDS_AT_ONCE):
        ids = wanted.slice(start, IDS_AT_ONCE).to_pylist()
        yield from reader.rows(names, chunk_ids=ids).to_batches()


class WarmReader:
    """See `Reader`: answers from a snapshot that `load` made."""

    def __init__(
        self, version: str, schema: pa.Schema, snapshot: Snapshot, rename: Mapping[str, str]
    ) -> None:
        """`schema` is that of the engine's own reader, `rename` what `load` was given."""
        self.version = version
        self.schema = schema
        self._snapshot = snapshot
        self._rename = rename

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        return self._view(where, groups).rows

    def rows(
        self,
        columns: Sequence[str],
        *,
        chunk_ids: Sequence[str] | None = None,
        doc_ids: Sequence[str] | None = None,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> pa.Table:
        """See `Reader.rows`."""
        names = check_columns(columns, self.schema)
        view = self._view(where, groups)
        if chunk_ids is not None:
            found = (view.position(key) for key in dict.fromkeys(chunk_ids))
            places = np.array([place for place in found if place is not None], np.int64)
        else:
            places = view.positions()
        if doc_ids is not None:
            of = pc.is_in(self._column(view, "doc_id", places), value_set=pa.array(list(doc_ids)))
            places = places[of.to_numpy(zero_copy_only=False)] if len(doc_ids) else places[:0]
        if chunk_ids is None:
            keys = ("doc_id", "ordinal", "chunk_id")
            order = pc.sort_indices(
                pa.table({key: self._column(view, key, places) for key in keys}),
                sort_keys=[(key, "ascending") for key in keys],
            )
            places = places[order.to_numpy()]
        return self._table(view, names, places)

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See `Reader.scan`."""
        names = check_columns(columns, self.schema)
        view = self._view(None, None)
        places = view.positions()
        for start in range(0, len(places), BATCH_ROWS):
            yield from self._table(view, names, places[start : start + BATCH_ROWS]).to_batches()

    def vector(
        self,
        query: np.ndarray,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
        *,
        exact: bool = False,
    ) -> list[Hit]:
        """See `Reader.vector`."""
        wanted = check_query(query, self.schema.field(VECTOR).type.list_size)
        view = self._view(where, groups)
        return self._hits(view, view.vector(self._name(VECTOR), wanted, k, exact=exact), k)

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """See `Reader.text`."""
        view = self._view(where, groups)
        return self._hits(view, view.text(Words(query), {self._name(FULL_TEXT): 1.0}), k)

    def _hits(self, view: MemoryView, found: Ranked, k: int) -> list[Hit]:
        best = max(k, 0)
        keys = view.keys(found.positions[:best])
        return [Hit(*each) for each in zip(keys, found.scores[:best].tolist(), strict=True)]

    def _name(self, column: str) -> str:
        return self._rename.get(column, column)

    def _view(self, where: Filter | None, groups: frozenset[str] | None) -> MemoryView:
        view = self._snapshot.view()
        if groups is not None:
            seen = AnyOf(self._name("groups"), (*sorted(groups), PUBLIC))
            view = view.narrowed(seen)
        if where is not None:
            check_columns(sorted(columns_of(where)), self.schema)
            view = view.narrowed(self._translated(where))
        return view

    def _translated(self, part: Filter) -> Filter:
        match part:
            case Constant():
                return part
            case Not(inner):
                return Not(self._translated(inner))
            case And(parts):
                return And(tuple(map(self._translated, parts)))
            case Or(parts):
                return Or(tuple(map(self._translated, parts)))
            case Any(field, inner):
                return Any(self._name(field), inner)
            case _:
                own = {name: getattr(part, name) for name in part.__slots__}
                return type(part)(**{**own, "field": self._name(part.field)})

    def _column(self, view: MemoryView, name: str, places: np.ndarray) -> pa.Array:
        if name == VECTOR:
            return view.vectors(self._name(VECTOR), places)
        return view.column(self._name(name), places)

    def _table(self, view: MemoryView, names: list[str], places: np.ndarray) -> pa.Table:
        columns = [self._column(view, name, places) for name in names]
        return pa.table(columns, schema=pa.schema([self.schema.field(name) for name in names]))
