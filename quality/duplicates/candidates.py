"""Which texts may be near-duplicates: those whose signatures share a band (LSH), in arrays.

Work grows with the texts and with the pairs that are alike; of a thousand filled-in copies of one
form, whose numbers all differ, no pair is looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from quality.duplicates.signatures import BANDS, ROWS

if TYPE_CHECKING:
    from collections.abc import Iterator

CROWD = 48
"""Texts that share a band up to which all pairs are looked at. Of more, only pairs that hold the
same numbers are, and each text beside so many others of them."""

SLACK = 0.1
"""The estimate of a similarity may be off by so much: those this far below are checked exactly."""

_BLOCK = 200_000
_FOLD = np.uint64(0x100000001B3)


class Candidates(NamedTuple):
    """Pairs of places, the lower first, and an estimate of each pair's similarity in 0 to 1."""

    one: np.ndarray
    other: np.ndarray
    similarity: np.ndarray


def candidates(hashed: np.ndarray, numbers: np.ndarray, threshold: float) -> Candidates:
    """Return the pairs of texts that may be at least as alike as `threshold`.

    `hashed` uint32 (n, SIZE) and `numbers` uint8 (n, CLASSES) are what `signatures.read` returns.
    """
    few = np.empty(0, np.int64)
    if len(hashed) < 2:  # noqa: PLR2004 - a pair
        return Candidates(few, few, np.empty(0))
    kinds = _folded(numbers.astype(np.uint64))
    found: list[np.ndarray] = []
    for band in range(BANDS):
        values = hashed[:, band * ROWS : (band + 1) * ROWS].astype(np.uint64)
        found.extend(_pairs(_folded(values), kinds))
    packed = np.unique(np.concatenate(found)) if found else few.astype(np.uint64)
    one = (packed >> np.uint64(32)).astype(np.int64)
    other = (packed & np.uint64(0xFFFFFFFF)).astype(np.int64)
    similarity = np.empty(len(one))
    for start in range(0, len(one), _BLOCK):
        some = slice(start, start + _BLOCK)
        jaccard = np.mean(hashed[one[some]] == hashed[other[some]], axis=1)
        similarity[some] = 2 * jaccard / (1 + jaccard)
    alike = similarity >= threshold - SLACK
    return Candidates(one[alike], other[alike], similarity[alike])


def _folded(values: np.ndarray) -> np.ndarray:
    """Return one number for each row of uint64 values."""
    folded = np.zeros(len(values), np.uint64)
    for column in values.T:
        folded = (folded ^ column) * _FOLD
        folded ^= folded >> np.uint64(31)
    return folded


def _groups(keys: np.ndarray) -> Iterator[np.ndarray]:
    """Yield the places of each key that stands more than once."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.flatnonzero(np.insert(ordered[1:] != ordered[:-1], 0, True))
    ends = np.append(starts[1:], len(keys))
    for start, end in zip(starts, ends, strict=True):
        if end - start > 1:
            yield order[start:end]


def _pairs(keys: np.ndarray, kinds: np.ndarray) -> Iterator[np.ndarray]:
    for group in _groups(keys):
        if len(group) <= CROWD:
            yield _packed(group, len(group))
            continue
        for same in _groups(kinds[group]):
            yield _packed(group[same], CROWD)


def _packed(places: np.ndarray, beside: int) -> np.ndarray:
    """Return pairs of places, packed: each with the `beside` that follow it, in order."""
    ones, others = [], []
    for step in range(1, min(beside, len(places))):
        ones.append(places[:-step])
        others.append(places[step:])
    one = np.concatenate(ones).astype(np.uint64)
    other = np.concatenate(others).astype(np.uint64)
    return np.minimum(one, other) << np.uint64(32) | np.maximum(one, other)
