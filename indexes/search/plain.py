"""The oracle of `View`: rows as plain dicts, every answer by brute force. Clear, not quick."""

from __future__ import annotations

import math
from collections import Counter
from copy import copy
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from indexes.engines.bm25 import K1, B
from indexes.filters.evaluate import matches
from indexes.search.analysis import analyzer, cut, segmented, surface, units
from indexes.search.contract import Ranked
from indexes.search.text import AllOf, AnyOf, Everything, Except, Phrase, Prefix, Words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from indexes.filters.ast import Filter
    from indexes.search.definition import Definition, Field
    from indexes.search.text import TextQuery

    Scores = dict[int, float]
    """Position -> score of every row that matches."""

_TYPES = {
    "Edm.String": pa.string(),
    "Edm.Int32": pa.int32(),
    "Edm.Int64": pa.int64(),
    "Edm.Double": pa.float64(),
    "Edm.Boolean": pa.bool_(),
    "Edm.DateTimeOffset": pa.timestamp("us", "UTC"),
}


class PlainView:
    """See `View`. A row that lacks a field has no value of it; times are aware datetimes."""

    def __init__(
        self,
        definition: Definition,
        rows: Iterable[Mapping[str, Any]],
        constants: Mapping[str, Any] | None = None,
    ) -> None:
        """`constants` are values that every row has: `{"release": 12}`."""
        self.definition = definition
        self.schema = pa.schema([(f.name, _arrow(f)) for f in definition.fields if not f.is_vector])
        self._rows = [_whole(definition.fields, {**row, **(constants or {})}) for row in rows]
        self._keys = [row[definition.key.name] for row in self._rows]
        if len(set(self._keys)) < len(self._keys):
            raise ConfigError("Two rows have the same key.", "Give each row a key of its own.")
        self._seen = sorted(range(len(self._rows)), key=self._keys.__getitem__)

    @property
    def rows(self) -> int:
        """See `View.rows`."""
        return len(self._seen)

    def narrowed(self, where: Filter | None) -> PlainView:
        """See `View.narrowed`."""
        other = copy(self)
        if where is not None:
            other._seen = [p for p in self._seen if matches(where, self._rows[p])]  # noqa: SLF001
        return other

    def positions(self) -> np.ndarray:
        """See `View.positions`."""
        return np.array(self._seen, np.int64)

    def position(self, key: str) -> int | None:
        """See `View.position`."""
        return next((p for p in self._seen if self._keys[p] == key), None)

    def keys(self, positions: Sequence[int] | np.ndarray) -> list[str]:
        """See `View.keys`."""
        return [self._keys[p] for p in positions]

    def column(self, path: str, positions: Sequence[int] | np.ndarray) -> pa.Array:
        """See `View.column`; of parts of a collection of complex values, one list a row."""
        kind = _arrow_at(self.schema, path)
        return pa.array([_value(self._rows[p], path.split("/")) for p in positions], kind)

    def passages(self, positions: Sequence[int] | np.ndarray) -> np.ndarray | None:
        """See `View.passages`."""
        path = self.definition.collapsed
        values = [row[path] for row in self._rows] if path else []
        told = [value for value in values if value is not None]
        if len(set(told)) == len(told):
            return None
        numbers = {value: number for number, value in enumerate(dict.fromkeys(told))}
        alone = len(self._rows)
        return np.array([numbers.get(values[p], alone + p) for p in positions], np.int64)

    def copies(self, position: int) -> np.ndarray:
        """See `View.copies`."""
        path = self.definition.collapsed
        own = self._rows[position][path] if path else None
        same = [] if own is None else [p for p in self._seen if self._rows[p][path or ""] == own]
        return np.array([p for p in same if p != position], np.int64)

    def documents(
        self, positions: Sequence[int] | np.ndarray, fields: Sequence[str]
    ) -> list[dict[str, Any]]:
        """See `View.documents`; a collection without a value is an empty one, as in Azure."""
        parts = [part for part in self.definition.fields if part.name in fields]
        whole = [
            {part.name: _json(part, self._rows[p][part.name]) for part in parts} for p in positions
        ]
        return [{name: row[name] for name in fields} for row in whole]

    def text(self, query: TextQuery, fields: Mapping[str, float]) -> Ranked:
        """See `View.text`.

        A word that every field's analyzer drops asks for nothing; a query of such words alone
        finds nothing.
        """
        found = self._matching(query, fields) or {}
        return self._ranked({p: found[p] for p in self._seen if p in found})

    def vector(self, field: str, query: np.ndarray, k: int, *, exact: bool = False) -> Ranked:  # noqa: ARG002
        """See `View.vector`; exact always."""
        dimensions = self.definition.vectors[field].dimensions
        wanted = np.asarray(query, np.float64)
        length = float(np.linalg.norm(wanted))
        if wanted.shape != (dimensions,) or not math.isfinite(length) or length == 0:
            raise ConfigError(
                f"The query vector for {field} has shape {wanted.shape} and length {length}.",
                f"Give {dimensions} finite numbers that are not all zero.",
            )
        cosines: Scores = {}
        for position in self._seen:
            held = self._rows[position][field]
            if held is not None:
                row = np.asarray(held, np.float64)
                cosines[position] = float(row @ wanted / (np.linalg.norm(row) * length))
        best = self._ranked(cosines)
        return Ranked(best.positions[: max(k, 0)], best.scores[: max(k, 0)])

    def words(self, field: str, prefix: str, limit: int) -> list[str]:
        """See `View.words`: as they stand in the texts, in lower case; accents do not matter."""
        begin = surface(prefix)
        words = cut(self.definition.paths[field].analyzer)
        counts: Counter[str] = Counter()
        for position in self._seen:
            held = {w for text in self._texts(field, position) for w in words(text)}
            counts.update(word for word in held if surface(word).startswith(begin))
        return sorted(counts, key=lambda word: (-counts[word], word))[: max(limit, 0)]

    def _ranked(self, scores: Scores) -> Ranked:
        rounded = {position: np.float32(score) for position, score in scores.items()}
        order = sorted(rounded, key=lambda p: (-rounded[p], self._keys[p]))
        return Ranked(np.array(order, np.int64), np.array([rounded[p] for p in order], np.float32))

    def _texts(self, path: str, position: int) -> list[str]:
        """Return the values of a text field: one, or those of a collection."""
        value = _value(self._rows[position], path.split("/"))
        return [value] if isinstance(value, str) else list(_flat(value))

    def _matching(self, query: TextQuery, fields: Mapping[str, float]) -> Scores | None:
        """Return every row of the snapshot that matches; None when the query asks for nothing."""
        match query:
            case Everything():
                return dict.fromkeys(range(len(self._rows)), 1.0)
            case Words(text, every):
                analyzers = {self.definition.paths[path].analyzer for path in fields}
                each = (self._phrase(word, fields) for word in units(text, analyzers))
                return _joined([part for part in each if part is not None], every=every)
            case Phrase(text):
                return self._phrase(text, fields)
            case Prefix(text):
                return self._prefix(text, fields)
            case Except(part):
                found = self._matching(part, fields)
                if found is None:
                    return None
                return dict.fromkeys(set(range(len(self._rows))) - found.keys(), 0.0)
            case AllOf(parts) | AnyOf(parts):
                scored = (self._matching(part, fields) for part in parts)
                told = [found for found in scored if found is not None]
                return _joined(told, every=isinstance(query, AllOf))

    def _prefix(self, text: str, fields: Mapping[str, float]) -> Scores | None:
        begin = surface(text)
        if not begin:
            return None
        found: Scores = {}
        for path in fields:
            name = self.definition.paths[path].analyzer
            words = cut(name)
            # Of several pairs, the last of them is whole: they stand side by side.
            phrase = segmented(name) and len(words(text)) > 1
            matching = self._phrase(text, {path: 1.0}) or {} if phrase else {}
            for position in range(len(self._rows)):
                if position in matching or any(
                    surface(word).startswith(begin)
                    for value in self._texts(path, position)
                    for word in words(value)
                ):
                    found[position] = 1.0
        return found

    def _phrase(self, text: str, fields: Mapping[str, float]) -> Scores | None:
        """Return BM25 of a run of terms that counts as one word, of the idf of all its terms."""
        asked = {path: analyzer(self.definition.paths[path].analyzer)(text) for path in fields}
        if not any(asked.values()):
            return None
        found: Scores = {}
        for path, terms in asked.items():
            if terms:
                for position, score in self._bm25(path, terms).items():
                    found[position] = found.get(position, 0.0) + fields[path] * score
        return found

    def _bm25(self, path: str, terms: list[str]) -> Scores:
        cut = analyzer(self.definition.paths[path].analyzer)
        held = [[cut(text) for text in self._texts(path, p)] for p in range(len(self._rows))]
        lengths = [sum(map(len, values)) for values in held]
        mean = sum(lengths) / len(lengths) if lengths else 0.0
        idf = sum(_idf(sum(any(t in v for v in row) for row in held), len(held)) for t in terms)
        scores: Scores = {}
        for position, values in enumerate(held):
            count = sum(_runs(value, terms) for value in values)
            if count:
                norm = K1 * (1 - B + B * lengths[position] / mean)
                scores[position] = idf * count * (K1 + 1) / (count + norm)
        return scores


def _idf(holding: int, rows: int) -> float:
    return math.log(1 + (rows - holding + 0.5) / (holding + 0.5))


def _runs(held: list[str], terms: list[str]) -> int:
    """Return how often the terms stand side by side in one value."""
    return sum(held[at : at + len(terms)] == terms for at in range(len(held) - len(terms) + 1))


def _joined(parts: list[Scores], *, every: bool) -> Scores | None:
    if not parts:
        return None
    sets = [part.keys() for part in parts]
    join: Callable[..., set[int]] = set.intersection if every else set.union
    rows = join(*(set(each) for each in sets))
    return {row: sum(part.get(row, 0.0) for part in parts) for row in rows}


def _value(value: Any, names: list[str]) -> Any:
    """Return the value at a path; a list of them, nested lists as one, below a collection."""
    if not names or value is None:
        return value
    if isinstance(value, list):
        return list(_flat([_value(item, names) for item in value]))
    return _value(value[names[0]], names[1:])


def _flat(value: Any) -> Iterable[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _flat(item)
    elif value is not None:
        yield value


def _whole(fields: Iterable[Field], row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with a value, or None, for every field and part."""
    whole: dict[str, Any] = {}
    for field in fields:
        value = row.get(field.name)
        if field.fields and value is not None:
            many = isinstance(value, (list, tuple))
            parts = [_whole(field.fields, item) for item in (value if many else [value])]
            value = parts if many else parts[0]
        elif field.is_vector and value is not None:
            value = np.asarray(value, np.float32)
        whole[field.name] = list(value) if isinstance(value, tuple) else value
    return whole


def _arrow(field: Field) -> pa.DataType:
    inner = field.type.removeprefix("Collection(").removesuffix(")")
    kind = (
        pa.struct([(part.name, _arrow(part)) for part in field.fields])
        if field.fields
        else _TYPES[inner]
    )
    return pa.list_(kind) if field.is_collection else kind


def _arrow_at(schema: pa.Schema, path: str) -> pa.DataType:
    kind: Any = schema
    many = False
    for name in path.split("/"):
        if isinstance(kind, pa.ListType):
            many, kind = True, kind.value_type
        kind = kind.field(name).type
    return pa.list_(kind) if many and not pa.types.is_list(kind) else kind


def _json(field: Field, value: Any) -> Any:
    if field.is_collection:
        return [_one(field, item) for item in value or ()]
    return _one(field, value)


def _one(field: Field, value: Any) -> Any:
    match value:
        case datetime():
            return iso(value)
        case np.ndarray():
            return [float(number) for number in value]
        case dict():
            return {part.name: _json(part, value[part.name]) for part in field.fields}
        case _:
            return value
