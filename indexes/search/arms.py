"""The arms of a search, and their fusion: which rows are found, and with what score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from indexes.search.collapse import cut, nearest
from indexes.search.text import Everything

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.search.contract import Ranked, View
    from indexes.search.plan import SearchPlan

RRF_K = 60


@dataclass(frozen=True, slots=True)
class Arm:
    """What one arm found, best first. `scores` are BM25, or 1/(1+(1-cosine)); float32."""

    name: str
    positions: np.ndarray
    scores: np.ndarray
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows that a search ranks, best first, ties by key, and `all`: every row that it matches.

    They differ in hybrid search alone, where the text arm matches more rows than take part.
    """

    positions: np.ndarray
    scores: np.ndarray
    all: np.ndarray
    arms: tuple[Arm, ...] = ()


def found(view: View, plan: SearchPlan) -> Hits:
    """Return what a plan's arms find, joined, its `after` filter applied."""
    hits = _joined(view, plan)
    if plan.after is None:
        return hits
    kept = view.narrowed(plan.after).positions()
    mask = among(hits.positions, kept)
    every = hits.all[among(hits.all, kept)]
    return Hits(hits.positions[mask], hits.scores[mask], every, hits.arms)


def _joined(view: View, plan: SearchPlan) -> Hits:
    arms = [arm for query in _vectors(view, plan) for arm in query]
    text = plan.text
    if text is None or isinstance(text.query, Everything):
        # Everything ranks nothing: beside vectors it has no say.
        if not arms:
            rows = view.positions()
            return Hits(rows, np.ones(len(rows), np.float32), rows)
        every = _union(arms[0].positions, arms[1:])
    else:
        ranked = view.text(text.query, text.fields)
        if not arms:
            arm = Arm("text", ranked.positions, ranked.scores)
            return Hits(ranked.positions, ranked.scores, ranked.positions, (arm,))
        every = _union(ranked.positions, arms)
        best, _ = cut(view, ranked, text.recall)
        arms.insert(0, Arm("text", best.positions, best.scores))
    if len(arms) == 1:
        return Hits(arms[0].positions, arms[0].scores, every, tuple(arms))
    return _fused(view, arms, every)


def _vectors(view: View, plan: SearchPlan) -> list[list[Arm]]:
    """Return the arms of each vector query: one a field. A second arm of a field is `name#2`."""
    times: dict[str, int] = {}
    queries = []
    for query in plan.vectors:
        arms = []
        for field in query.fields:
            times[field] = times.get(field, 0) + 1
            name = field if times[field] == 1 else f"{field}#{times[field]}"
            near = nearest(view, field, query.vector, query.k, exact=query.exact)
            arms.append(Arm(name, near.positions, _similarity(near), query.weight))
        queries.append(arms)
    return queries


def _similarity(near: Ranked) -> np.ndarray:
    cosines = near.scores.astype(np.float64)
    return (1 / (1 + (1 - cosines))).astype(np.float32)


def _fused(view: View, arms: list[Arm], every: np.ndarray) -> Hits:
    """Reciprocal rank fusion as Azure computes it: float32, arm by arm."""
    rows, places = np.unique(np.concatenate([arm.positions for arm in arms]), return_inverse=True)
    scores = np.zeros(len(rows), np.float32)
    start = 0
    for arm in arms:
        count = len(arm.positions)
        ranks = np.arange(1, count + 1)
        scores[places[start : start + count]] += (arm.weight / (RRF_K + ranks)).astype(np.float32)
        start += count
    order = by_score(view, rows, scores)
    return Hits(rows[order], scores[order], every, tuple(arms))


def by_score(view: View, rows: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the order of rows: best first, ties by key. Keys are read where there is a tie."""
    order = np.argsort(-scores, kind="stable")
    falling = scores[order]
    same = falling[1:] == falling[:-1]
    tied = np.flatnonzero(np.append(same, False) | np.insert(same, 0, False))
    if len(tied):
        keys = view.keys(rows[order[tied]])
        within = sorted(range(len(tied)), key=lambda at: (-falling[tied[at]], keys[at]))
        order[tied] = order[tied][within]
    return order


def _union(most: np.ndarray, arms: Sequence[Arm]) -> np.ndarray:
    """Return the rows of the first and of the arms, each once, in no order."""
    if not arms:
        return most
    others = np.unique(np.concatenate([arm.positions for arm in arms]))
    return np.concatenate([most, others[~among(others, most)]])


def among(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Return which rows are among others, as `np.isin` does, without sorting: positions are few."""
    if not len(rows) or not len(others):
        return np.zeros(len(rows), bool)
    marked = np.zeros(max(int(rows.max()), int(others.max())) + 1, bool)
    marked[others] = True
    return marked[rows]
