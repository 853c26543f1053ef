"""Batches of texts of like length, because every padded position costs as much as a real one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Batch:
    """Token ids and mask, int64 of shape (texts, longest), and each row's place in the input."""

    rows: np.ndarray
    ids: np.ndarray
    mask: np.ndarray


def plan(lengths: Sequence[int], token_budget: int, most_texts: int) -> list[np.ndarray]:
    """Split positions into batches, longest first.

    A batch holds at most `most_texts` texts and, padded to its longest, at most `token_budget`
    positions; a text longer than the budget gets a batch of its own. Longest first, so that the
    largest buffers are made once.
    """
    order = np.argsort(-np.asarray(lengths, dtype=np.int64), kind="stable")
    batches = []
    start = 0
    while start < len(order):
        longest = max(1, lengths[order[start]])
        size = min(most_texts, max(1, token_budget // longest))
        batches.append(order[start : start + size])
        start += size
    return batches


def pad(
    token_ids: Sequence[Sequence[int]], rows: np.ndarray, pad_id: int, *, left: bool = False
) -> Batch:
    """Return one batch padded to its longest text. A text without any token becomes one pad."""
    chosen = [token_ids[row] or [pad_id] for row in rows]
    longest = max(map(len, chosen))
    ids = np.full((len(chosen), longest), pad_id, dtype=np.int64)
    mask = np.zeros_like(ids)
    for at, tokens in enumerate(chosen):
        place = slice(longest - len(tokens), None) if left else slice(0, len(tokens))
        ids[at, place] = tokens
        mask[at, place] = 1
    return Batch(rows, ids, mask)


def batches(
    token_ids: Sequence[Sequence[int]],
    token_budget: int,
    most_texts: int,
    pad_id: int,
    *,
    left: bool = False,
) -> Iterator[Batch]:
    """Yield padded batches that together hold every text once, longest first."""
    for rows in plan([len(tokens) for tokens in token_ids], token_budget, most_texts):
        yield pad(token_ids, rows, pad_id, left=left)
