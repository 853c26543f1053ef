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

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

INTERRUPTED = 130
"""The status of a run that Ctrl-C, or the service's end, broke off."""


@traced_refresh
def refresh(
    context: Context,
    *,
    sources: Sequence[str] = (),
    indexes: Sequence[str] = (),
    looks: Collection[str] = (),
    trigger: str = "call",
    comment: str = "",
) -> list[StageReport]:
    """Run every stage over the named sources and indexes, or all; return the reports in order.

    Of the sources, those in `looks` are listed only to see whether anything changed.
    A source that fails or is stopped keeps its documents as they were; the others go on. The run
    is recorded in the journal with one commit: what started it (`trigger`) and why (`comment`) too.
    One that is interrupted is recorded as far as it came.
    """
    started = time.perf_counter()
    named = indexes or [index.id for index in context.settings.indexes]
    wanted = [context.settings.index(name) for name in named]
    of = in_turn(context, sources or _sources_of(context, wanted, all_indexes=not indexes))
    planned = [
        (stage, source_id) for source_id in of for stage in ("ingest", "silver", "admit", "gold")
    ]
    planned += [(stage, index.id) for index in wanted for stage in ("embed", "build")]
    reports: list[StageReport] = []
    try:
        with context.progress.run(context, trigger, planned):
            _run(context, of, wanted, looks, reports)
    except KeyboardInterrupt:
        _record(context, reports, INTERRUPTED, started, trigger, comment)
        raise
    _record(context, reports, exit_status(reports), started, trigger, comment)
    return reports


def _run(
    context: Context,
    sources: Sequence[str],
    indexes: Sequence[IndexSettings],
    looks: Collection[str],
    reports: list[StageReport],
) -> None:
    for source_id in sources:
        scope = Scope(source=source_id)
        first = (stages.look if source_id in looks else stages.ingest)(context, scope)
        reports.append(first)
        reports.append(stages.silver(context, scope))
        reports.append(stages.admit(context, scope))
        reports.append(stages.gold(context, scope))
    for index in indexes:
        scope = Scope(index=index.id)
        embedded = stages.embed(context, scope)
        reports.append(embedded)
        if embedded.outcome not in ("failed", "waiting"):
            reports.append(stages.build(context, scope))


def _record(
    context: Context,
    reports: Sequence[StageReport],
    status: int,
    started: float,
    trigger: str,
    comment: str,
) -> None:
    body = {
        "status": status,
        "seconds": round(time.perf_counter() - started, 4),
        "by": context.by,
        "trigger": trigger,
        "comment": comment,
        "stages": [
            {
                "stage": r.stage,
                "subject": r.subject,
                "outcome": r.outcome,
                "seconds": round(r.seconds, 4),
                **r.counts,
            }
            for r in reports
        ],
    }
    context.lake.journal.add(context.run_id, "run", "refresh", body)
    context.lake.journal.commit()


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
        "quarantined": add("silver", "quarantined") + add("admit", "quarantined"),
        "chunks": add("gold", "chunks"),
        "texts_embedded": add("embed", "texts_embedded"),
        "vectors_reused": add("embed", "vectors_reused"),
    }
