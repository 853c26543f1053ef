"""An index with a field of every kind, and strategies for its rows, filters and text queries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import strategies as st

from indexes.filters import ast
from indexes.filters.ast import ITEM, Compare, Filter
from indexes.search import text
from indexes.search.columns import schema_of
from indexes.search.definition import COMPLEX, STRING, STRINGS, VECTOR, Definition, Field
from indexes.search.text import TextQuery

START = datetime(2026, 1, 1, tzinfo=UTC)
DIMENSIONS = 4


def _text(name: str, analyzer: str | None, kind: str = STRING) -> Field:
    return Field(name, kind, searchable=True, filterable=True, analyzer=analyzer)


DEFINITION = Definition(
    "i",
    (
        Field("id", STRING, key=True),
        _text("title", "english"),
        _text("body", "simple"),
        _text("tags", "german", STRINGS),
        _text("page", "japanese"),
        Field("year", "Edm.Int64", filterable=True),
        Field("ratio", "Edm.Double", filterable=True),
        Field("draft", "Edm.Boolean", filterable=True),
        Field("due", "Edm.DateTimeOffset", filterable=True),
        Field("counts", "Collection(Edm.Int32)", filterable=True),
        Field(
            "address",
            COMPLEX,
            fields=(_text("city", None), Field("zip", "Edm.Int32", filterable=True)),
        ),
        Field(
            "rooms",
            f"Collection({COMPLEX})",
            fields=(
                _text("kind", "english"),
                Field("beds", "Edm.Int32"),
                Field("extras", STRINGS),
            ),
        ),
        Field("vector", VECTOR, dimensions=DIMENSIONS, profile="p"),
        Field("other", VECTOR, dimensions=2, profile="p"),
    ),
)
SCHEMA = schema_of(DEFINITION)
TEXTS = ["title", "body", "tags", "page", "address/city", "rooms/kind"]

_WORDS = (
    "fire fires storm storms the The of policy policies Häuser Haus café CAFE claim-form a1 ü 日本 "
    "日本語を勉強する 契約 保険契約 İstanbul ΣΑΣ straße"
).split()
PROSE = st.lists(st.sampled_from(_WORDS), max_size=8).map(" ".join)
LABELS = st.sampled_from(["a", "b", "it's", "", "日本", "A"])
NUMBERS = st.integers(-2, 3)
KEYS = st.integers(0, 25).map(lambda n: f"k{n:02}")


def _maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


_ROOM = st.fixed_dictionaries(
    {
        "kind": _maybe(PROSE),
        "beds": _maybe(NUMBERS),
        "extras": _maybe(st.lists(LABELS, max_size=2)),
    }
)
_COORDINATE = st.integers(-3, 3).map(float)


def _vector(width: int) -> st.SearchStrategy[list[float]]:
    return st.lists(_COORDINATE, min_size=width, max_size=width).filter(any)


VECTORS = _vector(DIMENSIONS)
_FIELDS = {
    "title": _maybe(PROSE),
    "body": _maybe(PROSE | LABELS),
    "tags": _maybe(st.lists(PROSE | LABELS, max_size=3)),
    "page": _maybe(PROSE),
    "year": _maybe(NUMBERS),
    "ratio": _maybe(st.sampled_from([0.0, -0.0, 1.5, -1.5, 1e300])),
    "draft": _maybe(st.booleans()),
    "due": _maybe(st.integers(-2, 2).map(lambda n: START + timedelta(days=n, microseconds=n))),
    "counts": _maybe(st.lists(NUMBERS, max_size=3)),
    "address": _maybe(st.fixed_dictionaries({"city": _maybe(PROSE), "zip": _maybe(NUMBERS)})),
    "rooms": _maybe(st.lists(_ROOM, max_size=2)),
    "vector": _maybe(VECTORS),
    "other": _maybe(_vector(2)),
}
ROWS = st.lists(
    st.fixed_dictionaries({"id": KEYS, **_FIELDS}), max_size=6, unique_by=lambda r: r["id"]
)


def table(rows: list[dict[str, Any]]) -> pa.Table:
    return pa.Table.from_pylist(rows, schema=SCHEMA)


def _comparisons(path: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    operators = st.sampled_from(["eq", "ne", "gt", "ge", "lt", "le"])
    return st.builds(Compare, st.just(path), operators, values)


_LABEL_TUPLES = st.lists(LABELS, max_size=3).map(tuple)
_LEAVES = st.one_of(
    st.builds(ast.Constant, st.booleans()),
    st.builds(ast.IsNull, st.sampled_from(["title", "year", "address", "address/zip", "due"])),
    _comparisons("body", LABELS),
    _comparisons("year", NUMBERS),
    _comparisons("ratio", st.sampled_from([0.0, -0.0, 1.5])),
    _comparisons("draft", st.booleans()),
    _comparisons("due", st.integers(-2, 2).map(lambda n: START + timedelta(days=n))),
    _comparisons("address/zip", NUMBERS),
    st.builds(ast.In, st.sampled_from(["body", "id"]), st.lists(LABELS | KEYS).map(tuple)),
    st.builds(ast.AnyOf, st.just("tags"), _LABEL_TUPLES),
    st.builds(ast.NotEmpty, st.sampled_from(["tags", "counts", "rooms"])),
)


def _logic(leaves: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(ast.Not, inner),
            st.builds(ast.And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
            st.builds(ast.Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        ),
        max_leaves=4,
    )


_IN_ROOM = _logic(
    st.one_of(
        _comparisons("beds", NUMBERS),
        _comparisons("kind", PROSE),
        st.builds(ast.IsNull, st.just("kind")),
        st.builds(ast.AnyOf, st.just("extras"), _LABEL_TUPLES),
        st.builds(ast.NotEmpty, st.just("extras")),
    )
)
FILTERS = _logic(
    st.one_of(
        _LEAVES,
        st.builds(ast.Any, st.just("rooms"), _IN_ROOM),
        st.builds(ast.Any, st.just("counts"), _logic(_comparisons(ITEM, NUMBERS))),
    )
)

_PART = st.one_of(
    st.just(text.Everything()),
    st.builds(text.Words, PROSE, st.booleans()),
    st.builds(text.Phrase, PROSE),
    st.builds(
        text.Prefix, st.sampled_from(["f", "fi", "th", "", "ha", "caf", "日", "日本語", "İ"])
    ),
)
QUERIES: st.SearchStrategy[TextQuery] = st.recursive(
    _PART,
    lambda inner: st.one_of(
        st.builds(text.Except, inner),
        st.builds(text.AllOf, st.lists(inner, max_size=3).map(tuple)),
        st.builds(text.AnyOf, st.lists(inner, max_size=3).map(tuple)),
    ),
    max_leaves=4,
)
SEARCHED = st.dictionaries(
    st.sampled_from(TEXTS), st.sampled_from([1.0, 1.0, 2.5]), min_size=1, max_size=4
)


def unit(seed: int, width: int = DIMENSIONS) -> np.ndarray:
    made = np.random.default_rng(seed).normal(size=width)
    return (made / np.linalg.norm(made)).astype(np.float32)
