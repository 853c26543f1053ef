"""What an index engine must do. `indexes.engines.conformance` is this contract as tests."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta

    import numpy as np
    import pyarrow as pa

    from indexes.filters.ast import Filter


@dataclass(frozen=True, slots=True)
class Abilities:
    """What an engine can do, as data: the manifest of a release shows it.

    `branches`: a candidate shares what did not change with its parent. `zero_copy`: beginning
    one costs the change so far, not the index. `exact_vector`: `exact=True` is honoured.
    `reopens`: a version opens in another process. `remote`: served by another machine.
    `atomic_publish`: whoever asks the engine itself sees the old release or the new one, at every
    moment. `pinned`: a reader sees its version whatever is published meanwhile.
    """

    atomic_publish: bool
    branches: bool
    zero_copy: bool
    exact_vector: bool
    full_text: bool
    reopens: bool
    remote: bool = False
    pinned: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A row that a query found. `score` is a cosine in [-1, 1], or BM25: higher is better."""

    chunk_id: str
    score: float


class Candidate(Protocol):
    """An isolated version in the making: no reader and no other candidate sees it.

    After `finish` or `abandon`, only `abandon` may be called again; it then does nothing.
    """

    def upsert(self, rows: pa.Table) -> None:
        """Write rows, replacing those of the same `chunk_id`. Columns as in the schema, any order.

        ConfigError when columns or dimensions differ. Fatal when a `chunk_id` stands twice, a
        required value is missing, or a vector is zero or not finite; nothing is written then.
        """
        ...

    def delete(self, chunk_ids: Sequence[str]) -> None:
        """Remove rows. Ids that are not there are no error."""
        ...

    def finish(self) -> str:
        """Index what is worth it; return the version that `Engine.open` takes, in any process."""
        ...

    def abandon(self) -> None:
        """Drop an unfinished candidate. A finished one stays until `Engine.retire` takes it."""
        ...


class Reader(Protocol):
    """One version, pinned: what it returns never changes while the version is kept.

    `groups` None is the owner, who sees all. Otherwise only rows are found whose groups hold one
    of `groups` or "*"; a row without groups is found by nobody. Access and `where` are applied
    before ranking, so that `k` hits come back where there are that many. Hits are ordered by
    score, best first, then by chunk_id.
    """

    version: str
    schema: pa.Schema

    def count(self, where: Filter | None = None, groups: frozenset[str] | None = None) -> int:
        """Return the number of rows."""
        ...

    def rows(
        self,
        columns: Sequence[str],
        *,
        chunk_ids: Sequence[str] | None = None,
        doc_ids: Sequence[str] | None = None,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> pa.Table:
        """Return columns of the rows of given ids, unknown ids left out.

        In the order of `chunk_ids` where given, else by (doc_id, ordinal, chunk_id). An engine may
        return an empty collection for one that was written as null: they mean the same.
        """
        ...

    def scan(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Yield all rows, in no order, in bounded memory."""
        ...

    def vector(
        self,
        query: np.ndarray,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
        *,
        exact: bool = False,
    ) -> list[Hit]:
        """Return the `k` rows of the highest cosine to `query`, float of shape (dimensions,).

        ConfigError when the query has another length, is zero or not finite.
        """
        ...

    def text(
        self,
        query: str,
        k: int,
        where: Filter | None = None,
        groups: frozenset[str] | None = None,
    ) -> list[Hit]:
        """Return the `k` best rows that hold at least one word of `query`, by BM25.

        `query` is plain words in any script, never syntax: no text is an error, and one without
        words finds nothing.
        """
        ...


class Engine(Protocol):
    """Keeps versions of indexes. Methods raise Fatal when the store fails."""

    name: str
    abilities: Abilities

    def begin(self, index: str, candidate_id: str, parent: str | None) -> Candidate:
        """Start a candidate with the rows of version `parent`, or empty.

        Beginning the same `candidate_id` again starts another one. ConfigError when the parent
        has another schema than the engine: begin without a parent then and write every row.
        Fatal when the parent is gone.
        """
        ...

    def open(self, index: str, version: str) -> Reader:
        """Return a reader of a finished version. Fatal when it is gone or was never finished."""
        ...

    def publish(self, index: str, version: str) -> None:
        """Show a version to those who ask the engine itself, not through a release's pointer.

        Called after the pointer moved, and again whenever it might not have taken effect: what is
        shown already costs one question. A local engine has nothing to do. Retriable when the
        engine could not be reached, ConfigError when it can show nothing under an index's name.
        """
        ...

    def retire(self, index: str, keep: Sequence[str], older_than: timedelta) -> list[str]:
        """Remove what was begun longer ago than `older_than` and is not in `keep`; free its disk.

        Finished versions, unfinished candidates and what a crash left behind alike. A version
        whose data a kept one still shares goes with the last that does. Choose
        `older_than` above the longest build, so that none in progress is taken. Returns the
        names of what was removed.
        """
        ...
