"""Queries over one pinned LanceDB table, and what LanceDB's errors mean."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import Fatal
from indexes.engines.checks import check_columns, check_query, ranked
from indexes.engines.contract import Hit
from indexes.filters.ast import columns_of
from indexes.filters.sql import members_sql, to_sql, visible_sql
from indexes.schema import VECTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy as np
    from lancedb.table import Table

    from indexes.filters.ast import Filter

PROBES = 128
"""IVF partitions read per vector query. LanceDB makes them of 4,096 rows: up to half a million rows
all are read and the answer is exact; of 245 partitions, 128 gave a recall@10 of 0.997."""
BATCH_ROWS = 1024
WINDOW_ROWS = 16_384
IDS_AT_ONCE = 2000
_TIE_SLACK = 8


@contextmanager
def clear_errors(what: str) -> Iterator[None]:
    """Turn what LanceDB raises into ours, with `what` saying what was being done."""
    try:
        yield
    except (RuntimeError, ValueError, OSError) as error:
        text = str(error)
        if "No space left" in text or "StorageFull" in text:
            do = "Nothing that is served is lost. Free space and run it again."
            raise Fatal(f"The index's disk is full ({what}).", do) from error
        if "ermission denied" in text or "Read-only file system" in text:
            do = "Give this user the right to read and write there."
            raise Fatal(f"The index cannot be reached ({what}): {text}", do) from error
        raise Fatal(f"LanceDB failed ({what}): {text}", "Look at the lake's store.") from error


def all_rows(query: Any, columns: Sequence[str]) -> pa.Table:
    """Return columns of all rows that a query finds."""
    return query.select(list(columns)).limit(None).to_arrow().select(list(columns))


class LanceReader:
    """A pinned table. See `Reader`."""

    def __init__(self, version: str, table: Table, words: Callable[[str], Any]) -> None:
        """`words` makes a full-text query that any word of a text satisfies."""
        self.version = version
        self.schema: pa.Schema = table.schema
        self._table = table
        self._words = words

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        with clear_errors("counting rows"):
            return self._table.count_rows(self._predicate(where, groups))

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
        base = self._predicate(where, groups)
        if doc_ids is not None and chunk_ids is not None:
            base = _both(base, members_sql("doc_id", doc_ids))
        column, ids = ("doc_id", doc_ids) if chunk_ids is None else ("chunk_id", chunk_ids)
        keys = [key for key in ("doc_id", "ordinal", "chunk_id") if key not in names]
        parts: list[pa.Table] = []
        unique = None if ids is None else list(dict.fromkeys(ids))
        with clear_errors("reading rows"):
            for start in range(0, 1 if unique is None else len(unique), IDS_AT_ONCE):
                predicate = base
                if unique is not None:
                    chosen = members_sql(column, unique[start : start + IDS_AT_ONCE])
                    predicate = _both(base, chosen)
                query = self._table.search()
                if predicate:
                    query = query.where(predicate)
                parts.append(all_rows(query, [*names, *keys]))
        if not parts:
            return pa.schema([self.schema.field(name) for name in names]).empty_table()
        found = pa.concat_tables(parts)
        if chunk_ids is None:
            order = [(key, "ascending") for key in ("doc_id", "ordinal", "chunk_id")]
            return found.sort_by(order).select(names)
        place = pc.index_in(
            pa.array(unique, pa.string()), found.column("chunk_id").combine_chunks()
        )
        return found.take(place.drop_null()).select(names)

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See `Reader.scan`."""
        names = check_columns(columns, self.schema)
        with clear_errors("scanning rows"):
            # One window after the other: Lance reads ahead of a slow reader without a bound.
            for start in range(0, self._table.count_rows(), WINDOW_ROWS):
                window = self._table.search().select(names).offset(start).limit(WINDOW_ROWS)
                yield from window.to_batches(BATCH_ROWS)

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

        def search() -> Any:
            found: Any = self._table.search(wanted, vector_column_name=VECTOR)
            found = found.distance_type("cosine")
            return found.bypass_vector_index() if exact else found.nprobes(PROBES)

        predicate = self._predicate(where, groups)
        return self._best(search, predicate, "_distance", k, lambda d: 1.0 - d)

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """See `Reader.text`."""
        plain = query.encode("utf-8", "replace").decode("utf-8")

        def search() -> Any:
            return self._table.search(self._words(plain), query_type="fts")

        return self._best(search, self._predicate(where, groups), "_score", k, float)

    def _best(
        self,
        search: Callable[[], Any],
        predicate: str | None,
        column: str,
        k: int,
        score: Callable[[float], float],
    ) -> list[Hit]:
        """Return the best `k`, reading on while rows that were cut off may tie with the last."""
        limit = k + _TIE_SLACK
        while k > 0:
            with clear_errors("searching"):
                query = search()
                if predicate:
                    query = query.where(predicate, prefilter=True)
                found = query.select(["chunk_id", column]).limit(limit).to_arrow()
            ids, values = (found.column(name).to_pylist() for name in ("chunk_id", column))
            hits = ranked((Hit(i, score(v)) for i, v in zip(ids, values, strict=True)), limit)
            if len(hits) < limit or hits[k - 1].score > hits[-1].score:
                return hits[:k]
            limit *= 4
        return []

    def _predicate(self, where: Filter | None, groups: frozenset[str] | None) -> str | None:
        if where is not None:
            check_columns(sorted(columns_of(where)), self.schema)
        parts = [
            *([to_sql(where)] if where is not None else []),
            *([visible_sql(groups)] if groups is not None else []),
        ]
        return " AND ".join(parts) or None


def _both(one: str | None, other: str) -> str:
    return other if one is None else f"{one} AND {other}"
