"""One hybrid question to one index: what retrieval for agents and the MCP tools share.

Managed indexes join their arms as `query` does: by evidence, with the release's own calibration,
unless their settings say `rrf`. That was measured to be better than ranks alone (ADR 8); the
protocol's `search` keeps to Azure's formula.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.bodies import filter_of
from freshground.service.api.served.finds import note_finds
from freshground.service.asking.noting import note_question
from freshground.service.freshness.accepted import refuse_stale
from indexes.fusion import Calibration, fuse
from indexes.search.collapse import copies, cut, firsts, nearest
from indexes.search.execute import run
from indexes.search.plan import Found, SearchPlan, TextArm, VectorArm
from indexes.search.text import Words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from freshground.service.api.principal import Principal
    from freshground.service.api.served.catalog import Served
    from freshground.service.api.service import Service
    from indexes.fusion import Arm, FusedHit
    from indexes.search.contract import Ranked, View

T = TypeVar("T")

ARM_HITS = 200
"""Hits that each arm gives to the fusion, at least: as many as `query` takes."""

VECTOR = "vector"
TEXT = "text"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and what is accepted. `session` always meets the canary, or never."""

    principal: Principal
    accepted: timedelta | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """The hits for one question, best first; its vector where it was encoded.

    `nearest` is the cosine of the nearest row, None where a filter decided what could be found.
    """

    question: str
    hits: list[Found]
    vector: np.ndarray | None = None
    nearest: float | None = None


def answered(
    service: Service,
    name: str,
    caller: Caller,
    ask: Callable[[Served], T],
    hits: Callable[[T], int],
    answers: Callable[[T], Sequence[Answer]],
) -> tuple[T, Served]:
    """Ask an index, or the canary beside it, for a caller; count the question, and keep it.

    ApiError where the index may not be asked, TooStale where it is older than is accepted.
    """
    counted = False

    def of(served: Served) -> T:
        nonlocal counted
        if served.index is not None and not counted:  # a canary that fails is asked once more
            service.context.lake.queries.add(served.index.id)
            counted = True
        refuse_stale(served.name, served.freshness, caller.accepted)
        return ask(served)

    found, served = service.catalog.answer(name, caller.principal, caller.session, of, hits)
    if served.index is not None:
        kept = answers(found)
        for each in kept:
            if each.vector is not None:
                note_question(
                    service.context, served.index, each.question, each.vector, each.nearest
                )
        note_finds(service.context, served, kept, caller.principal.groups)
    return found, served


def ask(
    served: Served,
    text: str,
    *,
    where: str | None = None,
    k: int = 50,
    select: Sequence[str] | None = None,
) -> Answer:
    """Return the best `k` rows for a text in plain words, from all that may be seen.

    The text is no syntax: `-` and quotes in it are punctuation. An index that cannot encode texts
    is asked by its words alone. `select` None: every retrievable field. ApiError 400 for a filter
    that is wrong.
    """
    view = served.view.narrowed(filter_of(served, where))
    definition = served.definition
    words = TextArm(Words(text), dict.fromkeys(definition.default_texts, 1.0))
    vector = _encoded(served, text)
    fields = [
        path
        for path, field in definition.vectors.items()
        if vector is not None and field.dimensions == len(vector)
    ]
    shown = tuple(
        field.name
        for field in definition.fields
        if field.retrievable and (select is None or field.name in select)
    )
    if vector is None or not fields:
        return Answer(text, run(view, SearchPlan(words, select=shown, top=k)).hits)
    if served.index is not None and served.index.fusion.mode == "adaptive":
        count = max(2 * k, ARM_HITS)
        near = nearest(view, fields[0], vector, count)
        hits = _by_evidence(served, view, text, near, view.text(words.query, words.fields), k)
        found = _found(view, hits, shown)
        best = float(near.scores[0]) if len(near.scores) and where is None else None
        return Answer(text, found, vector, best)
    arms = (VectorArm(tuple(fields), vector, max(k, 50)),)
    return Answer(text, run(view, SearchPlan(words, arms, select=shown, top=k)).hits, vector)


def _by_evidence(
    served: Served, view: View, text: str, by_vector: Ranked, by_text: Ranked, k: int
) -> list[FusedHit]:
    count = max(2 * k, ARM_HITS)
    stored = served.manifest.calibration if served.manifest is not None else None
    calibration = Calibration.from_json(stored) if stored else None
    vector_arm, text_arm = _arm(view, by_vector), _arm(view, cut(view, by_text, count)[0])
    hits = fuse(
        vector_arm,
        text_arm,
        len(vector_arm) + len(text_arm),
        "adaptive",
        calibration,
        query=text,
    )
    positions = np.array([view.position(hit.chunk_id) for hit in hits], np.int64)
    return [hits[place] for place in firsts(view, positions)[:k]]


def _found(view: View, hits: Sequence[FusedHit], shown: Sequence[str]) -> list[Found]:
    positions = [at for hit in hits if (at := view.position(hit.chunk_id)) is not None]
    documents = view.documents(positions, shown)
    found: list[Found] = []
    for hit, at, document in zip(hits, positions, documents, strict=True):
        ranks = ((VECTOR, hit.vector_rank, hit.vector_score), (TEXT, hit.text_rank, hit.text_score))
        arms = {
            name: (rank, score)
            for name, rank, score in ranks
            if rank is not None and score is not None
        }
        others, count = copies(view, at)
        found.append(
            Found(hit.chunk_id, at, hit.score, document, arms=arms, copies=others, copy_count=count)
        )
    return found


def _arm(view: View, ranked: Ranked) -> Arm:
    return list(zip(view.keys(ranked.positions), ranked.scores.tolist(), strict=True))


def _encoded(served: Served, text: str) -> np.ndarray | None:
    if not text.strip() or not served.definition.vectors:
        return None
    try:
        return served.encode(text)
    except ApiError as error:
        if error.code != "NoVectorizer":
            raise
        return None
