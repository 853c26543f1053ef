"""How much a stage has to do, for those who divide the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.admission.standing import admitted
from freshground.service.stages.gold import wanted_cuts

if TYPE_CHECKING:
    from freshground.service.context import Context


def pending(context: Context, stage: str, source_id: str) -> int:
    """Return the number of documents of a source that silver or gold has not done."""
    silver_id = context.silver_id(source_id)
    if stage == "silver":
        return len(context.ledger.silver_pending(source_id, silver_id))
    documents = admitted(context, source_id)
    cuts = [context.chunker(index).id for index in wanted_cuts(context, source_id)]
    counts = (len(context.ledger.gold_pending(source_id, documents, cut)) for cut in cuts)
    return max(counts, default=0)
