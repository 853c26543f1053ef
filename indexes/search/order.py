"""The order that `orderby` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexes.search.plan import SCORE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.search.arms import Hits
    from indexes.search.contract import View
    from indexes.search.plan import Order


def ordered(view: View, hits: Hits, order: Sequence[Order]) -> np.ndarray:
    """Return the places of the hits in the order asked for.

    Rows that are alike stay in the order of their score, then of their key. Texts are compared by
    code point; nulls come first when ascending, and last when descending.
    """
    if not order or not len(hits.positions):
        return np.arange(len(hits.positions))
    keys = []
    for each in order:
        ranks = -_dense(pa.array(-hits.scores)) if each.by == SCORE else None
        if ranks is None:
            ranks = _dense(view.column(each.by, hits.positions))
        keys.append(-ranks if each.descending else ranks)
    return np.lexsort(tuple(reversed(keys)))


def _dense(values: pa.Array) -> np.ndarray:
    """Return the rank of each value, 0 for null; equal values have equal ranks."""
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        coded = values.dictionary_encode()
        inner = np.zeros(len(coded.dictionary) + 1, np.int64)
        inner[: len(coded.dictionary)] = _dense_plain(coded.dictionary)
        codes = pc.fill_null(coded.indices, len(coded.dictionary)).to_numpy(zero_copy_only=False)
        return inner[codes]
    return _dense_plain(values)


def _dense_plain(values: pa.Array) -> np.ndarray:
    ranks = pc.rank(values, sort_keys="ascending", tiebreaker="dense")
    ranks = ranks.to_numpy(zero_copy_only=False).astype(np.int64)
    return np.where(pc.is_null(values).to_numpy(zero_copy_only=False), 0, ranks)
