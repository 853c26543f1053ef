"""The DAGs of a project: ingest, silver and gold for each source, build for each index.

They are made from the file that FRESHGROUND_SETTINGS names. Each layer is woken by the assets of
the layer before, and by the clock, which drains what a lost event left. Tasks take their work from
the ledger, so a run too many does nothing.
"""

from __future__ import annotations

import os
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, task
from croniter import croniter

from dags import deadlines, tasks
from dags.assets import asset
from dags.governing import (
    RETRIES,
    START,
    approval_dag,
    deadline_dag,
    governor_dag,
)
from dags.ids import approval_id, ingest_id, layer_id
from freshground.core.errors import ConfigError
from freshground.core.settings import load

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings, Settings

_COMMON: dict[str, Any] = {
    "start_date": START,
    "catchup": False,
    "max_active_runs": 1,
    "default_args": RETRIES,
}


def _cron(settings: Settings, name: str) -> CronTriggerTimetable:
    """Return the timetable of a setting under `airflow`; ConfigError where it is no cron."""
    expression: str = getattr(settings.airflow, name)
    # Airflow would leave out the DAGs with it, show the others, and not name the setting.
    if not croniter.is_valid(expression):
        raise ConfigError(
            f"airflow.{name}: {expression!r} is no cron expression.",
            "Write five fields, such as '0 * * * *' for each full hour, in UTC.",
        )
    return CronTriggerTimetable(expression, timezone="UTC")


def ingest_dag(settings: Settings, source_id: str) -> DAG:
    """List a source and record what changed; wake silver, or confirm the live releases.

    The governor starts it, and people; an event of the asset `source/<id>`, such as an AssetWatcher
    or a call of the REST API raises; and a cron expression where the settings name one.
    """
    events = asset(settings, "source", source_id)
    cron = settings.airflow.ingest
    schedule = (
        [events]
        if cron is None
        else AssetOrTimeSchedule(timetable=_cron(settings, "ingest"), assets=events)
    )
    with DAG(
        ingest_id(source_id),
        schedule=schedule,
        tags=["freshground", "ingest"],
        doc_md=ingest_dag.__doc__,
        **_COMMON,
    ) as dag:

        @task
        def ingest() -> dict[str, Any]:
            return tasks.ingest(settings, source_id)

        @task.branch
        def changed(result: dict[str, Any]) -> str:
            return "announce" if tasks.wrote(result) else "confirm"

        @task(outlets=[asset(settings, "bronze", source_id)])
        def announce() -> None:
            """Raise the event that wakes silver."""

        @task
        def confirm() -> None:
            tasks.confirm(settings, source_id)

        @task.short_circuit(trigger_rule="one_failed", retries=0)
        def stopped() -> dict[str, str]:
            return tasks.stopped_plan(settings, source_id)

        listed = ingest()
        changed(listed) >> [announce(), confirm()]
        # One run for one plan: who has answered is not asked again.
        (
            listed
            >> stopped()
            >> TriggerDagRunOperator(
                task_id="ask",
                trigger_dag_id=approval_id(source_id),
                trigger_run_id="plan__{{ ti.xcom_pull(task_ids='stopped')['plan'] }}",
                skip_when_already_exists=True,
            )
        )
    return dag


def layer_dag(settings: Settings, name: str, before: str, source_id: str) -> DAG:
    """Run silver or gold over a source's pending documents, a mapped task a shard.

    A task of silver judges what it has parsed: nothing goes on that admission has not seen.
    No task follows both the shards and `announce`: a DAG run is judged by its last tasks, and one
    that runs whatever came before would call a failed run a success.
    """
    schedule = AssetOrTimeSchedule(
        timetable=_cron(settings, "drain"), assets=asset(settings, before, source_id)
    )
    with DAG(
        layer_id(name, source_id),
        schedule=schedule,
        tags=["freshground", name],
        doc_md="Run the stage over the source's pending documents, a mapped task a shard.",
        **_COMMON,
    ) as dag:

        @task
        def shards() -> list[list[int]]:
            return tasks.shards(settings, name, source_id)

        @task(task_id=name)
        def work(shard: list[int]) -> dict[str, Any]:
            return tasks.work(settings, name, source_id, (shard[0], shard[1]))

        # No pending documents: no shards, which Airflow counts as skipped.
        @task.short_circuit(trigger_rule="none_failed")
        def changed(results: Any) -> bool:
            return tasks.news(results)

        @task(outlets=[asset(settings, name, source_id)])
        def announce() -> None:
            """Raise the event that wakes the next layer."""

        done = work.expand(shard=shards())
        changed(done) >> announce()
        if name == "silver":

            @task(trigger_rule="all_done", retries=0)
            def report() -> str:
                return tasks.tell(settings, source_id)

            done >> report()
    return dag


def build_dag(settings: Settings, index: IndexSettings) -> DAG:
    """Embed what is new, build the candidate, judge it, publish it."""
    golds = [asset(settings, "gold", source_id) for source_id in index.sources]
    schedule = AssetOrTimeSchedule(timetable=_cron(settings, "drain"), assets=reduce(or_, golds))
    with DAG(
        layer_id("build", index.id),
        schedule=schedule,
        tags=["freshground", "build"],
        doc_md=build_dag.__doc__,
        **_COMMON,
    ) as dag:

        @task
        def embed() -> dict[str, Any]:
            return tasks.run_stage(settings, "embed", index=index.id)

        @task
        def build(embedded: dict[str, Any]) -> dict[str, Any]:
            """Publish; not while texts wait for the budget, since a release has no holes."""
            if embedded["outcome"] == "waiting":
                return embedded
            return tasks.run_stage(settings, "build", index=index.id)

        @task.short_circuit
        def changed(result: dict[str, Any]) -> bool:
            return tasks.wrote(result)

        @task(outlets=[asset(settings, "index", index.id)])
        def announce() -> None:
            """Raise the event that tells of a new release."""

        built = build(embed())
        changed(built) >> announce()
    return dag


def make(settings: Settings) -> list[DAG]:
    """Return all DAGs of a project, in the order in which one refresh runs them."""
    found = [ingest_dag(settings, source_id) for source_id in settings.source_ids]
    for name, before in (("silver", "bronze"), ("gold", "silver")):
        found += [layer_dag(settings, name, before, s) for s in settings.source_ids]
    return found + [build_dag(settings, index) for index in settings.indexes]


def make_governing(settings: Settings) -> list[DAG]:
    """Return the DAGs that start refreshes, tell people about them, and ask them."""
    asking = [approval_dag(settings, source_id) for source_id in settings.source_ids]
    # Airflow would make no run of a DAG whose deadline it cannot read.
    telling = [deadline_dag(settings)] if deadlines.known() else []
    return [governor_dag(settings), *telling, *asking]


def _project() -> list[DAG]:
    """Make the DAGs, saying of settings that cannot be used how Airflow came by them."""
    try:
        settings = load()
        return [*make(settings), *make_governing(settings)]
    except ConfigError as error:
        named = os.environ.get("FRESHGROUND_SETTINGS")
        how = f"is {named!r}" if named else "is not set, so ./freshground.yaml was looked for"
        raise ConfigError(
            f"No DAGs were made. {error.found}",
            f"{error.do} Airflow reads the file that FRESHGROUND_SETTINGS names; it {how}.",
        ) from None


for _dag in _project():
    globals()[_dag.dag_id] = _dag
