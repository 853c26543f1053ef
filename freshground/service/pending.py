"""How much a stage has to do, for those who divide the work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.admission.pending import to_admit
from freshground.service.admission.scope import worth_parsing
from freshground.service.admission.standing import admitted
from freshground.service.stages.gold import wanted_cuts

if TYPE_CHECKING:
    from freshground.service.context import Context


def pending(context: Context, stage: str, source_id: str) -> int:
    """Return the number of documents of a source that silver or gold has not done.

    Of silver those too that admission has not judged: one task parses and judges a shard.
    """
    silver_id = context.silver_id(source_id)
    if stage == "silver":
        rows = worth_parsing(
            context, source_id, context.ledger.silver_pending(source_id, silver_id)
        )
        parse = {row["doc_id"] for row in rows}
        judge = {each.document.doc_id for each in to_admit(context, source_id)}
        return len(parse | judge)
    documents = admitted(context, source_id)
    cuts = [context.chunker(index).id for index in wanted_cuts(context, source_id)]
    counts = (len(context.ledger.gold_pending(source_id, documents, cut)) for cut in cuts)
    return max(counts, default=0)
