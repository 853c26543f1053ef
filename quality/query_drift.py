"""Drift of queries: whether people ask something else lately than before. Pure.

As in `quality.drift`, a measure has drifted when chance does not explain it and it is large. What
is new here is `far`: questions whose nearest passage is farther than that of most, which tells that
the index lacks what is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quality import permutation as tests
from quality.drift import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

EFFECTS = {"embedding": 0.05, "length": 0.3, "script": 0.3, "far": 0.2}
"""The least effect of each measure that counts as drift."""

_FAR = 0.2


@dataclass(frozen=True)
class Questions:
    """Questions in random order. `vectors` has shape (questions, dimensions).

    `best` is the cosine of the best hit, None where a filter decided what could be hit.
    """

    vectors: np.ndarray
    words: Sequence[int]
    scripts: Sequence[str]
    best: Sequence[float | None]

    def __len__(self) -> int:
        """Return the number of questions."""
        return len(self.words)


def measure(
    recent: Questions, earlier: Questions, *, alpha: float, sample: int = 200, seed: int = 0
) -> list[Finding]:
    """Compare at most `sample` questions of each side, measure by measure.

    Measures in which all questions agree have nothing to test and are left out.
    """
    count, other = min(len(recent), sample), min(len(earlier), sample)
    permutations = max(999, math.ceil(2 * len(EFFECTS) / alpha))
    rng = np.random.default_rng(seed)
    labels = tests.labels_of(count, other, permutations, rng)
    raw = [
        found
        for found in (
            _embedding(labels, recent.vectors[:count], earlier.vectors[:other]),
            _length(labels, recent.words[:count], earlier.words[:other]),
            _script(labels, recent.scripts[:count], earlier.scripts[:other]),
            _far(recent.best[:count], earlier.best[:other], permutations, rng),
        )
        if found is not None
    ]
    corrected = tests.holm([found.p for found in raw])
    return [
        Finding(f.measure, f.effect, p, f.detail, ()) for f, p in zip(raw, corrected, strict=True)
    ]


def _embedding(labels: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> Finding | None:
    both = np.concatenate([ours, theirs]).astype(np.float64)
    squares = (both**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * both @ both.T, 0))
    np.fill_diagonal(distances, 0)
    if distances.max() <= 1e-3:  # noqa: PLR2004 - float16's rounding
        return None
    statistic = tests.energy(labels, distances.astype(np.float32))
    count = len(ours)
    return _finding(
        "embedding",
        statistic,
        f"mean distance among recent questions {distances[:count, :count].mean():.2f}, to earlier "
        f"ones {distances[:count, count:].mean():.2f}, among those "
        f"{distances[count:, count:].mean():.2f}",
    )


def _length(labels: np.ndarray, ours: Sequence[int], theirs: Sequence[int]) -> Finding | None:
    values = np.array([*ours, *theirs], float)
    if len(np.unique(values)) == 1:
        return None
    return _finding(
        "length",
        tests.kolmogorov_smirnov(labels, values),
        f"median {np.median(ours):.0f} words, {np.median(theirs):.0f} earlier",
    )


def _script(labels: np.ndarray, ours: Sequence[str], theirs: Sequence[str]) -> Finding | None:
    pooled = [*ours, *theirs]
    known = sorted(set(pooled))
    if len(known) == 1:
        return None
    onehot = np.array([[value == one for one in known] for value in pooled], np.float32)
    differences = tests.rate_differences(labels[:1], onehot)[0]
    most = known[int(differences.argmax())]
    return Finding(
        "script",
        float(np.abs(differences).sum() / 2),
        tests.p_value(tests.chi_square(labels, onehot)),
        f"{ours.count(most) / len(ours):.0%} {most}, {theirs.count(most) / len(theirs):.0%} "
        "earlier",
        (),
    )


def _far(
    ours: Sequence[float | None],
    theirs: Sequence[float | None],
    permutations: int,
    rng: np.random.Generator,
) -> Finding | None:
    near, before = [b for b in ours if b is not None], [b for b in theirs if b is not None]
    if min(len(near), len(before)) < 2:  # noqa: PLR2004
        return None
    values = np.array([*near, *before])
    edge = float(np.quantile(values, _FAR))
    far = (values <= edge).astype(np.float32)[:, None]
    if far.all():
        return None
    labels = tests.labels_of(len(near), len(before), permutations, rng)
    return _finding(
        "far",
        tests.rate_differences(labels, far)[:, 0],
        f"{far[: len(near)].mean():.0%} find nothing nearer than {edge:.2f}, "
        f"{far[len(near) :].mean():.0%} earlier",
    )


def _finding(measure: str, statistic: np.ndarray, detail: str) -> Finding:
    effect = float(min(1.0, max(0.0, statistic[0])))
    return Finding(measure, effect, tests.p_value(statistic), detail, ())
