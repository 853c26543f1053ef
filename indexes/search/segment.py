"""Rows that never change: columns, inverted indexes and vectors of at most `MAX_ROWS` rows.

What of them still counts is the snapshot's to know: it keeps a mask of live rows beside each.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexes.engines.bm25 import SIMPLE, analyzer
from indexes.search import postings, vectors
from indexes.search.columns import at_path, one_array
from indexes.search.masks import MaskCache

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexes.filters.ast import Filter
    from indexes.search.definition import Definition
    from indexes.search.postings import Postings
    from indexes.search.vectors import Vectors

MAX_ROWS = postings.MAX_ROWS


class Segment:
    """See the module. `columns` by field, `texts` and `vectors` by path."""

    def __init__(
        self,
        key: str,
        columns: Mapping[str, pa.Array],
        texts: Mapping[str, Postings],
        matrices: Mapping[str, Vectors],
    ) -> None:
        self.columns = columns
        self.texts = texts
        self.vectors = matrices
        self.keys = columns[key]
        self.rows = len(self.keys)
        order = pc.sort_indices(self.keys)
        self.sorted_keys = postings.Strings(one_array(self.keys.take(order)))
        self.order = order.to_numpy().astype(np.int32)
        self.masks = MaskCache(self.rows)
        self._parts: dict[str, pa.Array] = {}
        self._lock = threading.Lock()

    @property
    def memory_bytes(self) -> int:
        """Bytes that it takes, masks left out."""
        return (
            sum(column.nbytes for column in self.columns.values())
            + sum(text.memory_bytes for text in self.texts.values())
            + sum(matrix.memory_bytes for matrix in self.vectors.values())
            + self.sorted_keys.array.nbytes
            + self.order.nbytes
        )

    def column(self, path: str) -> pa.Array:
        """Return a field's values, one a row."""
        if path in self.columns:
            return self.columns[path]
        with self._lock:
            if path not in self._parts:
                name, *rest = path.split("/")
                self._parts[path] = at_path(self.columns[name], tuple(rest))
            return self._parts[path]

    def mask(self, where: Filter) -> np.ndarray:
        """Return which rows satisfy a filter, live or not: not to be written to."""
        return self.masks.of(where, self.column)

    def row(self, key: str) -> int | None:
        """Return the row of a key, None when there is none."""
        at = self.sorted_keys.index(key)
        return None if at is None else int(self.order[at])

    def rows_of(self, keys: pa.Array) -> np.ndarray:
        """Return the rows whose keys are among these."""
        return np.flatnonzero(pc.is_in(self.keys, value_set=keys).to_numpy(zero_copy_only=False))

    def with_centres(self, field: str, key: str, centres: np.ndarray) -> Segment:
        """Return the same rows with one field's vectors in the order of new lists."""
        held = self.vectors[field]
        anew = vectors.arranged(held.matrix, held.rows, self.rows, centres)
        return Segment(key, self.columns, self.texts, {**self.vectors, field: anew})


def build(definition: Definition, rows: pa.Table, centres: Mapping[str, np.ndarray]) -> Segment:
    """Index rows, whose columns fit the definition."""
    columns = {
        field.name: one_array(rows.column(field.name))
        for field in definition.fields
        if not field.is_vector
    }
    kept = {
        field.name: columns[field.name]
        if field.kept
        else pa.nulls(rows.num_rows, columns[field.name].type)
        for field in definition.fields
        if not field.is_vector
    }
    texts = {
        path: postings.build(
            at_path(columns[path.split("/")[0]], tuple(path.split("/")[1:])),
            analyzer(field.analyzer or SIMPLE),
        )
        for path, field in definition.texts.items()
    }
    matrices = {
        name: vectors.from_column(one_array(rows.column(name)), centres.get(name))
        for name in definition.vectors
    }
    return Segment(definition.key.name, kept, texts, matrices)


def merge(
    definition: Definition,
    parts: Sequence[tuple[Segment, np.ndarray]],
    centres: Mapping[str, np.ndarray],
) -> Segment:
    """Join segments; beside each stand its live rows, in order. No text is cut anew."""
    columns = {
        name: one_array(
            pa.chunked_array(
                [segment.columns[name].take(pa.array(live)) for segment, live in parts]
            )
        )
        for name in parts[0][0].columns
    }
    size = sum(len(live) for _, live in parts)
    places: list[np.ndarray] = []
    at = 0
    for segment, live in parts:
        to = np.full(segment.rows, -1)
        to[live] = np.arange(at, at + len(live))
        at += len(live)
        places.append(to)
    texts = {
        path: postings.merge(
            [(segment.texts[path], to) for (segment, _), to in zip(parts, places, strict=True)]
        )
        for path in definition.texts
    }
    matrices = {}
    for name in definition.vectors:
        rows, matrix = [], []
        for (segment, _), to in zip(parts, places, strict=True):
            held = segment.vectors[name]
            moved = to[held.rows]
            rows.append(moved[moved >= 0])
            matrix.append(held.matrix[moved >= 0])
        matrices[name] = vectors.arranged(
            np.concatenate(matrix), np.concatenate(rows), size, centres.get(name)
        )
    return Segment(definition.key.name, columns, texts, matrices)
