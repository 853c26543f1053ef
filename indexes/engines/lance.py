"""The local engine: LanceDB tables under a folder or an object-store URL.

Layout. `<root>/indexes/<index>/` holds generations: tables whose main line is written and indexed
once and never changes after. A small release is a branch of a generation's main line: it shares
the generation's data and indexes and adds what differs from them. No branch is ever forked from a
branch, indexed or compacted: Lance 13 loses the indexes of forked branches, and could not drop an
old release that younger ones are built on. So a candidate forks the generation of its parent and
takes over the parent's difference; when that has grown, it becomes a generation of its own.
"""

from __future__ import annotations

import re
import warnings
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.index import FTS, BTree, IvfFlat
from lancedb.query import MatchQuery

from freshground.core.errors import ConfigError, Fatal
from freshground.lake.storage import Files
from indexes.engines.checks import (
    check_columns,
    check_query,
    check_rows,
    ranked,
    same_schema,
)
from indexes.engines.contract import Abilities, Hit
from indexes.engines.names import begun_at, new_name
from indexes.filters.ast import fields_of
from indexes.filters.sql import members_sql, to_sql, visible_sql
from indexes.schema import FULL_TEXT, VECTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import numpy as np
    from lancedb.db import DBConnection
    from lancedb.table import Table

    from freshground.core.clock import Clock
    from indexes.filters.ast import Filter

TAIL_SHARE = 20
"""A generation is renewed when 1/20 of its rows differ: BM25's statistics come from its index."""
TAIL_ROWS = 2000
"""... or so many rows: each row outside the index costs every text query 0.035 ms."""
ANN_ROWS = 20_000
"""Rows from which vectors are indexed. Below, brute force takes milliseconds."""
PROBES = 128
"""IVF partitions read per vector query. LanceDB makes them of 4,096 rows: up to half a million rows
all are read and the answer is exact; of 245 partitions, 128 gave a recall@10 of 0.997."""
BATCH_ROWS = 1024
IDS_AT_ONCE = 2000
TIE_SLACK = 8

_INDEX_CACHE_BYTES = 512 << 20
_METADATA_CACHE_BYTES = 64 << 20
_MAIN = "main"
_LANGUAGE = b"freshground.language"
_VERSION = re.compile(r"(c-[a-z0-9-]+)/(main|c-[a-z0-9-]+)@(\d+)")
_STEMMED = {
    "arabic", "danish", "dutch", "english", "finnish", "french", "german", "greek", "hungarian",
    "italian", "norwegian", "portuguese", "romanian", "russian", "spanish", "swedish", "tamil",
    "turkish",
}  # fmt: skip
_SEGMENTED = {"chinese", "japanese", "korean", "multilingual", "thai"}


@contextmanager
def _clear_errors(what: str) -> Iterator[None]:
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


def _full_text(language: str) -> FTS:
    name = language.lower()
    if name in _SEGMENTED:
        return FTS(base_tokenizer="icu", stem=False, remove_stop_words=False)
    if name in _STEMMED:
        return FTS(language=name.capitalize())
    raise ConfigError(
        f"There is no full-text search for the language {language!r}.",
        f"Languages: {', '.join(sorted(_STEMMED | _SEGMENTED))}.",
    )


class LanceEngine:
    """Versions as LanceDB tables and branches of them. See `Engine`."""

    name = "lance"
    abilities = Abilities(
        atomic_publish=True,
        branches=True,
        zero_copy=True,
        exact_vector=True,
        full_text=True,
        reopens=True,
    )

    def __init__(
        self,
        root: str,
        schema: pa.Schema,
        clock: Clock,
        *,
        language: str = "english",
        storage_options: Mapping[str, str] | None = None,
        ann_rows: int = ANN_ROWS,
        tail_rows: int = TAIL_ROWS,
    ) -> None:
        self.full_text = _full_text(language)
        self.schema = schema.with_metadata({_LANGUAGE: language.lower().encode()})
        self.clock = clock
        self.ann_rows = ann_rows
        self.tail_rows = tail_rows
        self._root = root.rstrip("/")
        self._options = dict(storage_options or {})
        self._connections: dict[str, DBConnection] = {}

    def begin(self, index: str, candidate_id: str, parent: str | None) -> LanceCandidate:
        """See `Engine.begin`."""
        name = new_name(self.clock, candidate_id)
        if parent is None:
            with _clear_errors(f"beginning a version of index {index!r}"):
                table = self.database(index).create_table(name, schema=self.schema)
            return LanceCandidate(self, index, name, table, base=None)
        live = self._table(index, parent)
        if not same_schema(live.schema, self.schema):
            raise ConfigError(
                f"Version {parent} of index {index!r} has other columns than it should have now.",
                "Begin without a parent and write every row.",
            )
        generation = _parse(index, parent)[0]
        with _clear_errors(f"beginning a version of index {index!r}"):
            base = self.database(index).open_table(generation)
            branch = base.branches.create(name, from_version=base.version)
            candidate = LanceCandidate(self, index, name, branch, base)
            if live.current_branch() is not None:
                candidate.take_over(live)
        return candidate

    def open(self, index: str, version: str) -> LanceReader:
        """See `Engine.open`."""
        return LanceReader(version, self._table(index, version))

    def retire(self, index: str, keep: Sequence[str], older_than: timedelta) -> list[str]:
        """See `Engine.retire`."""
        limit = self.clock.now() - older_than
        kept = {_parse(index, version)[:2] for version in keep}

        def old(name: str) -> bool:
            begun = begun_at(name)
            return begun is not None and begun < limit

        removed: list[str] = []
        for generation in self._generations(index):
            with _clear_errors(f"retiring versions of index {index!r}"):
                branches = self._branches(index, generation)
                for branch in sorted(branches):
                    if (generation, branch) not in kept and old(branch):
                        self.database(index).open_table(generation).branches.delete(branch)
                        branches.discard(branch)
                        removed.append(f"{generation}/{branch}")
                if not branches and (generation, _MAIN) not in kept and old(generation):
                    self.database(index).drop_table(generation)
                    removed.append(f"{generation}/{_MAIN}")
                    continue
            self._sweep(index, generation, branches, old)
        return removed

    def database(self, index: str) -> DBConnection:
        """Return the connection that holds an index's generations."""
        if index not in self._connections:
            # Lance's own caches would grow to gigabytes over many releases.
            session = lancedb.Session(
                index_cache_size_bytes=_INDEX_CACHE_BYTES,
                metadata_cache_size_bytes=_METADATA_CACHE_BYTES,
            )
            with _clear_errors(f"connecting to index {index!r}"):
                self._connections[index] = lancedb.connect(
                    f"{self._root}/indexes/{index}",
                    storage_options=self._options or None,
                    session=session,
                )
        return self._connections[index]

    def _table(self, index: str, version: str) -> Table:
        generation, branch, number = _parse(index, version)
        database = self.database(index)
        try:
            if branch == _MAIN:
                return database.open_table(generation, version=number)
            return database.open_table(generation, branch=branch, version=number)
        except (RuntimeError, ValueError) as error:
            if re.search(r"not found|no longer exists", str(error), re.IGNORECASE):
                raise _gone(index, version) from None
            raise Fatal(
                f"Version {version} of index {index!r} cannot be opened: {error}",
                "Look at the lake's store.",
            ) from error

    def _generations(self, index: str) -> list[str]:
        names: list[str] = []
        token: str | None = None
        with _clear_errors(f"listing the versions of index {index!r}"):
            while True:
                page = self.database(index).list_tables(page_token=token)
                names += page.tables
                token = page.page_token
                if not token:
                    return sorted(names)

    def _branches(self, index: str, generation: str) -> set[str]:
        try:
            return set(self.database(index).open_table(generation).branches.list())
        except (RuntimeError, ValueError) as error:
            # A crash while the table was made leaves a folder that is no table yet.
            if re.search(r"not found", str(error), re.IGNORECASE):
                return set()
            raise

    def _sweep(
        self, index: str, generation: str, branches: set[str], old: Callable[[str], bool]
    ) -> None:
        """Delete the files of branches that a crash left without their entry in the table."""
        files = Files(self._root, self._options)
        prefix = f"indexes/{index}/{generation}.lance/tree/"
        lost: list[str] = []
        for path in files.list(prefix.rstrip("/")):
            branch = path.removeprefix(prefix).split("/", 1)[0]
            if branch not in branches and old(branch):
                lost.append(path)
        files.delete(lost)


def _parse(index: str, version: str) -> tuple[str, str, int]:
    found = _VERSION.fullmatch(version)
    if not found:
        raise _gone(index, version)
    return found[1], found[2], int(found[3])


def _gone(index: str, version: str) -> Fatal:
    return Fatal(
        f"Index {index!r} has no version {version!r}.",
        "It was retired or never finished: publish or roll back to one that is kept.",
    )


class LanceCandidate:
    """A new generation, or a branch of `base`, which is the main line of one. See `Candidate`."""

    def __init__(
        self, engine: LanceEngine, index: str, name: str, table: Table, base: Table | None
    ) -> None:
        self._engine = engine
        self._index = index
        self._name = name
        self._table: Table | None = table
        self._base = base

    def take_over(self, live: Table) -> None:
        """Repeat on this branch what `live`, another branch of the same base, did to the base."""
        base_ids, edge = self._base_rows()
        kept = _all(live.search().where(f"_rowaddr < {edge}"), ["chunk_id"])
        ours = pc.is_in(base_ids, value_set=kept.column("chunk_id").combine_chunks())
        self.delete(base_ids.filter(pc.invert(ours)).to_pylist())
        own = _all(live.search().where(f"_rowaddr >= {edge}"), live.schema.names)
        if own.num_rows:
            self._open().add(own)

    def upsert(self, rows: pa.Table) -> None:
        """See `Candidate.upsert`."""
        table = self._open()
        rows = check_rows(rows, self._engine.schema)
        if not rows.num_rows:
            return
        with _clear_errors(f"writing rows of index {self._index!r}"):
            merge = table.merge_insert("chunk_id").when_matched_update_all()
            merge.when_not_matched_insert_all().execute(rows)

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """See `Candidate.delete`."""
        table = self._open()
        with _clear_errors(f"deleting rows of index {self._index!r}"):
            for start in range(0, len(chunk_ids), IDS_AT_ONCE):
                table.delete(members_sql("chunk_id", chunk_ids[start : start + IDS_AT_ONCE]))

    def finish(self) -> str:
        """See `Candidate.finish`."""
        table = self._open()
        with _clear_errors(f"finishing a version of index {self._index!r}"):
            if self._base is None:
                version = f"{self._name}/{_MAIN}@{self._index_all(table)}"
            elif self._grown(table, self._base):
                version = f"{self._name}/{_MAIN}@{self._renew(table)}"
                self._base.branches.delete(self._name)
            else:
                version = f"{self._base.name}/{self._name}@{table.version}"
        self._table = None
        return version

    def abandon(self) -> None:
        """See `Candidate.abandon`."""
        if self._table is None:
            return
        self._table = None
        with _clear_errors(f"dropping a candidate of index {self._index!r}"):
            self._engine.database(self._index).drop_table(self._name, ignore_missing=True)
            if self._base is not None:
                self._base.branches.delete(self._name)

    def _open(self) -> Table:
        if self._table is None:
            raise Fatal(f"Candidate {self._name} is finished or abandoned.", "Begin another one.")
        return self._table

    def _base_rows(self) -> tuple[pa.Array, int]:
        """Return the base's chunk ids and the first row address that is beyond its rows."""
        if self._base is None:
            raise Fatal(f"Candidate {self._name} has no base.", "This is a bug.")
        rows = _all(self._base.search().with_row_address(True), ["chunk_id", "_rowaddr"])
        # An address is the fragment's number, then the row's place within it in 32 bits.
        last = pc.max(rows.column("_rowaddr")).as_py() if rows.num_rows else 0
        return rows.column("chunk_id").combine_chunks(), ((last >> 32) + 1) << 32

    def _grown(self, table: Table, base: Table) -> bool:
        """Return whether the branch differs so much from its base that it should stand alone."""
        if (base.schema.metadata or {}).get(_LANGUAGE) != self._engine.schema.metadata[_LANGUAGE]:
            return True
        ids, edge = self._base_rows()
        added = table.count_rows(f"_rowaddr >= {edge}")
        removed = len(ids) - (table.count_rows() - added)
        limit = min(len(ids) // TAIL_SHARE, self._engine.tail_rows)
        return max(added, removed) > limit

    def _renew(self, table: Table) -> int:
        """Copy the branch into a generation of its own; return the version of its main line."""
        database = self._engine.database(self._index)
        database.drop_table(self._name, ignore_missing=True)
        fresh = database.create_table(self._name, schema=self._engine.schema)
        rows = table.search().select(self._engine.schema.names).to_batches(BATCH_ROWS)
        fresh.add(pa.RecordBatchReader.from_batches(self._engine.schema, rows))
        return self._index_all(fresh)

    def _index_all(self, table: Table) -> int:
        with warnings.catch_warnings():
            # It warns of readers of older versions: nobody has read this table yet.
            warnings.simplefilter("ignore", UserWarning)
            table.optimize(cleanup_older_than=timedelta(0), delete_unverified=True)
        table.create_index(FULL_TEXT, config=self._engine.full_text)
        for name in ("chunk_id", "doc_id"):
            table.create_index(name, config=BTree())
        if table.count_rows() >= self._engine.ann_rows:
            table.create_index(VECTOR, config=IvfFlat(distance_type="cosine"))
        return table.version


def _all(query: Any, columns: Sequence[str]) -> pa.Table:
    return query.select(list(columns)).limit(None).to_arrow().select(list(columns))


class LanceReader:
    """A pinned table. See `Reader`."""

    def __init__(self, version: str, table: Table) -> None:
        self.version = version
        self.schema: pa.Schema = table.schema
        self._table = table

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        with _clear_errors("counting rows"):
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
        with _clear_errors("reading rows"):
            for start in range(0, 1 if unique is None else len(unique), IDS_AT_ONCE):
                predicate = base
                if unique is not None:
                    chosen = members_sql(column, unique[start : start + IDS_AT_ONCE])
                    predicate = _both(base, chosen)
                query = self._table.search()
                if predicate:
                    query = query.where(predicate)
                parts.append(_all(query, [*names, *keys]))
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
        with _clear_errors("scanning rows"):
            yield from self._table.search().select(names).limit(None).to_batches(BATCH_ROWS)

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
            found = self._table.search(wanted, vector_column_name=VECTOR).distance_type("cosine")
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
            return self._table.search(MatchQuery(plain, FULL_TEXT), query_type="fts")

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
        limit = k + TIE_SLACK
        while k > 0:
            with _clear_errors("searching"):
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
            check_columns(sorted(fields_of(where)), self.schema)
        parts = [
            *([to_sql(where)] if where is not None else []),
            *([visible_sql(groups)] if groups is not None else []),
        ]
        return " AND ".join(parts) or None


def _both(one: str | None, other: str) -> str:
    return other if one is None else f"{one} AND {other}"
