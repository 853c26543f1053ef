"""What tasks do: call one stage, record it, and end in the state that is true.

Everything heavy is imported when a task runs. What passes between tasks are references and counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow.sdk import get_current_context
from airflow.sdk.exceptions import AirflowFailException

if TYPE_CHECKING:
    from freshground.core.settings import Settings
    from freshground.service.context import Context
    from freshground.service.reports import StageReport


def open_context(settings: Settings) -> Context:
    """Return a context whose run is this DAG run."""
    from freshground.service.context import Context

    now = get_current_context()
    run = f"{now['dag'].dag_id}/{now['run_id']}"
    return Context(settings, by=f"airflow:{now['dag'].dag_id}", run_id=run)


def run_stage(
    settings: Settings,
    name: str,
    *,
    source: str | None = None,
    index: str | None = None,
    shard: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Run a stage and return its counts. A stage that failed or was stopped fails the task.

    A task is retried only when time may mend it.
    """
    from freshground.service import stages
    from freshground.service.reports import Scope

    context = open_context(settings)
    report: StageReport = getattr(stages, name)(context, Scope(source, index, shard))
    context.lake.journal.commit()
    if report.status not in (0, 3):
        if report.retriable:
            raise RuntimeError(report.message)
        raise AirflowFailException(f"{report.outcome}: {report.message}")
    return {
        "stage": report.stage,
        "subject": report.subject,
        "outcome": report.outcome,
        "counts": report.counts,
        "newly_quarantined": len(report.quarantined),
        "message": report.message,
    }


def shards(settings: Settings, name: str, source: str) -> list[list[int]]:
    """Return [number, of] for each shard that the pending documents of a stage fill."""
    from freshground.service.pending import pending

    context = open_context(settings)
    count = pending(context, name, source)
    of = -(-count // settings.shard_size)
    return [[number, of] for number in range(of)]


def confirm(settings: Settings, source: str) -> None:
    """Record, for each index over a source, that its live release is still right."""
    from freshground.service import stages
    from freshground.service.reports import Scope

    context = open_context(settings)
    for index in settings.indexes:
        if source in index.sources:
            stages.confirm(context, Scope(index=index.id))
    context.lake.journal.commit()


def wrote(results: Any) -> bool:
    """Return whether any of some stage results changed anything."""
    found = [results] if isinstance(results, dict) else list(results or ())
    return any(result["outcome"] in ("done", "quarantined") for result in found)


def tell(settings: Settings) -> str:
    """Fail when this run newly set documents aside: its other tasks succeeded."""
    context = open_context(settings)
    entries = context.lake.journal.entries("stage", run_id=context.run_id)
    aside = [item for entry in entries for item in entry.body["newly_quarantined"]]
    if aside:
        lines = "\n".join(f"  {i['uri']} ({i['rule']}): {i['reason']}" for i in aside[:50])
        raise AirflowFailException(
            f"{len(aside)} documents were newly set aside; all others went on.\n{lines}\n"
            "See `freshground quarantine list`."
        )
    return f"{len(entries)} stages did something; no document was newly set aside"
