"""What is kept of a question for the drift of queries, whichever door it came through."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context


def note_question(
    context: Context, index: IndexSettings, text: str, vector: np.ndarray, best: float | None
) -> None:
    """Offer a question to its index's sample, where the settings watch how questions drift.

    `vector` is the question's, by the index's own encoder; `best` the cosine of its best hit, None
    where a filter decided what could be hit.
    """
    drift = index.gates.drift
    if drift.queries and drift.severity != "off":
        space = context.encoder(index).space.id
        context.lake.queries.question(index.id, space, text, vector, best)
