"""A snapshot answers as brute force does, however its rows came in and lie in segments."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.search import snapshot as snapshots
from indexes.search.contract import Ranked, View
from indexes.search.plain import PlainView
from indexes.search.snapshot import Snapshot
from tests.search.search_rows import (
    DEFINITION,
    FILTERS,
    KEYS,
    QUERIES,
    ROWS,
    SEARCHED,
    TEXTS,
    VECTORS,
    table,
)

pytestmark = pytest.mark.slow

CHANGES = st.lists(st.tuples(ROWS, st.lists(KEYS, max_size=3)), min_size=1, max_size=6)
_some = settings(max_examples=60)


def both(
    changes: list[tuple[list[dict[str, Any]], list[str]]], small: int
) -> tuple[View, PlainView]:
    """Return views of the same rows; segments are merged when there are more than `small`."""
    model: dict[str, dict[str, Any]] = {}
    made = Snapshot.empty(DEFINITION)
    with patch.object(snapshots, "SMALL_SEGMENTS", small):
        for rows, removed in changes:
            made = made.changed(table(rows), removed)
            model = {key: row for key, row in model.items() if key not in removed}
            model.update({row["id"]: row for row in rows})
    assert len(made.held) <= small + 1
    return made.view(), PlainView(DEFINITION, model.values())


def ranking(view: View, found: Ranked) -> dict[str, float]:
    assert found.positions.dtype == np.int64
    assert found.scores.dtype == np.float32
    keys = view.keys(found.positions)
    # In order: by score, then by key.
    order = sorted(range(len(keys)), key=lambda n: (-found.scores[n], keys[n]))
    assert order == list(range(len(keys)))
    return dict(zip(keys, found.scores.tolist(), strict=True))


@given(changes=CHANGES, small=st.integers(1, 4), where=FILTERS, again=st.none() | FILTERS)
@_some
def test_rows_of_a_filter(changes, small, where, again) -> None:
    fast, plain = (view.narrowed(where).narrowed(again) for view in both(changes, small))
    assert fast.rows == plain.rows
    keys = plain.keys(plain.positions())
    assert fast.keys(fast.positions()) == keys
    for key in [*keys, "k00", "nope"]:
        assert (fast.position(key) is None) == (plain.position(key) is None)


@given(changes=CHANGES, small=st.integers(1, 4), data=st.data())
@_some
def test_values_of_rows(changes, small, data) -> None:
    fast, plain = both(changes, small)
    keys = plain.keys(plain.positions())
    asked = data.draw(st.lists(st.sampled_from(keys), max_size=8)) if keys else []
    at, expected = ([view.position(key) for key in asked] for view in (fast, plain))
    assert fast.schema == plain.schema
    paths = [path for path, field in DEFINITION.paths.items() if not field.is_vector]
    for path in paths:
        assert fast.column(path, at) == plain.column(path, expected), path
    names = [field.name for field in DEFINITION.fields]
    assert fast.documents(at, names) == plain.documents(expected, names)
    assert fast.documents(at, ["year"]) == plain.documents(expected, ["year"])
    assert fast.documents(at, []) == plain.documents(expected, [])


@given(
    changes=CHANGES, small=st.integers(1, 4), where=st.none() | FILTERS, query=QUERIES, of=SEARCHED
)
@settings(max_examples=150)
def test_text_queries(changes, small, where, query, of) -> None:
    fast, plain = (view.narrowed(where) for view in both(changes, small))
    found, expected = (ranking(view, view.text(query, of)) for view in (fast, plain))
    assert found == pytest.approx(expected, abs=1e-5)


@given(
    changes=CHANGES, small=st.integers(1, 4), where=st.none() | FILTERS, query=VECTORS,
    k=st.integers(0, 9), exact=st.booleans(),
)  # fmt: skip
@_some
def test_vector_queries(changes, small, where, query, k, exact) -> None:
    fast, plain = (view.narrowed(where) for view in both(changes, small))
    of = np.array(query)
    found, expected = (
        ranking(view, view.vector("vector", of, k, exact=exact)) for view in (fast, plain)
    )
    assert list(found.values()) == pytest.approx(list(expected.values()), abs=1e-5)
    every = ranking(plain, plain.vector("vector", of, 99))
    assert found == pytest.approx({key: every[key] for key in found}, abs=1e-5)


@given(
    changes=CHANGES, small=st.integers(1, 4), where=st.none() | FILTERS,
    field=st.sampled_from(TEXTS), prefix=st.sampled_from(["", "f", "St", "ha", "日", "i"]),
    limit=st.integers(0, 5),
)  # fmt: skip
@_some
def test_words_that_begin_so(changes, small, where, field, prefix, limit) -> None:
    fast, plain = (view.narrowed(where) for view in both(changes, small))
    assert fast.words(field, prefix, limit) == plain.words(field, prefix, limit)
