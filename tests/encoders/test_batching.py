"""Batches hold every text once, keep to their bounds, and results come back in input order."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.core.errors import Fatal
from indexes.encoders.batching import batches, pad, plan
from indexes.encoders.exports import Export
from indexes.encoders.runtime import run
from indexes.encoders.vectors import unit_rows

if TYPE_CHECKING:
    from indexes.encoders.tokens import ModelTokens

TOKEN_IDS = st.lists(st.lists(st.integers(1, 199), max_size=40), max_size=40)


class Marker:
    """Returns each row's own token sum and count: shows any row that lands elsewhere."""

    name = "marker"

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        return np.stack([(ids * mask).sum(axis=1), mask.sum(axis=1)], axis=1).astype(np.float32)


def _export() -> Export:
    return Export(Path(), 2, 64, pad_id=0, pad_left=False, onnx_refusal="")


@settings(deadline=None)
@given(st.lists(st.integers(0, 300), max_size=80), st.integers(1, 2000), st.integers(1, 40))
def test_a_plan_holds_each_text_once_within_its_bounds(
    lengths: list[int], budget: int, most: int
) -> None:
    planned = plan(lengths, budget, most)
    assert sorted(int(row) for rows in planned for row in rows) == list(range(len(lengths)))
    for rows in planned:
        longest = max(lengths[row] for row in rows)
        assert len(rows) <= most
        assert len(rows) == 1 or len(rows) * longest <= budget
    flat = [lengths[row] for rows in planned for row in rows]
    assert flat == sorted(flat, reverse=True)


@settings(deadline=None)
@given(TOKEN_IDS, st.integers(1, 4), st.integers(1, 9))
def test_rows_come_back_in_input_order(ids: list[list[int]], threads: int, most: int) -> None:
    done: list[int] = []
    got = run(Marker(), _export(), ids, threads, most, done.append)
    wanted = np.array([[sum(row), max(1, len(row))] for row in ids], dtype=np.float32)
    wanted = wanted.reshape(len(ids), 2)
    assert got.shape == (len(ids), 2)
    assert got.dtype == np.float32
    np.testing.assert_allclose(got, wanted / np.linalg.norm(wanted, axis=1, keepdims=True), 1e-6)
    assert sum(done) == len(ids)
    assert all(count <= most for count in done)


@pytest.mark.parametrize("left", [False, True])
def test_padding_is_masked_on_the_side_that_the_model_wants(*, left: bool) -> None:
    batch = pad([[5, 6, 7], [8], []], np.array([0, 1, 2]), pad_id=9, left=left)
    second = [9, 9, 8] if left else [8, 9, 9]
    np.testing.assert_array_equal(batch.ids, [[5, 6, 7], second, [9, 9, 9]])
    np.testing.assert_array_equal(batch.mask.sum(axis=1), [3, 1, 1])
    np.testing.assert_array_equal((batch.ids * batch.mask)[1].sum(), 8)


def test_batches_are_padded_to_their_own_longest_only() -> None:
    made = list(batches([[1] * 2, [1] * 30, [1] * 3], 60, 2, 0))
    assert [batch.ids.shape for batch in made] == [(2, 30), (1, 2)]


@pytest.mark.parametrize("bad", [np.nan, np.inf, 0.0])
def test_a_vector_without_direction_is_fatal(bad: float) -> None:
    with pytest.raises(Fatal, match="row 1"):
        unit_rows(np.array([[1.0, 2.0], [bad, bad]]), "test")


def test_counting_does_not_cut_and_encoding_does(tokens: ModelTokens) -> None:
    texts = ["", "a " * 500, "a\ud800b"]
    assert tokens.count(texts)[:2] == [2, 502]
    assert [len(ids) for ids in tokens.ids(texts)][:2] == [2, 64]
    assert tokens.count(["a", "a " * 500]) == [3, 502]
