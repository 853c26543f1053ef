"""One search over a view: its arms, their fusion, order, page, counts, facets and highlights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from indexes.search.arms import among, found
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
    """
    hits = found(view, plan)
    page = ordered(view, hits, plan.order)[plan.skip : plan.skip + plan.top]
    positions = hits.positions[page]
    shape = shape_of(view.definition, plan.select)
    documents = view.documents(positions, list(shape)) if len(positions) else []
    marked = highlights(view, positions, plan)
    arms = _arms(hits, positions)
    return Result(
        hits=[
            Found(
                key=key,
                position=int(position),
                score=float(score),
                document=shaped(document, shape),
                highlights=marks,
                arms=ranks,
            )
            for key, position, score, document, marks, ranks in zip(
                view.keys(positions),
                positions,
                hits.scores[page],
                documents,
                marked,
                arms,
                strict=True,
            )
        ],
        matches=len(hits.all),
        facets={asked.path: facet(view, hits.all, asked) for asked in plan.facets},
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
