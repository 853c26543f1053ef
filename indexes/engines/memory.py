"""The exact engine: rows in memory, every answer by brute force. The oracle of the others.

A finished version is one Arrow file under the root, so that other processes can open it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import ConfigError, Fatal
from freshground.lake.storage import Files
from indexes.engines.bm25 import Bm25, tokenizer
from indexes.engines.checks import (
    check_columns,
    check_query,
    check_rows,
    matrix,
    ranked,
    same_schema,
)
from indexes.engines.contract import Abilities, Hit
from indexes.engines.names import begun_at, new_name
from indexes.filters.ast import columns_of
from indexes.filters.evaluate import matches, visible
from indexes.schema import FULL_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import timedelta

    from freshground.core.clock import Clock
    from indexes.filters.ast import Filter

BATCH_ROWS = 1024


class MemoryEngine:
    """Versions as tables in memory and, where there is a root, as files."""

    name = "memory"
    abilities = Abilities(
        atomic_publish=True,
        branches=False,
        zero_copy=False,
        exact_vector=True,
        full_text=True,
        reopens=True,
    )

    def __init__(
        self,
        root: str | None,
        schema: pa.Schema,
        clock: Clock,
        *,
        language: str = "english",
        storage_options: Mapping[str, str] | None = None,
    ) -> None:
        tokenizer(language)
        self._schema = schema
        self._clock = clock
        self._language = language
        self._files = Files(root, dict(storage_options or {})) if root else None
        self._versions: dict[str, pa.Table] = {}

    def begin(self, index: str, candidate_id: str, parent: str | None) -> MemoryCandidate:
        """See `Engine.begin`."""
        rows = self._schema.empty_table() if parent is None else self._load(index, parent)
        if not same_schema(rows.schema, self._schema):
            raise ConfigError(
                f"Version {parent} of index {index!r} has other columns than it should have now.",
                "Begin without a parent and write every row.",
            )
        return MemoryCandidate(self, index, new_name(self._clock, candidate_id), rows)

    def open(self, index: str, version: str) -> MemoryReader:
        """See `Engine.open`."""
        return MemoryReader(version, self._load(index, version), self._language)

    def publish(self, index: str, version: str) -> None:
        """See `Engine.publish`. Readers go by the release's pointer."""

    def retire(self, index: str, keep: Sequence[str], older_than: timedelta) -> list[str]:
        """See `Engine.retire`."""
        limit = self._clock.now() - older_than
        held = {key for key in self._versions if key.startswith(f"{index}/")}
        if self._files:
            held |= {
                path.removeprefix("indexes/").removesuffix(".arrow")
                for path in self._files.list(f"indexes/{index}/")
            }
        removed: list[str] = []
        for key in sorted(held):
            name = key.split("/", 1)[1]
            begun = begun_at(name)
            if name not in keep and begun is not None and begun < limit:
                self._versions.pop(key, None)
                if self._files:
                    self._files.delete([f"indexes/{key}.arrow"])
                removed.append(name)
        return removed

    def store(self, index: str, version: str, rows: pa.Table) -> None:
        """Keep a finished version."""
        self._versions[f"{index}/{version}"] = rows
        if self._files:
            sink = pa.BufferOutputStream()
            with pa.ipc.new_file(sink, rows.schema) as writer:
                writer.write_table(rows)
            self._files.put(f"indexes/{index}/{version}.arrow", sink.getvalue().to_pybytes())

    def _load(self, index: str, version: str) -> pa.Table:
        rows = self._versions.get(f"{index}/{version}")
        if rows is None and self._files and begun_at(version) is not None:
            data = self._files.get(f"indexes/{index}/{version}.arrow")
            if data is not None:
                rows = pa.ipc.open_file(pa.BufferReader(data)).read_all()
                self._versions[f"{index}/{version}"] = rows
        if rows is None:
            raise Fatal(
                f"Index {index!r} has no version {version!r}.",
                "It was retired or never finished: publish or roll back to one that is kept.",
            )
        return rows


class MemoryCandidate:
    """See `Candidate`."""

    def __init__(self, engine: MemoryEngine, index: str, name: str, rows: pa.Table) -> None:
        self._engine = engine
        self._index = index
        self._name = name
        self._rows: pa.Table | None = rows

    def upsert(self, rows: pa.Table) -> None:
        """See `Candidate.upsert`."""
        held = self._held()
        rows = check_rows(rows, held.schema)
        kept = held.filter(_none_of(held, rows.column("chunk_id")))
        self._rows = pa.concat_tables([kept, rows])

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """See `Candidate.delete`."""
        held = self._held()
        self._rows = held.filter(_none_of(held, pa.array(chunk_ids, pa.string())))

    def finish(self) -> str:
        """See `Candidate.finish`."""
        self._engine.store(self._index, self._name, self._held().combine_chunks())
        self._rows = None
        return self._name

    def abandon(self) -> None:
        """See `Candidate.abandon`."""
        self._rows = None

    def _held(self) -> pa.Table:
        if self._rows is None:
            raise Fatal(f"Candidate {self._name} is finished or abandoned.", "Begin another one.")
        return self._rows


def _none_of(rows: pa.Table, ids: pa.Array | pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.invert(
        pc.is_in(rows.column("chunk_id"), value_set=pa.array(ids.to_pylist(), pa.string()))
    )


class MemoryReader:
    """See `Reader`."""

    def __init__(self, version: str, rows: pa.Table, language: str) -> None:
        self.version = version
        self.schema = rows.schema
        self._table = rows
        self._language = language
        self._ids: list[str] = rows.column("chunk_id").to_pylist()
        self._bm25: Bm25 | None = None

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """See `Reader.count`."""
        return len(self._selected(where, groups))

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
        documents = self._table.column("doc_id").to_pylist()
        ordinals = self._table.column("ordinal").to_pylist()
        wanted = self._selected(where, groups)
        if doc_ids is not None:
            of = set(doc_ids)
            wanted = [n for n in wanted if documents[n] in of]
        if chunk_ids is not None:
            place = {self._ids[n]: n for n in wanted}
            wanted = [place[i] for i in dict.fromkeys(chunk_ids) if i in place]
        else:
            wanted.sort(key=lambda n: (documents[n], ordinals[n], self._ids[n]))
        return self._table.select(names).take(pa.array(wanted, pa.int64()))

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """See `Reader.scan`."""
        yield from self._table.select(check_columns(columns, self.schema)).to_batches(BATCH_ROWS)

    def vector(
        self,
        query: np.ndarray,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
        *,
        exact: bool = False,  # noqa: ARG002 - it always is
    ) -> list[Hit]:
        """See `Reader.vector`. Computed in float64."""
        vectors = matrix(self._table).astype(np.float64)
        wanted = check_query(query, vectors.shape[1]).astype(np.float64)
        # Row by row, so that equal vectors have equal scores: a matrix product rounds by block.
        norms = np.sqrt((vectors * vectors).sum(axis=1)) * np.linalg.norm(wanted)
        cosines = (vectors * wanted).sum(axis=1) / norms
        chosen = self._selected(where, groups)
        return ranked((Hit(self._ids[n], float(cosines[n])) for n in chosen), k)

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """See `Reader.text`."""
        if self._bm25 is None:
            self._bm25 = Bm25(self._table.column(FULL_TEXT).to_pylist(), self._language)
        scores = self._bm25.scores(query)
        chosen = self._selected(where, groups)
        return ranked((Hit(self._ids[n], scores[n]) for n in chosen if n in scores), k)

    def _selected(self, where: Filter | None, groups: frozenset[str] | None) -> list[int]:
        if where is None and groups is None:
            return list(range(len(self._ids)))
        used = columns_of(where) if where is not None else frozenset()
        names = check_columns(sorted(used | {"groups"}), self.schema)
        rows: list[dict[str, Any]] = self._table.select(names).to_pylist()
        return [
            n
            for n, row in enumerate(rows)
            if visible(row["groups"], groups) and (where is None or matches(where, row))
        ]
