"""What a runtime is, and how token ids go through one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from indexes.encoders.batching import batches
from indexes.encoders.vectors import unit_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from indexes.encoders.exports import Export

TOKENS_PER_THREAD = 512
"""Positions in a batch for each thread: the best of 256 to 8192 on every runtime measured."""
MOST_POSITIONS = 16_384


class Runtime(Protocol):
    """Computes a model's whole pipeline. Safe to call from several threads."""

    name: str

    def infer(self, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
        """Return vectors (n, d) of token ids and mask, int64 of shape (n, longest)."""
        ...


def run(
    runtime: Runtime,
    export: Export,
    token_ids: Sequence[Sequence[int]],
    threads: int,
    most_texts: int,
    progress: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Return float32 unit rows of shape (len(token_ids), export.dimensions), in input order.

    `progress` is called after each batch with the number of texts in it.
    """
    vectors = np.empty((len(token_ids), export.dimensions), dtype=np.float32)
    budget = min(MOST_POSITIONS, TOKENS_PER_THREAD * threads)
    for batch in batches(token_ids, budget, most_texts, export.pad_id, left=export.pad_left):
        vectors[batch.rows] = unit_rows(runtime.infer(batch.ids, batch.mask), runtime.name)
        if progress is not None:
            progress(len(batch.rows))
    return vectors
