"""A whole refresh in one process: the same stages as the DAGs, in order."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from freshground.service import stages
from freshground.service.plans.deferral import in_turn
from freshground.service.reports import Scope, StageReport, exit_status
from freshground.service.telemetry.traced import traced_refresh

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from freshground.service.context import Context


@traced_refresh
def refresh(
    context: Context,
    *,
    sources: Sequence[str] = (),
    indexes: Sequence[str] = (),
    looks: Collection[str] = (),
) -> list[StageReport]:
    """Run every stage over the named sources and indexes, or all; return the reports in order.

    Of the sources, those in `looks` are listed only to see whether anything changed.
    A source that fails or is stopped keeps its documents as they were; the others go on. The run
    is recorded in the journal with one commit.
    """
    started = time.perf_counter()
    named = indexes or [index.id for index in context.settings.indexes]
    wanted = [context.settings.index(name) for name in named]
    reports: list[StageReport] = []
    for source_id in in_turn(
        context, sources or _sources_of(context, wanted, all_indexes=not indexes)
    ):
        scope = Scope(source=source_id)
        first = (stages.look if source_id in looks else stages.ingest)(context, scope)
        reports.append(first)
        reports.append(stages.silver(context, scope))
        reports.append(stages.gold(context, scope))
    for index in wanted:
        scope = Scope(index=index.id)
        embedded = stages.embed(context, scope)
        reports.append(embedded)
        if embedded.outcome not in ("failed", "waiting"):
            reports.append(stages.build(context, scope))
    body = {
        "status": exit_status(reports),
        "seconds": round(time.perf_counter() - started, 4),
        "by": context.by,
        "stages": [
            {"stage": r.stage, "subject": r.subject, "outcome": r.outcome, **r.counts}
            for r in reports
        ],
    }
    context.lake.journal.add(context.run_id, "run", "refresh", body)
    context.lake.journal.commit()
    return reports


def _sources_of(context: Context, wanted: Sequence[Any], *, all_indexes: bool) -> list[str]:
    if all_indexes:
        return context.settings.source_ids
    used = {source for index in wanted for source in index.sources}
    return [source for source in context.settings.source_ids if source in used]


def totals(reports: Sequence[StageReport]) -> dict[str, Any]:
    """Return the sums over stages that people ask for first."""

    def add(stage: str, name: str) -> int:
        return sum(r.counts.get(name, 0) for r in reports if r.stage == stage)

    return {
        "seconds": round(sum(r.seconds for r in reports), 4),
        "listed": add("ingest", "listed"),
        "added": add("ingest", "added"),
        "changed": add("ingest", "changed"),
        "touched": add("ingest", "touched"),
        "removed": add("ingest", "removed"),
        "moved": add("ingest", "moved"),
        "deferred": add("ingest", "deferred"),
        "quarantined": add("silver", "quarantined"),
        "chunks": add("gold", "chunks"),
        "texts_embedded": add("embed", "texts_embedded"),
        "vectors_reused": add("embed", "vectors_reused"),
    }
