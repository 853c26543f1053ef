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
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import lancedb
import pyarrow as pa
import pyarrow.compute as pc
from lancedb.index import FTS, BTree, IvfFlat
from lancedb.query import MatchQuery

from freshground.core.errors import ConfigError, Fatal
from freshground.lake.memory import give_back
from freshground.lake.storage import Files
from indexes.engines import lance_branches
from indexes.engines.bm25 import SEGMENTED
from indexes.engines.checks import (
    check_rows,
    same_schema,
)
from indexes.engines.contract import Abilities
from indexes.engines.lance_reader import (
    BATCH_ROWS,
    IDS_AT_ONCE,
    LanceReader,
    all_rows,
    clear_errors,
)
from indexes.engines.names import begun_at, new_name
from indexes.filters.sql import members_sql
from indexes.schema import FULL_TEXT, VECTOR

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from lancedb.table import Table

    from freshground.core.clock import Clock

TAIL_SHARE = 20
"""A generation is renewed when 1/20 of its rows differ: BM25's statistics come from its index."""
TAIL_ROWS = 2000
"""... or so many rows: each row outside the index costs every text query 0.035 ms."""
ANN_ROWS = 20_000
"""Rows from which vectors are indexed. Below, brute force takes milliseconds."""

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


def _any_word(text: str) -> MatchQuery:
    return MatchQuery(text, FULL_TEXT)  # pyright: ignore[reportCallIssue] - the rest has defaults


def _full_text(language: str) -> FTS:
    name = language.lower()
    if name in SEGMENTED:
        return FTS(base_tokenizer="icu", stem=False, remove_stop_words=False)
    if name in _STEMMED:
        return FTS(language=name.capitalize())
    raise ConfigError(
        f"There is no full-text search for the language {language!r}.",
        f"Languages: {', '.join(sorted(_STEMMED | SEGMENTED))}.",
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
        self._connections: dict[str, Any] = {}

    def begin(self, index: str, candidate_id: str, parent: str | None) -> LanceCandidate:
        """See `Engine.begin`."""
        name = new_name(self.clock, candidate_id)
        if parent is None:
            with clear_errors(f"beginning a version of index {index!r}"):
                table = self.database(index).create_table(name, schema=self.schema)
            return LanceCandidate(self, index, name, table, base=None)
        live = self._table(index, parent)
        if not same_schema(live.schema, self.schema):
            raise ConfigError(
                f"Version {parent} of index {index!r} has other columns than it should have now.",
                "Begin without a parent and write every row.",
            )
        generation = _parse(index, parent)[0]
        with clear_errors(f"beginning a version of index {index!r}"):
            base = self.database(index).open_table(generation)
            branch = base.branches.create(name, from_version=base.version)
            candidate = LanceCandidate(self, index, name, branch, base)
            if live.current_branch() is not None:
                candidate.take_over(live)
        return candidate

    def open(self, index: str, version: str) -> LanceReader:
        """See `Engine.open`."""
        return LanceReader(version, self._table(index, version), _any_word)

    def publish(self, index: str, version: str) -> None:
        """See `Engine.publish`. Readers go by the release's pointer."""

    def retire(self, index: str, keep: Sequence[str], older_than: timedelta) -> list[str]:
        """See `Engine.retire`."""
        limit = self.clock.now() - older_than
        kept = {_parse(index, version)[:2] for version in keep}

        def old(name: str) -> bool:
            begun = begun_at(name)
            return begun is not None and begun < limit

        removed: list[str] = []
        for generation in self._generations(index):
            with clear_errors(f"retiring versions of index {index!r}"):
                branches = self._branches(index, generation)
                for branch in sorted(branches):
                    if (generation, branch) not in kept and old(branch):
                        lance_branches.drop(self.database(index).open_table(generation), branch)
                        branches.discard(branch)
                        removed.append(f"{generation}/{branch}")
                if not branches and (generation, _MAIN) not in kept and old(generation):
                    self.database(index).drop_table(generation)
                    removed.append(f"{generation}/{_MAIN}")
                    continue
            self._sweep(index, generation, branches, old)
        return removed

    def database(self, index: str) -> Any:
        """Return the connection that holds an index's generations."""
        if index not in self._connections:
            # Lance's own caches would grow to gigabytes over many releases.
            session = lancedb.Session(
                index_cache_size_bytes=_INDEX_CACHE_BYTES,
                metadata_cache_size_bytes=_METADATA_CACHE_BYTES,
            )
            with clear_errors(f"connecting to index {index!r}"):
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
        with clear_errors(f"listing the versions of index {index!r}"):
            while True:
                page = self.database(index).list_tables(page_token=token)
                names += page.tables
                token = page.page_token
                if not token:
                    return sorted(names)

    def _branches(self, index: str, generation: str) -> set[str]:
        try:
            table = self.database(index).open_table(generation)
        except (RuntimeError, ValueError) as error:
            # A crash while the table was made leaves a folder that is no table yet.
            if re.search(r"not found", str(error), re.IGNORECASE):
                return set()
            raise
        return lance_branches.names(table)

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
        kept = all_rows(live.search().where(f"_rowaddr < {edge}"), ["chunk_id"])
        ours = pc.is_in(base_ids, value_set=kept.column("chunk_id").combine_chunks())
        self.delete(base_ids.filter(pc.invert(ours)).to_pylist())
        own = all_rows(live.search().where(f"_rowaddr >= {edge}"), live.schema.names)
        if own.num_rows:
            self._open().add(own)

    def upsert(self, rows: pa.Table) -> None:
        """See `Candidate.upsert`."""
        table = self._open()
        rows = check_rows(rows, self._engine.schema)
        if not rows.num_rows:
            return
        with clear_errors(f"writing rows of index {self._index!r}"):
            merge = table.merge_insert("chunk_id").when_matched_update_all()
            merge.when_not_matched_insert_all().execute(rows)

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """See `Candidate.delete`."""
        table = self._open()
        with clear_errors(f"deleting rows of index {self._index!r}"):
            for start in range(0, len(chunk_ids), IDS_AT_ONCE):
                table.delete(members_sql("chunk_id", chunk_ids[start : start + IDS_AT_ONCE]))

    def finish(self) -> str:
        """See `Candidate.finish`."""
        table = self._open()
        with clear_errors(f"finishing a version of index {self._index!r}"):
            if self._base is None:
                version = f"{self._name}/{_MAIN}@{self._index_all(table)}"
            elif self._grown(table, self._base):
                version = f"{self._name}/{_MAIN}@{self._renew(table)}"
                lance_branches.drop(self._base, self._name)
            else:
                version = f"{self._base.name}/{self._name}@{table.version}"
        self._table = None
        return version

    def abandon(self) -> None:
        """See `Candidate.abandon`."""
        if self._table is None:
            return
        self._table = None
        with clear_errors(f"dropping a candidate of index {self._index!r}"):
            self._engine.database(self._index).drop_table(self._name, ignore_missing=True)
            if self._base is not None:
                lance_branches.drop(self._base, self._name)

    def _open(self) -> Table:
        if self._table is None:
            raise Fatal(f"Candidate {self._name} is finished or abandoned.", "Begin another one.")
        return self._table

    def _base_rows(self) -> tuple[pa.Array, int]:
        """Return the base's chunk ids and the first row address that is beyond its rows."""
        if self._base is None:
            raise Fatal(f"Candidate {self._name} has no base.", "This is a bug.")
        rows = all_rows(self._base.search().with_row_address(True), ["chunk_id", "_rowaddr"])
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
        # Between steps that each take tens of MiB, so that they do not add up.
        give_back()
        if table.count_rows() >= self._engine.ann_rows:
            table.create_index(VECTOR, config=IvfFlat(distance_type="cosine"))
            give_back()
        table.create_index(FULL_TEXT, config=self._engine.full_text)
        for name in ("chunk_id", "doc_id"):
            table.create_index(name, config=BTree())
        return table.version
