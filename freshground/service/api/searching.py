"""One search, whoever asks: HTTP, knowledge bases and agents come through here.

It is counted as the command line's questions are, answered by the canary where one runs, refused
when it is staler than is accepted, and its question is kept for the drift of questions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.service.api.errors import ApiError
from freshground.service.asking.noting import note_question
from freshground.service.freshness.accepted import refuse_stale
from indexes.search.execute import run

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from freshground.service.api.bodies import Asked
    from freshground.service.api.catalog import Served
    from freshground.service.api.principal import Principal
    from freshground.service.api.service import Service
    from indexes.search.plan import Result


@dataclass(frozen=True)
class Answered:
    """What was asked and found, of which index or release."""

    served: Served
    asked: Asked
    result: Result


def search(
    service: Service,
    name: str,
    principal: Principal,
    asked: Callable[[Served], Asked],
    *,
    session: str | None = None,
    accepted: timedelta | None = None,
) -> Answered:
    """Search an index for a caller. `asked` makes the plan for what answers.

    `session` decides whether a canary answers: the same one always is, or never. Raises ApiError,
    and TooStale when what would answer is older than `accepted`.
    """
    context, counted = service.context, False

    def ask(served: Served) -> Answered:
        nonlocal counted
        if served.index is not None and not counted:  # a canary that fails is asked once more
            context.lake.queries.add(served.index.id)
            counted = True
        refuse_stale(served.name, served.freshness, accepted)
        found = asked(served)
        return Answered(served, found, answered(served, found))

    answer, served = service.catalog.answer(
        name, principal, session, ask, lambda each: len(each.result.hits)
    )
    if served.index is not None:
        for text, vector in answer.asked.texts:
            note_question(context, served.index, text, vector, _best(answer))
    return answer


def answered(served: Served, asked: Asked) -> Result:
    """Run a plan over what its caller may see. What the engine refuses is a 400."""
    try:
        return run(served.view.narrowed(asked.where), asked.plan)
    except ConfigError as error:
        raise ApiError(400, "InvalidRequest", str(error)) from None


def _best(answer: Answered) -> float | None:
    """Return the cosine of the nearest hit; None where a filter decided what could be hit."""
    asked = answer.asked
    if asked.where is not None or asked.plan.after is not None:
        return None
    vectors = {path for arm in asked.plan.vectors for path in arm.fields}
    first = [
        2 - 1 / score  # what Azure makes of a cosine, turned back
        for hit in answer.result.hits
        for arm, (rank, score) in hit.arms.items()
        if rank == 1 and arm.partition("#")[0] in vectors
    ]
    return max(first, default=None)
