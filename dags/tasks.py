"""What tasks do: call one stage, record it, and end in the state that is true.

Everything heavy is imported when a task runs. What passes between tasks are references and counts.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow.sdk import Variable, get_current_context
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowFailException

from freshground.core.errors import FreshgroundError, Retriable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.settings import Settings
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport

ANSWER = "answer"
"""The key under which an approval passes on who answered what."""

_SHOWN = 50
"""Documents set aside that a task names one by one."""


@contextmanager
def retried_if_time_mends() -> Iterator[None]:
    """Fail the task for good on our errors, except on those that may pass later."""
    try:
        yield
    except Retriable:
        raise
    except FreshgroundError as error:
        raise AirflowFailException(str(error)) from error


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
    """Run a stage, record it, and return its outcome and counts.

    A stage that a guard or gate stopped, or that failed, fails the task. Raises Retriable when
    the same call may pass later, so that Airflow tries again; else AirflowFailException.
    """
    from freshground.service.reports import Scope

    with retried_if_time_mends():
        report = _recorded(open_context(settings), name, Scope(source, index, shard))
    return {
        "stage": report.stage,
        "subject": report.subject,
        "outcome": report.outcome,
        "counts": report.counts,
        "newly_quarantined": len(report.quarantined),
    }


def work(settings: Settings, name: str, source: str, shard: tuple[int, int]) -> dict[str, Any]:
    """Run a layer's stages over a shard: of silver parsing, then admission of what was parsed."""
    done = run_stage(settings, name, source=source, shard=shard)
    if name != "silver":
        return done
    judged = run_stage(settings, "admit", source=source, shard=shard)
    return {
        **(done if wrote(done) else judged),
        "stage": name,
        "counts": {**judged["counts"], **done["counts"]},
        "newly_quarantined": done["newly_quarantined"] + judged["newly_quarantined"],
    }


def _recorded(context: Context, name: str, scope: Scope) -> StageReport:
    from freshground.service import stages
    from freshground.service.telemetry.switch import flush

    report: StageReport = getattr(stages, name)(context, scope)
    context.lake.journal.commit()
    flush(context.settings)
    if report.message:
        print(f"{report.stage} {report.subject}: {report.message}")  # noqa: T201 - the task's log
    if report.retriable:
        raise Retriable(report.message)
    if report.outcome in ("guard", "gate", "failed"):
        raise AirflowFailException(f"{report.outcome}: {report.message}")
    return report


def ingest(settings: Settings, source: str) -> dict[str, Any]:
    """Run the ingest stage, or only look at the source when the run was started for that."""
    run = get_current_context()["dag_run"]
    return run_stage(settings, "look" if (run.conf or {}).get("look") else "ingest", source=source)


def shards(settings: Settings, name: str, source: str) -> list[list[int]]:
    """Return [number, of] for each shard that the pending documents of a stage fill.

    There are never more than Airflow maps over: shards then hold more than `shard_size`.
    """
    from freshground.service.pending import pending

    with retried_if_time_mends():
        count = pending(open_context(settings), name, source)
    of = min(-(-count // settings.shard_size), conf.getint("core", "max_map_length"))
    return [[number, of] for number in range(of)]


def confirm(settings: Settings, source: str) -> None:
    """Record, for each index over a source, that its live release is still right."""
    from freshground.service.reports import Scope

    with retried_if_time_mends():
        context = open_context(settings)
        for index in settings.indexes:
            if source in index.sources:
                _recorded(context, "confirm", Scope(index=index.id))


def decide(settings: Settings) -> list[dict[str, Any]]:
    """Let the governor decide on every source; return how to wake the ingest DAGs of those due."""
    from dags.ids import ingest_id
    from freshground.service.freshness.governor import govern

    with retried_if_time_mends():
        context = open_context(settings)
        decisions = govern(context)
    stamp = context.clock.now().strftime("%Y%m%dT%H%M%S")
    for made in decisions:
        print(f"{made.source}: {made.action} ({made.reason})")  # noqa: T201 - the task's log
    return [
        {
            "trigger_dag_id": ingest_id(made.source),
            "trigger_run_id": f"governor__{stamp}",
            "conf": {"reason": made.reason, "look": made.action == "look"},
        }
        for made in decisions
        if made.action in ("refresh", "look")
    ]


def alert(settings: Settings) -> str:
    """Tell every channel what is wrong and was not told yet; fail when one could not be told.

    Also note when each index passes its SLA, which is the native deadline of later runs.
    """
    from dags.deadlines import VARIABLE, told
    from dags.notifiers import notify
    from freshground.service.alerts.conditions import deadlines
    from freshground.service.alerts.watch import tick

    with retried_if_time_mends():
        context = open_context(settings)
        attempts = tick(context, notify)
        Variable.set(VARIABLE, told(deadlines(context)))
    failed = [f"{made.channel}, {made.key}: {made.error}" for made in attempts if made.error]
    if failed:
        raise AirflowFailException("\n".join([*failed, "They are tried again at the next run."]))
    return f"{len(attempts)} messages"


def stopped_plan(settings: Settings, source: str) -> dict[str, str]:
    """Return the plan of a source that waits for a person, and what to show them; else nothing."""
    from freshground.service.plans.approvals import stopped

    with retried_if_time_mends():
        found = [row for row in stopped(open_context(settings)) if row["source"] == source]
    if not found or found[0]["status"] != "waiting":
        return {}
    lines = [f"* **{guard['guard']}**: {guard['message']}" for guard in found[0]["guards"]]
    return {"plan": found[0]["plan"], "body": "\n".join(lines)}


def approve(settings: Settings, source: str, plan: dict[str, str]) -> None:
    """Record that a person let exactly this plan pass once."""
    from freshground.service.plans.approvals import approve as record

    with retried_if_time_mends():
        record(open_context(settings), source, plan=plan["plan"], **_decided()[1])


def reject(settings: Settings, source: str, plan: dict[str, str]) -> str:
    """Record that a person, or the time-out, kept a plan stopped; say what was decided."""
    from freshground.service.plans.approvals import reject as record

    option, who = _decided()
    if option != "Reject":
        return "approved"
    with retried_if_time_mends():
        record(open_context(settings), source, plan=plan["plan"], **who)
    return "rejected"


def _decided() -> tuple[str, dict[str, str]]:
    """Return what was chosen, and by whom and why."""
    answer = get_current_context()["ti"].xcom_pull(task_ids="ask", key=ANSWER)
    return answer["option"], {"by": answer["by"], "comment": answer["comment"]}


def wrote(results: Any) -> bool:
    """Return whether any of some stage results changed anything.

    `results` is one result, or Airflow's lazy sequence of those of mapped tasks, or None.
    """
    # The slice is one request; iterating would be one a task, and end with an error in the log.
    found = [results] if isinstance(results, dict) else results[:] if results else []
    return any(result["outcome"] in ("done", "quarantined") for result in found)


def news(results: Any) -> bool:
    """Return whether the next layer is to be woken: this one wrote, or was woken itself.

    A deletion, or a document newly set aside, changes bronze and nothing below it; the index has
    to hear of it all the same. A run that the clock started passes nothing on.
    """
    return wrote(results) or bool(get_current_context().get("triggering_asset_events"))


def _reported(context: Context, source: str) -> list[dict[str, str]]:
    """Return what the admit stages of this run newly kept from everybody."""
    told = context.lake.journal.entries("stage", subject=source, run_id=context.run_id)
    found = {
        row["doc_id"]: row
        for entry in told
        if entry.body["stage"] == "admit"
        for row in entry.body["newly_quarantined"]
    }
    return list(found.values())


def _ids(rows: list[dict[str, Any]]) -> set[str]:
    return {row["doc_id"] for row in rows}


def tell(settings: Settings, source: str) -> str:
    """Fail when this run newly set documents aside: its other tasks succeeded.

    It asks the table, not the tasks, so that a task killed after it wrote is told of as well.
    """
    from freshground.lake.tables import quoted

    with retried_if_time_mends():
        context = open_context(settings)
        aside = context.lake.silver.rows(
            "SELECT DISTINCT doc_id, rule, reason FROM t WHERE status = 'quarantined' "
            f"AND source_id = {quoted([source])} AND run_id = {quoted([context.run_id])}"
        ).to_pylist()
        aside += [row for row in _reported(context, source) if row["doc_id"] not in _ids(aside)]
        objects = context.ledger.objects(source) if aside else {}
    if not aside:
        return "no document was newly set aside"
    lines = sorted(f"  {objects[a['doc_id']]['uri']} ({a['rule']}): {a['reason']}" for a in aside)
    more = f"\n  and {len(lines) - _SHOWN} more" if len(lines) > _SHOWN else ""
    raise AirflowFailException(
        f"{len(aside)} documents were newly set aside; all others went on.\n"
        + "\n".join(lines[:_SHOWN])
        + f"{more}\nSee `freshground quarantine list`."
    )
