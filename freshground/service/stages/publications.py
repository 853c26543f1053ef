"""What a release brings, noted before it is served: the record that freshness lags come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.freshness.as_of import listing_times
from indexes import publications

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.desired import Desired


def note_publications(
    context: Context, index: IndexSettings, state: Desired, candidate_id: str, created: datetime
) -> None:
    """Record which versions a candidate brings to an index, and since when each has waited."""
    gone = set(state.plan.removed)
    deleted = {
        doc_id: row
        for source_id in (index.sources if gone else ())
        for doc_id, row in context.ledger.objects(source_id).items()
        if doc_id in gone and row["state"] == "deleted"
    }
    publications.write(
        context.lake,
        index.id,
        candidate_id,
        state.plan,
        deleted,
        {source_id: listing_times(context, source_id) for source_id in index.sources},
        {p.candidate for p in context.lake.pointers.history(index.id)},
        created,
        context.run_id,
    )
