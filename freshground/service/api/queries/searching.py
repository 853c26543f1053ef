"""One search by the protocol: its plan is run, and its hits are read again where that is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.service.api.agents.asking import Answer, answered
from freshground.service.api.errors import ApiError
from freshground.service.api.queries import semantic
from indexes.search.execute import run
from indexes.search.text import plain_words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.service.api.agents.asking import Caller
    from freshground.service.api.queries.bodies import Asked
    from freshground.service.api.queries.semantic_asked import SemanticAsked
    from freshground.service.api.served.catalog import Served
    from freshground.service.api.service import Service
    from indexes.rerank import Reranker
    from indexes.search.contract import View
    from indexes.search.plan import Found, Result


@dataclass(frozen=True)
class Searched:
    """What was asked and found. `extras` are what semantic ranking adds to each hit, if asked."""

    asked: Asked
    result: Result
    extras: Sequence[dict[str, Any]] = ()


def search(
    service: Service, name: str, caller: Caller, asked: Callable[[Served], Asked]
) -> tuple[Searched, Served]:
    """Search an index for a caller. `asked` makes the plan for what answers: live or canary."""

    def ask(served: Served) -> Searched:
        wanted = asked(served)
        view = served.view.narrowed(wanted.where)
        try:
            if wanted.semantic is not None:
                return _reread(service.reranker, view, wanted, wanted.semantic)
            return Searched(wanted, run(view, wanted.plan))
        except ConfigError as error:
            raise ApiError(400, "InvalidRequest", str(error)) from None

    return answered(service, name, caller, ask, lambda found: len(found.result.hits), _kept)


def _kept(found: Searched) -> list[Answer]:
    """Return what was asked: the texts that were vectorised, else the words, if there are any.

    The drift of questions is told of the texts, and of each answer which documents it found.
    """
    nearest, hits = _nearest(found), found.result.hits
    texts = found.asked.texts
    if texts:
        return [Answer(text, hits, vector, nearest) for text, vector in texts]
    plan = found.asked.plan
    words = [] if plan.text is None else list(plain_words(plan.text.query))
    return [Answer(" ".join(words), hits)] if words or plan.vectors else []


def _nearest(found: Searched) -> float | None:
    """Return the cosine of the nearest row; None where a filter decided what could be hit."""
    asked = found.asked
    if asked.where is not None or asked.plan.after is not None:
        return None
    vectors = {path for arm in asked.plan.vectors for path in arm.fields}
    first = [
        2 - 1 / score  # what Azure makes of a cosine, turned back
        for hit in found.result.hits
        for arm, (rank, score) in hit.arms.items()
        if rank == 1 and arm.partition("#")[0] in vectors
    ]
    return max(first, default=None)


def _reread(reranker: Reranker | None, view: View, asked: Asked, wanted: SemanticAsked) -> Searched:
    """Run a plan and let a cross-encoder put its first 50 hits in order, then take the page."""
    if reranker is None:
        raise semantic.unavailable()
    plan = asked.plan
    if plan.order:
        raise ApiError(
            400, "InvalidParameter", "Parameter 'orderby': semantic ranking is an order already."
        )
    fields = semantic.semantic_fields(view.definition, wanted.configuration)
    end = plan.skip + plan.top
    result = run(view, replace(plan, skip=0, top=max(end, semantic.RERANKED)))
    texts = semantic.texts_of(view, result.hits, fields)
    page = semantic.reread(reranker.scores, wanted.query, result.hits, texts)[plan.skip : end]
    extras: list[dict[str, Any]] = [
        {} if each.score is None else {"@search.rerankerScore": each.score} for each in page
    ]
    if wanted.captions:
        read = [place for place, each in enumerate(page) if each.score is not None]
        told = semantic.captions(reranker.scores, wanted.query, [page[at].text for at in read])
        for place, caption in zip(read, told, strict=True):
            if caption is not None:
                extras[place]["@search.captions"] = [_caption(caption, wanted)]
    hits: list[Found] = [each.hit for each in page]
    return Searched(asked, replace(result, hits=hits), extras)


def _caption(caption: dict[str, str], wanted: SemanticAsked) -> dict[str, str]:
    return caption if wanted.highlighted else {**caption, "highlights": ""}
