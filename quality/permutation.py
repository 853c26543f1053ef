"""Permutation tests of two samples. Pure numpy.

All take `labels`: float32 of shape (1 + permutations, documents), 1 where a document counts as
new. Row 0 is the truth, the others are shuffles of it. Each returns the statistic of every row;
`p_value` says how often chance does as well. That is exact whatever the data's distribution, as
long as documents are exchangeable: one row a document, never one a chunk.
"""

from __future__ import annotations

import numpy as np

_TIE = 1e-6


def labels_of(new: int, live: int, permutations: int, rng: np.random.Generator) -> np.ndarray:
    """Return labels for samples whose first `new` documents are the new ones."""
    truth = np.zeros((1, new + live), np.float32)
    truth[0, :new] = 1
    return np.concatenate([truth, rng.permuted(np.repeat(truth, permutations, axis=0), axis=1)])


def p_value(statistic: np.ndarray) -> float:
    """Return the share of rows, the truth included, whose statistic is at least the truth's."""
    return float(np.mean(statistic >= statistic[0] - _TIE))


def energy(labels: np.ndarray, distances: np.ndarray) -> np.ndarray:
    """Return the energy coefficient: 0 for one distribution, 1 for two wholly separate ones.

    (2 E|X-Y| - E|X-X'| - E|Y-Y'|) / 2 E|X-Y| of `distances`, shape (documents, documents), with
    unbiased means, so that equal distributions lie around 0, below it too.
    """
    new = labels[0].sum()
    live = labels.shape[1] - new
    total = distances.sum()
    to_all = labels @ distances.sum(axis=1)
    within = ((labels @ distances) * labels).sum(axis=1)
    across = np.maximum((to_all - within) / (new * live), _TIE)
    apart = (total - 2 * to_all + within) / (live * (live - 1))
    return (2 * across - within / (new * (new - 1)) - apart) / (2 * across)


def kolmogorov_smirnov(labels: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return the greatest gap between the two empirical distribution functions, 0 to 1."""
    gaps = distribution_gaps(labels, values)[0]
    return np.abs(gaps).max(axis=1)


def distribution_gaps(labels: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return new minus live distribution function at each distinct value, and those values."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    last = np.append(ordered[1:] != ordered[:-1], True)
    new = labels[0].sum()
    seen = np.cumsum(labels[:, order], axis=1)[:, last]
    passed = (np.arange(len(values)) + 1)[last]
    return seen / new - (passed - seen) / (len(values) - new), ordered[last]


def chi_square(labels: np.ndarray, onehot: np.ndarray) -> np.ndarray:
    """Return Pearson's statistic of new counts; `onehot` has shape (documents, categories)."""
    expected = labels[0].sum() * onehot.mean(axis=0)
    return (((labels @ onehot) - expected) ** 2 / expected).sum(axis=1)


def rate_differences(labels: np.ndarray, flags: np.ndarray) -> np.ndarray:
    """Return new minus live rate of each flag; `flags` has shape (documents, flags)."""
    new = labels[0].sum()
    held = labels @ flags
    return held / new - (flags.sum(axis=0) - held) / (labels.shape[1] - new)


def copies(labels: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Return the share of new documents with a near copy among the new, minus the same of live.

    `near` is bool of shape (documents, documents), its diagonal False.
    """
    new = labels[0].sum()
    adjacent = near.astype(np.float32)
    found = labels @ adjacent
    among_new = (labels * (found > 0)).sum(axis=1) / new
    others = adjacent.sum(axis=1) - found
    among_live = ((1 - labels) * (others > 0)).sum(axis=1) / (labels.shape[1] - new)
    return among_new - among_live


def holm(p_values: list[float]) -> list[float]:
    """Return p-values corrected for their number, by Holm's method, in the order given."""
    corrected = [1.0] * len(p_values)
    greatest = 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        greatest = max(greatest, (len(p_values) - rank) * p_values[place])
        corrected[place] = min(1.0, greatest)
    return corrected
