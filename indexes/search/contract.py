"""What a view of rows can do. `indexes.search.plain` is its oracle, `snapshot` the quick one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import pyarrow as pa

    from indexes.filters.ast import Filter
    from indexes.search.definition import Definition
    from indexes.search.text import TextQuery


@dataclass(frozen=True, slots=True)
class Ranked:
    """Rows with scores, best first, ties by key: int64 and float32 of one length."""

    positions: np.ndarray
    scores: np.ndarray


class View(Protocol):
    """The rows of one immutable snapshot that may be seen: nothing else comes out of it.

    A row is named by its position, an int that means nothing outside the snapshot. Safe to be
    used by many threads.
    """

    definition: Definition
    schema: pa.Schema
    """Arrow types of all fields but vectors: complex ones are structs, collections are lists."""

    @property
    def rows(self) -> int:
        """The number of rows in view."""
        ...

    def narrowed(self, where: Filter | None) -> View:
        """Return the view of those rows that satisfy a filter as well."""
        ...

    def positions(self) -> np.ndarray:
        """Return all positions in view, in the order of their keys, int64."""
        ...

    def position(self, key: str) -> int | None:
        """Return the position of a key, None when it is not in view."""
        ...

    def keys(self, positions: Sequence[int] | np.ndarray) -> list[str]:
        """Return the keys of rows."""
        ...

    def column(self, path: str, positions: Sequence[int] | np.ndarray) -> pa.Array:
        """Return the values of a field, in the order of `positions`. Not for vectors."""
        ...

    def passages(self, positions: Sequence[int] | np.ndarray) -> np.ndarray | None:
        """Return a number for each row that rows of the same passage share, int64.

        None where no two rows of the snapshot are the same passage, as `Definition.collapsed` says.
        """
        ...

    def copies(self, position: int) -> np.ndarray:
        """Return the other positions in view of a row's passage, in the order of their keys."""
        ...

    def documents(
        self, positions: Sequence[int] | np.ndarray, fields: Sequence[str]
    ) -> list[dict[str, Any]]:
        """Return rows as JSON-ready data: top-level fields, vectors included.

        Times are ISO 8601 in UTC, ending in Z.
        """
        ...

    def text(self, query: TextQuery, fields: Mapping[str, float]) -> Ranked:
        """Return every row that a query matches; `fields` maps paths to boosts.

        A word's score is the sum of its BM25 scores (k1 1.2, b 0.75, factor k1 + 1) over fields,
        each times its boost. Frequencies and lengths are of all rows of the snapshot, not of the
        view.
        """
        ...

    def vector(self, field: str, query: np.ndarray, k: int, *, exact: bool = False) -> Ranked:
        """Return the `k` rows of the highest cosine to `query`; rows without a vector never.

        ConfigError when the query has another length, is zero or not finite.
        """
        ...

    def words(self, field: str, prefix: str, limit: int) -> list[str]:
        """Return words of rows in view that begin so: case folded, not stemmed.

        Those of most rows in view come first, then by the alphabet.
        """
        ...
