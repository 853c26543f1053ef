"""The quick `View`: rows of a snapshot that may be seen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from indexes.search import vectors
from indexes.search.analysis import surface
from indexes.search.columns import path_type
from indexes.search.contract import Ranked
from indexes.search.matching import Matcher

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indexes.filters.ast import Filter
    from indexes.search.definition import Definition, Field
    from indexes.search.snapshot import Snapshot
    from indexes.search.text import TextQuery

    Positions = Sequence[int] | np.ndarray

    _Located = tuple[int, np.ndarray, np.ndarray]
    """A segment's number, which places of those asked are in it, and their rows there."""

_PLAIN = {"Edm.String", "Edm.Boolean", "Edm.Int32", "Edm.Int64", "Edm.Double"}
_SIGN = np.uint32(0x80000000)


class MemoryView:
    """See `View`."""

    def __init__(self, snapshot: Snapshot, seen: tuple[np.ndarray | None, ...]) -> None:
        """`seen` are the rows of each segment that may be seen, None for all."""
        self._snapshot = snapshot
        self._seen = seen
        self._rows: int | None = None
        self._shown: dict[str, vectors.Seen] = {}

    @property
    def definition(self) -> Definition:
        """See `View.definition`."""
        return self._snapshot.definition

    @property
    def schema(self) -> pa.Schema:
        """See `View.schema`."""
        return self._snapshot.schema

    @property
    def rows(self) -> int:
        """See `View.rows`."""
        if self._rows is None:
            self._rows = sum(
                held.segment.rows if seen is None else int(np.count_nonzero(seen))
                for held, seen in zip(self._snapshot.held, self._seen, strict=True)
            )
        return self._rows

    def narrowed(self, where: Filter | None) -> MemoryView:
        """See `View.narrowed`."""
        if where is None:
            return self
        return MemoryView(
            self._snapshot,
            tuple(
                held.segment.mask(where) if seen is None else seen & held.segment.mask(where)
                for held, seen in zip(self._snapshot.held, self._seen, strict=True)
            ),
        )

    def positions(self) -> np.ndarray:
        """See `View.positions`."""
        ordered = self._snapshot.by_key
        if all(
            seen is held.live for seen, held in zip(self._seen, self._snapshot.held, strict=True)
        ):
            return ordered
        return ordered[self._whole_mask()[ordered]]

    def position(self, key: str) -> int | None:
        """See `View.position`."""
        for held, seen, start in zip(
            self._snapshot.held, self._seen, self._snapshot.offsets, strict=False
        ):
            row = held.segment.row(key)
            if row is not None and (seen is None or seen[row]):
                return int(start) + row
        return None

    def keys(self, positions: Positions) -> list[str]:
        """See `View.keys`."""
        return self.column(self.definition.key.name, positions).to_pylist()

    def column(self, path: str, positions: Positions) -> pa.Array:
        """See `View.column`."""
        places = np.asarray(positions, np.int64)
        return self._column(path, len(places), list(self._located(places)))

    def _column(self, path: str, count: int, located: Sequence[_Located]) -> pa.Array:
        constant = path in self._snapshot.constants
        if constant or not located:
            name, *rest = path.split("/")
            kind = path_type(self.schema.field(name).type, tuple(rest))
            if not constant:
                return pa.array([], kind)
            return pa.repeat(pa.scalar(self._snapshot.constants[path], kind), count)
        parts = [
            self._snapshot.held[n].segment.column(path).take(pa.array(rows))
            for n, _, rows in located
        ]
        if len(parts) == 1:
            return parts[0]
        back = np.empty(count, np.int64)
        back[np.concatenate([at for _, at, _ in located])] = np.arange(count)
        return pa.concat_arrays(parts).take(pa.array(back))

    def passages(self, positions: Positions) -> np.ndarray | None:
        """See `View.passages`."""
        numbers = self._snapshot.passages
        return None if numbers is None else numbers[np.asarray(positions, np.int64)]

    def copies(self, position: int) -> np.ndarray:
        """See `View.copies`."""
        numbers = self._snapshot.passages
        if numbers is None:
            return np.empty(0, np.int64)
        ordered, positions = self._snapshot.by_passage
        number = numbers[position]
        start, end = np.searchsorted(ordered, [number, number + 1])
        found = positions[start:end]
        found = found[found != position]
        return found[self._are_seen(found)]

    def _are_seen(self, places: np.ndarray) -> np.ndarray:
        shown = np.ones(len(places), bool)
        for n, at, rows in self._located(places):
            seen = self._seen[n]
            if seen is not None:
                shown[at] = seen[rows]
        return shown

    def vectors(self, field: str, positions: Positions) -> pa.FixedSizeListArray:
        """Return the vectors of rows, null where a row has none."""
        places = np.asarray(positions, np.int64)
        width = self.definition.vectors[field].dimensions or 0
        found = np.zeros((len(places), width), np.float32)
        held = np.zeros(len(places), bool)
        for n, at, rows in self._located(places):
            own = self._snapshot.held[n].segment.vectors[field]
            slots = own.slots[rows]
            held[at] = slots >= 0
            found[at[slots >= 0]] = own.matrix[slots[slots >= 0]]
        flat = pa.array(found.reshape(-1))
        return pa.FixedSizeListArray.from_arrays(flat, width, mask=pa.array(~held))

    def documents(self, positions: Positions, fields: Sequence[str]) -> list[dict[str, Any]]:
        """See `View.documents`; a collection without a value is an empty one, as in Azure."""
        places = np.asarray(positions, np.int64)
        located = list(self._located(places))
        paths = self.definition.paths
        columns = [
            self._vectors(name, len(places), located)
            if paths[name].is_vector
            else self._values(paths[name], len(places), located)
            for name in fields
        ]
        if not columns:
            return [{} for _ in range(len(places))]
        return [dict(zip(fields, row, strict=True)) for row in zip(*columns, strict=True)]

    def text(self, query: TextQuery, fields: Mapping[str, float]) -> Ranked:
        """See `View.text`."""
        snapshot = self._snapshot
        sizes = [held.segment.rows for held in snapshot.held]
        asked = {path: (boost, snapshot.statistics(path)) for path, boost in fields.items()}
        matches = Matcher(self.definition, sizes, asked).evaluate(query) if sizes else None
        if matches is None:
            return Ranked(np.empty(0, np.int64), np.empty(0, np.float32))
        positions, scores = [], []
        for found, score, seen, start in zip(
            matches.found, matches.scores, self._seen, snapshot.offsets, strict=False
        ):
            rows = np.flatnonzero(found if seen is None else found & seen)
            positions.append(rows + start)
            scores.append(score[rows])
        return self._ranked(positions, scores)

    def vector(self, field: str, query: np.ndarray, k: int, *, exact: bool = False) -> Ranked:
        """See `View.vector`."""
        if field not in self.definition.vectors:
            raise ConfigError(f"The index has no vector field {field!r}.", "Name one that it has.")
        wanted = vectors.checked(query, self.definition.vectors[field].dimensions)
        snapshot = self._snapshot
        if not snapshot.held or k <= 0:
            return Ranked(np.empty(0, np.int64), np.empty(0, np.float32))
        shown = self._shown.get(field)
        if shown is None:
            matrices = [held.segment.vectors[field] for held in snapshot.held]
            shown = self._shown[field] = vectors.seen(matrices, self._seen)
        found = vectors.search(shown, snapshot.centres.get(field), wanted, k, exact=exact)
        positions = [
            rows + start for (rows, _), start in zip(found, snapshot.offsets, strict=False)
        ]
        best = self._ranked(positions, [cosines for _, cosines in found])
        return Ranked(best.positions[:k], best.scores[:k])

    def words(self, field: str, prefix: str, limit: int) -> list[str]:
        """See `View.words`; accents do not matter to the prefix."""
        begin = surface(prefix)
        words, counts = [], []
        for held, seen in zip(self._snapshot.held, self._seen, strict=True):
            text = held.segment.texts[field]
            at, rows, sizes = text.spelt(begin)
            if seen is not None:
                before = np.concatenate([[0], np.cumsum(seen[rows])])
                ends = np.cumsum(sizes)
                sizes = before[ends] - before[ends - sizes]
            words.append(text.spelled.slice(at.start, len(at)))
            counts.append(pa.array(sizes, pa.int64()))
        if not words or limit <= 0:
            return []
        summed = (
            pa.table({"word": pa.chunked_array(words), "count": pa.chunked_array(counts)})
            .group_by("word")
            .aggregate([("count", "sum")])
        )
        summed = summed.filter(pc.greater(summed.column("count_sum"), 0))
        order = pc.sort_indices(
            summed, sort_keys=[("count_sum", "descending"), ("word", "ascending")]
        )
        return summed.column("word").take(order.slice(0, limit)).to_pylist()

    def _ranked(self, positions: list[np.ndarray], scores: list[np.ndarray]) -> Ranked:
        """Order rows by score as float32, best first, then by key.

        Both are packed into one number, which numpy sorts several times faster than two keys.
        """
        rank = self._snapshot.rank[np.concatenate(positions)]
        rounded = np.concatenate(scores).astype(np.float32) + np.float32(0)
        bits = rounded.view(np.uint32)
        rising = np.where(bits & _SIGN, ~bits, bits | _SIGN)
        packed = (~rising).astype(np.uint64) << np.uint64(32) | rank
        packed.sort()
        rising = ~(packed >> np.uint64(32)).astype(np.uint32)
        bits = np.where(rising & _SIGN, rising & ~_SIGN, ~rising)
        ordered = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
        return Ranked(self._snapshot.by_key[ordered], bits.view(np.float32))

    def _whole_mask(self) -> np.ndarray:
        return np.concatenate(
            [
                np.ones(held.segment.rows, bool) if seen is None else seen
                for held, seen in zip(self._snapshot.held, self._seen, strict=True)
            ]
        )

    def _located(self, places: np.ndarray) -> Iterable[_Located]:
        """Yield segments by number: which of the places are in them, and in which rows."""
        offsets = self._snapshot.offsets
        of = np.searchsorted(offsets, places, "right") - 1
        for n in np.unique(of).tolist():
            at = np.flatnonzero(of == n)
            yield n, at, places[at] - offsets[n]

    def _vectors(
        self, name: str, count: int, located: Sequence[_Located]
    ) -> list[list[float] | None]:
        found: list[list[float] | None] = [None] * count
        for n, at, rows in located:
            taken = self._snapshot.held[n].segment.vectors[name].taken(rows)
            for place, vector in zip(at.tolist(), taken, strict=True):
                found[place] = None if vector is None else vector.tolist()
        return found

    def _values(self, field: Field, count: int, located: Sequence[_Located]) -> list[Any]:
        values = self._column(field.name, count, located).to_pylist()
        if field.type in _PLAIN:
            return values
        convert = _json(field)
        return [convert(value) for value in values]


def _json(field: Field) -> Callable[[Any], Any]:
    """Return value -> JSON-ready value of a field."""
    parts = {part.name: _json(part) for part in field.fields}

    def one(value: Any) -> Any:
        if isinstance(value, datetime):
            return iso(value)
        if isinstance(value, dict):
            return {name: part(value[name]) for name, part in parts.items()}
        return value

    if field.is_collection:
        return lambda items: [one(item) for item in items or ()]
    return one
