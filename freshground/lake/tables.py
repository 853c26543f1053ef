"""Append-only Delta tables. The only module that imports deltalake, its errors aside.

Rows are never changed in place: the ledger says which row of a document counts. So appends of
several writers never clash, and killing a writer leaves either all rows of a commit or none.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from deltalake import DeltaTable, QueryBuilder, write_deltalake
from deltalake import Schema as DeltaSchema
from deltalake.exceptions import CommitFailedError, TableNotFoundError

from freshground.lake.memory import give_back, limit_arenas
from freshground.lake.storage import clear_errors, stamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

limit_arenas()

COMPACT_AFTER = 24
"""Small files in a table after which an append compacts it."""

FILE_BYTES = 4_000_000
"""Size that compaction aims at. Files of at least half of it are left alone, so that the work and
the memory of compaction grow with what was added and not with the table."""

LOOK_EVERY = 0.5
"""Seconds after which the log is looked at in any case, should a folder's time not tell."""

KEPT = 16
"""Answers of a table that are held until the next commit."""

VACUUM_AFTER = timedelta(hours=24)
"""Age at which a file that compaction replaced is deleted: no reader takes that long."""


class Table:
    """One Delta table. `url` is its address, `schema` its Arrow schema."""

    def __init__(self, name: str, url: str, schema: pa.Schema, options: dict[str, str]) -> None:
        self.name = name
        self.url = url
        self.schema = schema
        self._options = options
        self._delta: DeltaTable | None = None
        self._log = None if "://" in url else Path(url) / "_delta_log"
        self._seen: tuple[int | None, float] = (None, 0.0)
        self._lock = threading.Lock()
        self._kept: tuple[int, dict[Any, Any]] = (-1, {})
        self.patience = 0.0
        """Seconds for which a log that is not on this machine is not asked again."""

    def _open(self) -> DeltaTable:
        with self._lock, clear_errors(f"opening table {self.name}"):
            # The time of the log's folder, taken before: what comes between is seen next.
            looked = (stamp(self._log) if self._log else None, time.monotonic())
            if self._delta is None:
                try:
                    self._delta = DeltaTable(self.url, storage_options=self._options or None)
                except TableNotFoundError:
                    DeltaTable.create(
                        self.url,
                        schema=self.schema,
                        mode="ignore",
                        name=self.name,
                        configuration={"delta.logRetentionDuration": "interval 2 days"},
                        storage_options=self._options or None,
                    )
                    self._delta = DeltaTable(self.url, storage_options=self._options or None)
            elif self._log is None and looked[1] - self._seen[1] < self.patience:
                return self._delta
            elif (
                looked[0] is None
                or looked[0] != self._seen[0]
                or looked[1] - self._seen[1] > LOOK_EVERY
            ):
                self._delta.update_incremental()
            else:
                return self._delta
            self._seen = looked
            return self._delta

    @property
    def version(self) -> int:
        """The number of the newest commit."""
        return self._open().version()

    def kept(self, key: Any, read: Callable[[], Any]) -> Any:
        """Return what `read` returned for a key since the newest commit; whoever gets it shares it.

        For answers that do not depend on more than the table and the key. The last KEPT are held.
        """
        version = self.version
        if self._kept[0] != version:
            self._kept = (version, {})
        answers = self._kept[1]
        held = answers.get(key)
        if held is not None:
            return held
        found = answers[key] = read()
        for old in list(answers)[:-KEPT]:
            answers.pop(old, None)
        return found

    def active(self) -> tuple[int, list[tuple[str, datetime]]]:
        """Return the newest commit, and the path and latest `at` of each file that counts in it.

        For tables with a column `at`. Paths are relative to the table's folder.
        """
        delta = self._open()
        version = added = None
        while version != delta.version():  # another thread may move it on in between
            version, added = delta.version(), pa.table(delta.get_add_actions(flatten=True))
        paths, newest = added.column("path").to_pylist(), added.column("max.at").to_pylist()
        return version, list(zip(paths, newest, strict=True))

    def append(self, rows: pa.Table) -> None:
        """Add rows in one commit; nothing at all for no rows. Compacts a table of many files."""
        if not rows.num_rows:
            return
        delta = self._open()
        with clear_errors(f"writing table {self.name}"):
            write_deltalake(
                delta, rows.cast(self.schema), mode="append", storage_options=self._options or None
            )
        give_back()
        sizes = pa.table(delta.get_add_actions(flatten=True)).column("size_bytes").to_numpy()
        if (sizes < FILE_BYTES / 2).sum() > COMPACT_AFTER:
            self.compact()

    def add_columns(self) -> list[str]:
        """Add the columns of the schema that the table lacks, null in every row; return them."""
        delta = self._open()
        known = set(pa.schema(delta.schema()).names)
        missing = [field for field in self.schema if field.name not in known]
        if missing:
            with clear_errors(f"adding columns to table {self.name}"):
                fields = DeltaSchema.from_arrow(pa.schema(missing)).fields
                delta.alter.add_columns(fields)
        return [field.name for field in missing]

    def compact(self) -> None:
        """Join small files, and drop files that were replaced over a day ago.

        A concurrent compaction may win: its work serves as well.
        """
        delta = self._open()
        with clear_errors(f"compacting table {self.name}"):
            try:
                delta.optimize.compact(target_size=FILE_BYTES, max_concurrent_tasks=1)
            except CommitFailedError:
                self._delta = None
                return
            delta.vacuum(
                retention_hours=int(VACUUM_AFTER.total_seconds() // 3600),
                dry_run=False,
                enforce_retention_duration=False,
            )

    def rows(self, query: str) -> pa.Table:
        """Run one SELECT over the newest commit, in which the table is called `t`."""
        # Not by pa.table(): it loads pandas, a quarter of a second of every command.
        with clear_errors(f"reading table {self.name}"):
            reader = QueryBuilder().register("t", self._open()).execute(query)
            return _plain(pa.RecordBatchReader.from_stream(reader).read_all())

    def batches(self, query: str) -> Iterator[pa.Table]:
        """Run one SELECT and yield its rows batch by batch, in bounded memory."""
        with clear_errors(f"reading table {self.name}"):
            for batch in QueryBuilder().register("t", self._open()).execute(query):
                yield _plain(pa.table(batch))


def _plain(table: pa.Table) -> pa.Table:
    """Return the table with views as plain strings, which every Arrow reader knows."""

    def plain(kind: pa.DataType) -> pa.DataType:
        if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
            return pa.string()
        if pa.types.is_list(kind) or pa.types.is_large_list(kind):
            return pa.list_(plain(kind.value_type))
        if pa.types.is_struct(kind):
            return pa.struct([pa.field(f.name, plain(f.type), f.nullable) for f in kind])
        return kind

    schema = pa.schema([pa.field(f.name, plain(f.type), f.nullable) for f in table.schema])
    return table if schema.equals(table.schema) else table.cast(schema)


def records(table: pa.Table) -> list[dict[str, Any]]:
    """Return rows as dicts, times as aware UTC datetimes: 10 times as fast as `to_pylist`."""
    columns = [_values(column) for column in table.columns]
    names = table.column_names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _values(column: pa.ChunkedArray) -> list[Any]:
    if not len(column) or not pa.types.is_timestamp(column.type):
        return column.to_pylist()
    # Most rows share their times with others of the same listing: one object for each time.
    coded = column.cast(pa.timestamp("us")).combine_chunks().dictionary_encode()
    times = [_EPOCH + timedelta(microseconds=n) for n in coded.dictionary.cast("int64").to_pylist()]
    return [None if place is None else times[place] for place in coded.indices.to_pylist()]


def quoted(values: list[str]) -> str:
    """Return a SQL list of text literals, for ids."""
    return ",".join("'" + value.replace("'", "''") + "'" for value in values)


def among(column: str, values: Sequence[str]) -> str:
    """Return a SQL condition: a text column is one of `values`, of which there is at least one.

    The range skips files and row groups. A plain IN would be turned into as many comparisons for
    each file, which takes several times as long as reading: `substr` keeps it out of that.
    """
    low, high = quoted([min(values)]), quoted([max(values)])
    return f"substr({column}, 1) IN ({quoted(list(values))}) AND {column} BETWEEN {low} AND {high}"
