"""Drift: whether the documents of a candidate are of the live release's kind. Pure.

A measure has drifted when chance does not explain it (permutation p-value, corrected by Holm for
the number of measures, below alpha) and it is large (effect at least the threshold): with many
documents every small difference is sure, and a small one harms nobody.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from quality import permutation as tests

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COPY = 0.95
"""Cosine from which two passages count as copies of each other."""

EFFECTS = {
    "embedding": 0.05,
    "length": 0.5,
    "language": 0.3,
    "media_type": 0.3,
    "nulls": 0.3,
    "repetition": 0.3,
}
"""The least effect of each measure that counts as drift, chosen on real corpora (ADR 13)."""
_NEIGHBOURS = 15
_MOSTLY = 0.75
_CATEGORIES = ("language", "media_type")
_ABSENT = "none"


@dataclass(frozen=True)
class Documents:
    """Some documents of one side, a row each, in random order.

    `vectors` has shape (documents, dimensions), rows of unit length: one passage of each.
    `passages` are fingerprints of those passages' texts, `lengths` tokens of whole documents.
    `nulls` maps a column to whether it is null.
    """

    ids: Sequence[str]
    vectors: np.ndarray
    passages: Sequence[str]
    lengths: Sequence[int]
    language: Sequence[str | None]
    media_type: Sequence[str | None]
    nulls: Mapping[str, Sequence[bool]]

    def __len__(self) -> int:
        """Return the number of documents."""
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Finding:
    """One measure. `effect` is 0 (the same) to 1; `p` is corrected.

    `typical` are the ids of the new documents that make the difference, of all that were given.
    """

    measure: str
    effect: float
    p: float
    detail: str
    typical: tuple[str, ...]

    def drifted(self, alpha: float, effect: float) -> bool:
        """Whether the difference is both sure and large."""
        return self.p < alpha and self.effect >= effect


def measure(
    new: Documents, live: Documents, *, alpha: float, sample: int = 200, seed: int = 0
) -> list[Finding]:
    """Compare documents measure by measure.

    At most `sample` documents of each side are tested. Measures in which all documents agree have
    nothing to test and are left out.
    """
    count, other = min(len(new), sample), min(len(live), sample)
    # Twice as many as the smallest p that Holm's method can still take needs.
    permutations = max(999, math.ceil(2 * len(EFFECTS) / alpha))
    rng = np.random.default_rng(seed)
    labels = tests.labels_of(count, other, permutations, rng)
    raw = [
        found
        for found in (
            _embedding(labels, new, live, count, other),
            _length(labels, new, live, count, other),
            *(_category(labels, name, new, live, count, other) for name in _CATEGORIES),
            _nulls(labels, new, live, count, other),
            _repetition(labels, new, live, count, other),
        )
        if found is not None
    ]
    corrected = tests.holm([found.p for found in raw])
    return [
        Finding(f.measure, f.effect, p, f.detail, f.typical)
        for f, p in zip(raw, corrected, strict=True)
    ]


def _embedding(
    labels: np.ndarray, new: Documents, live: Documents, count: int, other: int
) -> Finding | None:
    ours, theirs = new.vectors[:count], live.vectors[:other]
    distances = _distances(*[np.concatenate([ours, theirs])] * 2)
    if not distances.any():
        return None
    statistic = tests.energy(labels, distances)
    within, across = distances[:count, :count].mean(), distances[:count, count:].mean()
    return Finding(
        "embedding",
        _effect(statistic),
        tests.p_value(statistic),
        f"mean distance among the new {within:.2f}, to live ones {across:.2f}, among live ones "
        f"{distances[count:, count:].mean():.2f}",
        _ids(new, _apart(new.vectors, ours, theirs)),
    )


def _length(
    labels: np.ndarray, new: Documents, live: Documents, count: int, other: int
) -> Finding | None:
    values = np.array([*new.lengths[:count], *live.lengths[:other]], float)
    gaps, at = tests.distribution_gaps(labels[:1], values)
    if len(at) == 1:
        return None
    statistic = tests.kolmogorov_smirnov(labels, values)
    place = int(np.abs(gaps[0]).argmax())
    shorter = gaps[0][place] > 0
    lengths = np.asarray(new.lengths)
    return Finding(
        "length",
        _effect(statistic),
        tests.p_value(statistic),
        f"median {np.median(values[:count]):.0f} tokens, live {np.median(values[count:]):.0f}",
        _ids(new, lengths <= at[place] if shorter else lengths > at[place]),
    )


def _category(
    labels: np.ndarray, name: str, new: Documents, live: Documents, count: int, other: int
) -> Finding | None:
    ours = [value or _ABSENT for value in getattr(new, name)]
    theirs = [value or _ABSENT for value in getattr(live, name)]
    pooled = [*ours[:count], *theirs[:other]]
    known = sorted(set(pooled))
    if len(known) == 1:
        return None
    onehot = np.array([[value == one for one in known] for value in pooled], np.float32)
    statistic = tests.chi_square(labels, onehot)
    differences = tests.rate_differences(labels[:1], onehot)[0]
    most = known[int(differences.argmax())]
    return Finding(
        name,
        float(np.abs(differences).sum() / 2),
        tests.p_value(statistic),
        f"{_shares(ours[:count])}; live {_shares(theirs[:other])}",
        _ids(new, [value == most for value in ours]),
    )


def _nulls(
    labels: np.ndarray, new: Documents, live: Documents, count: int, other: int
) -> Finding | None:
    names = sorted(new.nulls.keys() & live.nulls.keys())
    flags = np.array(
        [[*new.nulls[name][:count], *live.nulls[name][:other]] for name in names], np.float32
    ).T
    if not names or not (flags.any(axis=0) & ~flags.all(axis=0)).any():
        return None
    differences = tests.rate_differences(labels, flags)
    place = int(np.abs(differences[0]).argmax())
    statistic = np.abs(differences).max(axis=1)
    missing = differences[0][place] > 0
    values = np.array(new.nulls[names[place]])
    return Finding(
        "nulls",
        _effect(statistic),
        tests.p_value(statistic),
        f"{names[place]} is missing in {flags[:count, place].mean():.0%}, live "
        f"{flags[count:, place].mean():.0%}",
        _ids(new, values if missing else ~values),
    )


def _repetition(
    labels: np.ndarray, new: Documents, live: Documents, count: int, other: int
) -> Finding | None:
    vectors = np.concatenate([new.vectors[:count], live.vectors[:other]])
    passages = _codes([*new.passages[:count], *live.passages[:other]])
    near = _near(vectors, passages)
    np.fill_diagonal(near, val=False)
    if not near.any():
        return None
    statistic = tests.copies(labels, near)
    everyone = _codes(new.passages)
    # The document itself is one of those that it is near to.
    copied = _near(new.vectors, everyone).sum(axis=1) > 1
    share = near[:count, :count].any(axis=1).mean()
    return Finding(
        "repetition",
        _effect(statistic),
        tests.p_value(statistic),
        f"{share:.0%} hold a passage that another new document repeats, "
        f"{near[count:, count:].any(axis=1).mean():.0%} of live ones",
        _ids(new, copied),
    )


def _near(vectors: np.ndarray, passages: np.ndarray) -> np.ndarray:
    """Return which documents' passages are copies of each other, each of itself too."""
    return (vectors @ vectors.T >= COPY) | (passages[:, None] == passages[None, :])


def _codes(passages: Sequence[str]) -> np.ndarray:
    return np.unique(np.array(passages), return_inverse=True)[1]


def _apart(vectors: np.ndarray, ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return which documents stand among the new ones: an honest one of a bad batch does not.

    Of the nearest neighbours in both samples, weighed by the samples' sizes, most are new.
    """
    nearest = np.argsort(
        np.concatenate([_distances(vectors, ours), _distances(vectors, theirs)], axis=1), axis=1
    )[:, : _NEIGHBOURS + 1]  # one may be the document itself
    new = (nearest < len(ours)).sum(axis=1)
    ours_density, theirs_density = (new - 1) / len(ours), (nearest.shape[1] - new) / len(theirs)
    return ours_density >= _MOSTLY * (ours_density + theirs_density)


def _distances(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return Euclidean distances of unit vectors; rounding must not make copies differ."""
    squares = 2 - 2 * (ours @ theirs.T)
    return np.sqrt(np.where(squares < 1e-6, 0, squares))  # noqa: PLR2004 - float32's rounding


def _effect(statistic: np.ndarray) -> float:
    return float(min(1.0, max(0.0, statistic[0])))


def _ids(documents: Documents, chosen: Sequence[bool] | np.ndarray) -> tuple[str, ...]:
    return tuple(i for i, wanted in zip(documents.ids, chosen, strict=True) if wanted)


def _shares(values: Sequence[str]) -> str:
    counts = Counter(values).most_common(3)
    return ", ".join(f"{count / len(values):.0%} {name}" for name, count in counts)
