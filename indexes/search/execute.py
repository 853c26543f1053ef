"""One search over a view: its arms, their fusion, order, page, counts, facets and highlights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexes.search.arms import among, found
from indexes.search.collapse import copies, firsts
from indexes.search.facets import facet
from indexes.search.highlight import highlights
from indexes.search.order import ordered
from indexes.search.plan import Found, Result
from indexes.search.select import shape_of, shaped

if TYPE_CHECKING:
    from indexes.search.arms import Hits
    from indexes.search.contract import View
    from indexes.search.plan import SearchPlan


def run(view: View, plan: SearchPlan) -> Result:
    """Answer a search. ConfigError for a query vector that does not fit.

    A search of one arm has that arm's scores: BM25, or 1/(1+(1-cosine)). Several are joined by
    reciprocal rank fusion in float32: each adds weight / (60 + rank). Matches and facets are of
    every row that matches, the text arm's beyond its recall included; those are no hits.

    Where the definition collapses, a search that ranks returns, counts and skips passages: each
    once, as the first of its rows in the order asked for. A facet counts the passages that its
    value, as a filter, would leave.
    """
    hits = found(view, plan)
    places = ordered(view, hits, plan.order)
    numbers = view.passages(hits.all) if plan.ranks else None
    if numbers is not None:
        places = places[firsts(view, hits.positions[places])]
    page = places[plan.skip : plan.skip + plan.top]
    positions = hits.positions[page]
    shape = shape_of(view.definition, plan.select)
    documents = view.documents(positions, list(shape)) if len(positions) else []
    marked = highlights(view, positions, plan)
    arms = _arms(hits, positions)
    others = [copies(view, int(at)) if numbers is not None else ([], 0) for at in positions]
    return Result(
        hits=[
            Found(
                key=key,
                position=int(position),
                score=float(score),
                document=shaped(document, shape),
                highlights=marks,
                arms=ranks,
                copies=addresses,
                copy_count=count,
            )
            for key, position, score, document, marks, ranks, (addresses, count) in zip(
                view.keys(positions),
                positions,
                hits.scores[page],
                documents,
                marked,
                arms,
                others,
                strict=True,
            )
        ],
        matches=len(hits.all) if numbers is None else int(np.count_nonzero(np.bincount(numbers))),
        facets={asked.path: facet(view, hits.all, asked, numbers) for asked in plan.facets},
    )


def _arms(hits: Hits, positions: np.ndarray) -> list[dict[str, tuple[int, float]]]:
    """Return rank and score of each row in every arm that found it."""
    ranks: list[dict[str, tuple[int, float]]] = [{} for _ in positions]
    rows = {int(position): each for position, each in zip(positions, ranks, strict=True)}
    for arm in hits.arms:
        for place in np.flatnonzero(among(arm.positions, positions)):
            row = rows[int(arm.positions[place])]
            row[arm.name] = (int(place) + 1, float(arm.scores[place]))
    return ranks
