"""The same passage at several addresses is one hit, after access: of what may be seen, once each.

Only searches that rank collapse. What is listed by a filter alone stays row by row, so that
whoever walks through an index meets every address.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from indexes.search.contract import Ranked

if TYPE_CHECKING:
    from indexes.search.contract import View

COPIES = 20
"""Other addresses that a hit tells of; how many there are, it tells in any case."""


def firsts(view: View, positions: np.ndarray) -> np.ndarray:
    """Return the places in `positions` at which a passage stands for the first time, int64."""
    numbers = view.passages(positions)
    every = np.arange(len(positions))
    if numbers is None or not len(every):
        return every
    # Of assignments to one place the last one stays, so they are made back to front.
    first = np.empty(int(numbers.max()) + 1, np.int64)
    first[numbers[::-1]] = every[::-1]
    return np.flatnonzero(first[numbers] == every)


def cut(view: View, ranked: Ranked, most: int) -> tuple[Ranked, bool]:
    """Return the best rows, up to `most` different passages, and whether there are that many."""
    places = firsts(view, ranked.positions)
    if len(places) <= most:
        return ranked, len(places) == most
    end = int(places[most])
    return Ranked(ranked.positions[:end], ranked.scores[:end]), True


def nearest(view: View, field: str, vector: np.ndarray, k: int, *, exact: bool = False) -> Ranked:
    """Return the nearest rows, as many as hold `k` different passages."""
    wanted = k
    while True:
        found = view.vector(field, vector, wanted, exact=exact)
        best, filled = cut(view, found, k)
        if filled or len(found.positions) < wanted or wanted >= view.rows:
            return best
        wanted *= 4


def copies(view: View, position: int) -> tuple[list[dict[str, Any]], int]:
    """Return other addresses of a hit's passage in view, the first of them, and their number."""
    others = view.copies(position)
    if not len(others):
        return [], 0
    return view.documents(others[:COPIES], view.definition.addressed), len(others)
