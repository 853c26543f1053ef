"""DAGs about refreshes: the governor, which starts them, and approvals of what a guard stopped."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, DeltaTriggerTimetable, Param, task

from dags import deadlines, tasks
from dags.ids import DEADLINES, GOVERNOR, approval_id, ingest_id

if TYPE_CHECKING:
    from airflow.sdk import Context

    from freshground.core.settings import Settings

START = datetime(2026, 1, 1, tzinfo=UTC)
RETRIES: dict[str, Any] = {
    "owner": "freshground",
    "retries": 2,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2.0,
}


class Asking(ApprovalOperator):
    """An approval whose answer can be read also when it was no, by `tasks.answer`.

    Airflow's own skips the tasks behind it by an exception, with which its result is lost.
    """

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Pass the answer on, then go on as ever."""
        if "error" not in event:
            user = event["responded_by_user"]
            name = (user["name"] if isinstance(user, dict) else user.name) if user else "time-out"
            comment = (event["params_input"] or {}).get("comment") or ""
            value = {"option": event["chosen_options"][0], "by": name, "comment": comment}
            context["ti"].xcom_push(key=tasks.ANSWER, value=value)
        return super().execute_complete(context, event)


def governor_dag(settings: Settings) -> DAG:
    """Decide for each source whether it is to be refreshed now, and wake its ingest DAG.

    Beside that, and without holding it up: tell of what is wrong, and note when each index passes
    its SLA, for the DAG freshground_deadlines.
    """
    with DAG(
        GOVERNOR,
        schedule=DeltaTriggerTimetable(settings.governor.every),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        default_args=RETRIES,
        tags=["freshground", "governor"],
        doc_md=governor_dag.__doc__,
    ) as dag:

        @task
        def decide() -> list[dict[str, Any]]:
            return tasks.decide(settings)

        # The next run tells what this one could not.
        @task(retries=0)
        def alerts() -> str:
            return tasks.alert(settings)

        alerts()
        wake = TriggerDagRunOperator.partial(task_id="wake", skip_when_already_exists=True)
        wake.expand_kwargs(decide())
    return dag


def deadline_dag(settings: Settings) -> DAG:
    """Hold the native deadlines: Airflow calls back when an index has passed its SLA.

    Its runs need no worker and wait for nothing, so they are made when the governor hangs, too.
    """
    with DAG(
        DEADLINES,
        schedule=DeltaTriggerTimetable(settings.governor.every),
        start_date=START,
        catchup=False,
        max_active_runs=1,
        deadline=deadlines.alerts(settings),
        default_args={"owner": "freshground"},
        tags=["freshground", "governor"],
        doc_md=deadline_dag.__doc__,
    ) as dag:
        EmptyOperator(task_id="deadlines")
    return dag


def approval_dag(settings: Settings, source_id: str) -> DAG:
    """Ask a person about the plan of this source that a guard stopped.

    Without an answer in time it is rejected, and the old release goes on serving. A run of its own,
    so that the source is listed while it waits: narrowed access takes effect all the same.
    """
    with DAG(
        approval_id(source_id),
        schedule=None,
        start_date=START,
        catchup=False,
        max_active_runs=4,
        default_args=RETRIES,
        tags=["freshground", "approval"],
        doc_md=approval_dag.__doc__,
    ) as dag:

        @task.short_circuit
        def look() -> dict[str, str]:
            return tasks.stopped_plan(settings, source_id)

        ask = Asking(
            task_id="ask",
            subject=f"Source {source_id}: a guard stopped its plan",
            body="{{ ti.xcom_pull(task_ids='look')['body'] }}",
            defaults="Reject",
            response_timeout=settings.airflow.approval_timeout,
            params={"comment": Param("", type="string", title="Comment")},
        )

        @task
        def approve(plan: Any) -> None:
            tasks.approve(settings, source_id, plan)

        # Of the tasks right behind it, Airflow skips all when the answer is no: this is not one.
        @task(trigger_rule="none_failed", task_id="reject")
        def reject_if_told(plan: Any) -> str:
            return tasks.reject(settings, source_id, plan)

        ingest = TriggerDagRunOperator(task_id="ingest", trigger_dag_id=ingest_id(source_id))
        plan = look()
        approved = approve(plan)
        plan >> ask >> approved >> ingest
        approved >> reject_if_told(plan)
    return dag
