"""Vectors of one field of one segment, and the search over those of all segments.

Below some tens of thousands of rows every row is compared. Above, rows stand by the centre that
they are nearest to (an inverted file, IVF), the same centres in all segments. A query reads lists
in the order of their centres until it has compared `BUDGET` rows *that may be seen*: so a filter
makes it read on, and one that keeps few rows makes it exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.errors import ConfigError
from indexes.search.postings import ranges

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

ANN_ROWS = 20_000
"""Rows from which lists are made."""
BUDGET = 16_384
"""Rows that a query compares at least, or one in `BUDGET_SHARE` where that is more."""
BUDGET_SHARE = 5
_ROUNDS = 8
_SAMPLE_A_LIST = 64
_BLOCK = 512
_SCATTERED = 1024
_MOST = 2
"""One in so many rows wanted: comparing all is cheaper than copying those."""
_NEAR = 1e-5
"""Float32 rounds cosines by less: rows so near to the last one are compared anew in float64."""


@dataclass(frozen=True, slots=True)
class Vectors:
    """Vectors as they came, `matrix` float32 (slots, dimensions), by list.

    `rows` int32: the row of each slot. `slots` int32: the slot of each row of the segment, -1
    without a vector. `scale` float32: 1 over the length. `starts` int64: where each list begins,
    and the end; there is one list without centres.
    """

    matrix: np.ndarray
    rows: np.ndarray
    slots: np.ndarray
    scale: np.ndarray
    starts: np.ndarray

    @property
    def memory_bytes(self) -> int:
        """Bytes that it takes."""
        arrays = (self.matrix, self.rows, self.slots, self.scale, self.starts)
        return sum(array.nbytes for array in arrays)

    def taken(self, rows: np.ndarray) -> list[np.ndarray | None]:
        """Return the vectors of rows as they came, None where a row has none."""
        return [None if slot < 0 else self.matrix[slot] for slot in self.slots[rows]]


def from_column(column: pa.FixedSizeListArray, centres: np.ndarray | None) -> Vectors:
    """Arrange a column of vectors. ConfigError when one is zero or not finite."""
    width = column.type.list_size
    held = np.flatnonzero(column.is_valid().to_numpy(zero_copy_only=False))
    flat = column.flatten().to_numpy(zero_copy_only=False).reshape(-1, width)
    if len(flat) == len(column) != len(held):
        flat = flat[held]
    return arranged(flat, held, len(column), centres)


def arranged(
    matrix: np.ndarray, rows: np.ndarray, size: int, centres: np.ndarray | None
) -> Vectors:
    """Put vectors in the order of their lists; `rows` are theirs among `size`."""
    norms = np.sqrt(np.vecdot(matrix, matrix))
    if not (np.isfinite(norms) & (norms > 0)).all():
        raise ConfigError("A vector is zero or not finite.", "Leave it out, or embed again.")
    scale = (1 / norms).astype(np.float32)
    if centres is None:
        starts = np.array([0, len(rows)])
    else:
        lists = nearest(matrix, scale, centres)
        order = np.argsort(lists, kind="stable")
        matrix, rows, scale = matrix[order], rows[order], scale[order]
        starts = np.searchsorted(lists[order], np.arange(len(centres) + 1))
    slots = np.full(size, -1, np.int32)
    slots[rows] = np.arange(len(rows))
    return Vectors(np.ascontiguousarray(matrix), rows.astype(np.int32), slots, scale, starts)


def nearest(matrix: np.ndarray, scale: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return the list of each vector, int32. In blocks: other threads get at the cores between."""
    found = np.empty(len(matrix), np.int32)
    for at in range(0, len(matrix), _BLOCK):
        block = matrix[at : at + _BLOCK] * scale[at : at + _BLOCK, None]
        found[at : at + _BLOCK] = np.argmax(block @ centres.T, axis=1)
    return found


def train(matrix: np.ndarray, count: int) -> np.ndarray:
    """Return `count` centres of unit length, float32, of a sample: spherical k-means, seeded."""
    chance = np.random.default_rng(0)
    sample = matrix
    if len(matrix) > count * _SAMPLE_A_LIST:
        chosen = chance.choice(len(matrix), count * _SAMPLE_A_LIST, replace=False)
        sample = matrix[np.sort(chosen)]
    sample = sample / np.sqrt(np.vecdot(sample, sample))[:, None]
    ones = np.ones(len(sample), np.float32)
    centres = sample[chance.choice(len(sample), count, replace=False)]
    for _ in range(_ROUNDS):
        lists = nearest(sample, ones, centres)
        order = np.argsort(lists, kind="stable")
        starts = np.searchsorted(lists[order], np.arange(count))
        sizes = np.diff(np.append(starts, len(sample)))
        full = sizes > 0
        sums = np.add.reduceat(sample[order], starts[full], axis=0)
        norms = np.sqrt(np.vecdot(sums, sums))
        centres = centres.copy()
        centres[full] = sums / np.maximum(norms, np.float32(1e-12))[:, None]
        centres[~full] = sample[chance.choice(len(sample), int((~full).sum()))]
    return centres


def lists_for(rows: int) -> int:
    """Return how many lists suit so many rows: about the square root."""
    return max(16, int(rows**0.5))


def checked(query: np.ndarray, dimensions: int | None) -> np.ndarray:
    """Return a query of length 1 as float64. ConfigError when it does not fit."""
    wanted = np.asarray(query, np.float64)
    length = float(np.linalg.norm(wanted)) if wanted.shape == (dimensions,) else 0.0
    if wanted.shape != (dimensions,) or not np.isfinite(length) or length == 0:
        raise ConfigError(
            f"The query vector has shape {wanted.shape}, or is zero or not finite; the field has "
            f"{dimensions} dimensions.",
            "Encode the query with the index's own encoder.",
        )
    return wanted / length


@dataclass(frozen=True, slots=True)
class Seen:
    """What may be seen of the vectors of some segments: worked out once for many queries.

    `slots`: a bool for each slot of each segment, None for all. `total`: their number. `sizes`
    int64: how many are in each list, over all segments.
    """

    vectors: Sequence[Vectors]
    slots: Sequence[np.ndarray | None]
    total: int
    sizes: np.ndarray


def seen(vectors: Sequence[Vectors], masks: Sequence[np.ndarray | None]) -> Seen:
    """Return what may be seen, `masks` being the rows of each segment, None for all."""
    slots = [
        None if mask is None else mask[of.rows] for of, mask in zip(vectors, masks, strict=True)
    ]
    lists = max((len(of.starts) for of in vectors), default=1) - 1
    sizes = np.zeros(lists, np.int64)
    for of, shown in zip(vectors, slots, strict=True):
        starts = of.starts if shown is None else np.concatenate([[0], np.cumsum(shown)])[of.starts]
        sizes[: len(starts) - 1] += np.diff(starts)
    return Seen(vectors, slots, int(sizes.sum()), sizes)


def search(
    shown: Seen,
    centres: np.ndarray | None,
    query: np.ndarray,
    k: int,
    *,
    exact: bool,
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return, for each segment, rows and cosines (float64) that hold the best `k` of them all.

    `query` is of length 1. More than `k` rows come back: those as good as the last are among them.
    """
    parts = shown.vectors
    slots = _within_budget(shown, centres, query, k, exact=exact)
    small = query.astype(np.float32)
    cosines = [
        _products(vectors, chosen, small) for vectors, chosen in zip(parts, slots, strict=True)
    ]
    every = np.concatenate(cosines) if cosines else np.empty(0, np.float32)
    least = -np.inf
    if len(every) > k > 0:
        least = np.partition(every, len(every) - k)[len(every) - k] - _NEAR
    found = []
    for vectors, chosen, cosine in zip(parts, slots, cosines, strict=True):
        best = np.flatnonzero(cosine >= least)
        taken = best if chosen is None else chosen[best]
        exactly = vectors.matrix[taken].astype(np.float64)
        norms = np.sqrt(np.vecdot(exactly, exactly))
        found.append((vectors.rows[taken], np.vecdot(exactly, query) / norms))
    return found


def _products(vectors: Vectors, slots: np.ndarray | None, query: np.ndarray) -> np.ndarray:
    """Return cosines of slots, None for all. Row by row: equal vectors have equal cosines.

    Not by BLAS: its threads wait for each other when many clients ask at once. Scattered rows are
    copied in blocks that stay in the cache.
    """
    if slots is None:
        return np.vecdot(vectors.matrix, query) * vectors.scale
    if len(slots) * _MOST > len(vectors.matrix):
        return (np.vecdot(vectors.matrix, query) * vectors.scale)[slots]
    found = np.empty(len(slots), np.float32)
    block = np.empty((min(_SCATTERED, len(slots)), vectors.matrix.shape[1]), np.float32)
    for at in range(0, len(slots), _SCATTERED):
        some = slots[at : at + _SCATTERED]
        np.take(vectors.matrix, some, axis=0, out=block[: len(some)], mode="clip")
        np.vecdot(block[: len(some)], query, out=found[at : at + len(some)])
    return found * vectors.scale[slots]


def _within_budget(
    shown: Seen, centres: np.ndarray | None, query: np.ndarray, k: int, *, exact: bool
) -> list[np.ndarray | None]:
    """Return the slots to compare in each segment, None for all of them."""
    budget = max(BUDGET, shown.total // BUDGET_SHARE, 4 * k)
    if exact or centres is None or shown.total <= budget:
        return [None if of is None else np.flatnonzero(of) for of in shown.slots]
    order = np.argsort(-np.vecdot(centres, query.astype(np.float32)))
    enough = int(np.searchsorted(np.cumsum(shown.sizes[order]), budget)) + 1
    chosen = np.sort(order[:enough])
    found: list[np.ndarray | None] = []
    for vectors, of in zip(shown.vectors, shown.slots, strict=True):
        slots = ranges(vectors.starts[chosen], vectors.starts[chosen + 1])
        found.append(slots if of is None else slots[of[slots]])
    return found
