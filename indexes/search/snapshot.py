"""An index in memory: segments that never change, shared by the snapshots that follow each other.

A change costs the change: its rows become segments of their own, and the rows that they replace
are taken out of a mask of live rows. Small segments are merged as they grow in number.
"""

from __future__ import annotations

import threading
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.errors import ConfigError
from indexes.search import vectors
from indexes.search.columns import fitted, one_array, schema_of
from indexes.search.matching import FieldStatistics, statistics
from indexes.search.segment import MAX_ROWS, Segment, build, merge
from indexes.search.view import MemoryView

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from indexes.search.definition import Definition

SMALL_SEGMENTS = 6
"""So many segments of less than half of `MAX_ROWS` are left alone; of more, some are merged."""
_MERGED_AT_ONCE = 4
_WORTH_REWRITING = 64
"""Rows of a segment from which its dead ones are worth getting rid of."""
_RETRAINED_AT = 3
"""Centres are made anew when there are so many times the rows that they were made of."""


@dataclass(frozen=True, slots=True)
class Held:
    """A segment and which of its rows are live: `live` is None for all, `rows` their number."""

    segment: Segment
    live: np.ndarray | None
    rows: int


class Snapshot:
    """See the module. Immutable, safe for threads."""

    definition: Definition

    def __init__(
        self,
        definition: Definition,
        held: tuple[Held, ...],
        centres: Mapping[str, np.ndarray],
        constants: Mapping[str, Any],
    ) -> None:
        self.definition = definition
        self.held = held
        self.centres = centres
        self.constants = constants
        self.rows = sum(each.rows for each in held)
        self.offsets = np.concatenate([[0], np.cumsum([h.segment.rows for h in held])]).astype(
            np.int64
        )
        self._statistics: dict[str, FieldStatistics] = {}
        self._lock = threading.Lock()

    @classmethod
    def empty(cls, definition: Definition) -> Snapshot:
        """Return a snapshot without rows."""
        schema_of(definition)
        return cls(definition, (), {}, {})

    @property
    def memory_bytes(self) -> int:
        """Bytes of its segments; snapshots that share them count them each."""
        return sum(h.segment.memory_bytes for h in self.held)

    def with_constants(self, constants: Mapping[str, Any]) -> Snapshot:
        """Return a snapshot in which fields have the same value in every row: no column is kept."""
        unknown = sorted(set(constants) - {field.name for field in self.definition.fields})
        if unknown:
            raise ConfigError(f"The index has no fields {unknown}.", "Leave them out.")
        other = copy(self)
        other.constants = {**self.constants, **constants}
        return other

    def defined(self, definition: Definition) -> Snapshot:
        """Return the same rows, without constants, under a definition of the same fields."""
        return Snapshot(definition, self.held, self.centres, {})

    def prepare(self) -> None:
        """Compute now what the first search would have to wait for."""
        self.rank  # noqa: B018 - what is cached is the property
        self.by_passage  # noqa: B018 - as above
        for path in self.definition.texts:
            self.statistics(path)

    def view(self) -> MemoryView:
        """Return the view of all rows."""
        return MemoryView(self, tuple(each.live for each in self.held))

    @cached_property
    def schema(self) -> pa.Schema:
        """Types of all fields but vectors."""
        return pa.schema([field for field in schema_of(self.definition) if not _vector(field)])

    @cached_property
    def by_key(self) -> np.ndarray:
        """Positions of all live rows, in the order of their keys: int64."""
        if not self.held:
            return np.empty(0, np.int64)
        keys, positions = [], []
        for each, start in zip(self.held, self.offsets, strict=False):
            order = each.segment.order
            if each.live is not None:
                order = order[each.live[order]]
            keys.append(each.segment.keys.take(pa.array(order)))
            positions.append(order + start)
        every = np.concatenate(positions)
        if len(self.held) == 1:
            return every
        return every[pc.sort_indices(pa.chunked_array(keys)).to_numpy()]

    @cached_property
    def rank(self) -> np.ndarray:
        """The place of each position in the order of keys, uint32; 0 for rows not live."""
        found = np.zeros(int(self.offsets[-1]), np.uint32)
        found[self.by_key] = np.arange(len(self.by_key), dtype=np.uint32)
        return found

    @cached_property
    def passages(self) -> np.ndarray | None:
        """The number of each position's passage, int64, None where no live two share one."""
        path = self.definition.collapsed
        if path is None or not self.held:
            return None
        values = pa.chunked_array([h.segment.column(path) for h in self.held]).combine_chunks()
        coded = values.dictionary_encode()
        alone = pa.array(np.arange(len(values)) + len(coded.dictionary))
        numbers = pc.coalesce(coded.indices.cast(pa.int64()), alone).to_numpy()
        live = numbers[self.by_key]
        return numbers if len(pc.unique(pa.array(live))) < len(live) else None

    @cached_property
    def by_passage(self) -> tuple[np.ndarray, np.ndarray]:
        """Numbers of passages in order, and the live position of each, equal ones by key."""
        if self.passages is None:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        live = self.passages[self.by_key]
        order = np.argsort(live, kind="stable")
        return live[order], self.by_key[order]

    def statistics(self, path: str) -> FieldStatistics:
        """Return what BM25 needs of a text field."""
        found = self._statistics.get(path)
        if found is None:
            found = statistics(path, [h.segment for h in self.held], [h.live for h in self.held])
            with self._lock:
                found = self._statistics.setdefault(path, found)
        return found

    def changed(self, rows: pa.Table, removed: Collection[str] = ()) -> Snapshot:
        """Return the snapshot in which rows replace those of their keys, others being removed.

        Columns are those of `schema_of(definition)`; one that is missing has no values. Of rows
        of one key the last counts. ConfigError when columns do not fit, a row has no key, or a
        vector is zero or not finite.
        """
        rows = _last_of_each(fitted(rows, schema_of(self.definition)), self.definition.key.name)
        keys = one_array(rows.column(self.definition.key.name))
        gone = pa.concat_arrays([keys, pa.array(list(removed), pa.string())])
        held = [left for each in self.held if (left := _without(each, gone)).rows]
        centres, held = self._centred(held, rows)
        for start in range(0, rows.num_rows, MAX_ROWS):
            part = rows.slice(start, MAX_ROWS)
            held.append(Held(build(self.definition, part, centres), None, part.num_rows))
        return Snapshot(
            self.definition, tuple(self._merged(held, centres)), centres, self.constants
        )

    def _centred(
        self, held: list[Held], rows: pa.Table
    ) -> tuple[dict[str, np.ndarray], list[Held]]:
        """Return centres that suit the rows that there will be, and the segments in their lists."""
        centres = dict(self.centres)
        total = sum(each.rows for each in held) + rows.num_rows
        for name in self.definition.vectors:
            trained = len(centres[name]) ** 2 if name in centres else 0
            if total < max(vectors.ANN_ROWS, trained * _RETRAINED_AT):
                continue
            column = one_array(rows.column(name))
            samples = [each.segment.vectors[name].matrix for each in held]
            samples.append(vectors.from_column(column, None).matrix)
            sample = _sample(samples)
            if len(sample) < vectors.ANN_ROWS:
                continue
            centres[name] = vectors.train(sample, vectors.lists_for(total))
            key = self.definition.key.name
            held = [
                Held(h.segment.with_centres(name, key, centres[name]), h.live, h.rows) for h in held
            ]
        return centres, held

    def _merged(self, held: Iterable[Held], centres: Mapping[str, np.ndarray]) -> list[Held]:
        """Join small segments where there are many, and rewrite those that are mostly gone."""
        ordered = sorted(held, key=lambda each: each.rows)
        wasted = [h for h in ordered if _WORTH_REWRITING < h.segment.rows > h.rows * 2]
        while True:
            small = [each for each in ordered if each.rows * 2 < MAX_ROWS]
            if len(small) > max(SMALL_SEGMENTS, 1):
                chosen = small[:_MERGED_AT_ONCE]
            elif wasted:
                chosen = wasted
            else:
                return ordered
            joined, room = [], MAX_ROWS
            for each in chosen:
                if each.rows <= room:
                    joined.append(each)
                    room -= each.rows
            parts = [(each.segment, _live_rows(each)) for each in joined]
            segment = merge(self.definition, parts, centres)
            done = {id(each) for each in joined}
            wasted = [each for each in wasted if id(each) not in done]
            ordered = [each for each in ordered if id(each) not in done]
            ordered.append(Held(segment, None, segment.rows))
            ordered.sort(key=lambda each: each.rows)


def _vector(field: pa.Field) -> bool:
    return pa.types.is_fixed_size_list(field.type)


def _live_rows(each: Held) -> np.ndarray:
    return np.arange(each.segment.rows) if each.live is None else np.flatnonzero(each.live)


def _without(each: Held, keys: pa.Array) -> Held:
    """Return a segment without the rows of some keys."""
    rows = each.segment.rows_of(keys)
    if each.live is not None:
        rows = rows[each.live[rows]]
    if not len(rows):
        return each
    live = np.ones(each.segment.rows, bool) if each.live is None else each.live.copy()
    live[rows] = False
    return Held(each.segment, live, each.rows - len(rows))


def _last_of_each(rows: pa.Table, key: str) -> pa.Table:
    keys = one_array(rows.column(key))
    if keys.null_count:
        raise ConfigError(f"{keys.null_count} rows have no {key}, which is the key.", "Give one.")
    if len(pc.unique(keys)) == len(keys):
        return rows
    last = {value: n for n, value in enumerate(keys.to_pylist())}
    return rows.take(pa.array(sorted(last.values())))


def _sample(matrices: list[np.ndarray]) -> np.ndarray:
    """Return vectors to learn centres from, drawn evenly."""
    size = sum(map(len, matrices))
    step = max(1, size // 50_000)
    return np.concatenate([matrix[::step] for matrix in matrices])
