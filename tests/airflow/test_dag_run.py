"""The DAGs run in order, and the states of runs and tasks are true."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import Fatal, Retriable
from freshground.service import stages
from freshground.service.reports import StageReport

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dags.once import DagOutcome
    from tests.airflow.conftest import AirflowProject

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.usefixtures("airflow")]

LAYERS = ["ingest", "silver", "gold", "build"]


def events() -> int:
    """Return how many asset events Airflow holds."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session

    with create_session() as session:
        return session.query(AssetEvent).count()


def xcoms() -> str:
    """Return everything that tasks passed to each other."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    with create_session() as session:
        return "\n".join(str(row.value) for row in session.query(XComModel))


def dag_of(project: AirflowProject, layer: str):
    from dags.grounding import make

    dag = make(project.settings)[LAYERS.index(layer)]
    for task in dag.tasks:
        task.retry_delay = timedelta(0)
    return dag


def test_release_then_nothing_then_the_edit(project: AirflowProject) -> None:
    project.fill(6)
    before = events()
    first = project.run()
    assert list(first) == LAYERS
    assert {name: outcome.state for name, outcome in first.items()} == dict.fromkeys(
        LAYERS, "success"
    )
    for layer in ("silver", "gold"):
        assert first[layer].tasks.items() >= {
            f"{layer}[0]": "success", f"{layer}[1]": "success", f"{layer}[2]": "success",
        }.items()  # fmt: skip
    assert first["ingest"].tasks["confirm"] == "skipped"
    assert project.release() == 1
    assert len(project.served_keys()) == 6
    assert events() - before == 4

    as_of = confirmed_as_of(project)
    second = project.run()
    assert {outcome.state for outcome in second.values()} == {"success"}
    assert [second[layer].tasks["announce"] for layer in LAYERS] == ["skipped"] * 4
    assert second["ingest"].tasks["confirm"] == "success"
    assert second["silver"].tasks["silver"] == "skipped"
    assert events() - before == 4
    assert project.release() == 1
    assert confirmed_as_of(project) > as_of

    project.write("d002.md", project.read("d002.md") + "\n\nThe walrus clause is new.\n")
    third = project.run()
    assert {outcome.state for outcome in third.values()} == {"success"}
    assert [n for n in third["silver"].tasks if "[" in n] == ["silver[0]"]
    assert project.release() == 2
    assert events() - before == 8
    assert "walrus" in "".join(row[1] for row in project.content())
    assert "walrus" not in xcoms()


def confirmed_as_of(project: AirflowProject):
    from freshground.service.freshness.as_of import freshness

    context = project.context()
    live = context.releases.live("docs")
    return freshness(context, context.settings.index("docs"), live[1]).as_of


def test_a_document_set_aside_shows_in_the_last_task_and_the_run(project: AirflowProject) -> None:
    project.fill(3)
    project.write("broken.md", b"")
    found = project.run()
    silver = found["silver"]
    assert silver.tasks["report"] == "failed"
    assert silver.tries["report"] == 1
    assert silver.tasks["silver[0]"] == silver.tasks["silver[1]"] == "success"
    assert silver.tasks["announce"] == "success"
    assert silver.state == "failed"
    assert [found[layer].state for layer in ("ingest", "gold", "build")] == ["success"] * 3
    assert project.served_keys() == {"d000.md", "d001.md", "d002.md"}

    again = project.run()
    assert again["silver"].tasks["report"] == "success"
    assert again["silver"].state == "success"


def test_a_tripped_guard_fails_the_task_at_once(project: AirflowProject) -> None:
    project.fill(14)
    project.run()
    project.delete(*(f"d{number:03d}.md" for number in range(12)))
    found = project.run()
    ingest = found["ingest"]
    assert ingest.state == "failed"
    assert ingest.tasks["ingest"] == "failed"
    assert ingest.tries["ingest"] == 1
    assert ingest.tasks["announce"] == ingest.tasks["confirm"] == "upstream_failed"
    assert project.release() == 1
    assert len(project.served_keys()) == 14


def run_with(
    project: AirflowProject, layer: str, stage: Callable, monkeypatch: pytest.MonkeyPatch
) -> DagOutcome:
    from dags.once import run_dag

    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    monkeypatch.setattr(stages, layer, stage)
    return run_dag(dag_of(project, layer))


@pytest.mark.parametrize("outcome", ["guard", "gate", "failed"])
def test_what_time_does_not_mend_is_not_retried(
    outcome: str, project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = run_with(
        project, "build", lambda *_: StageReport("build", "docs", outcome), monkeypatch
    )
    assert found.state == "failed"
    assert found.tries["build"] == 1
    assert found.tasks == {
        "announce": "upstream_failed", "build": "failed", "changed": "upstream_failed",
        "embed": "success",
    }  # fmt: skip


def test_an_error_outside_the_stage_is_sorted_as_well(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_):
        raise Fatal("The lake is of a newer format.")

    found = run_with(project, "ingest", broken, monkeypatch)
    assert (found.tasks["ingest"], found.tries["ingest"]) == ("failed", 1)


def test_what_time_may_mend_is_retried(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.fill(1)
    calls = []
    real = stages.ingest

    def flaky(context, scope):
        calls.append(scope)
        if len(calls) == 1:
            return StageReport("ingest", "docs", "failed", message="busy", retriable=True)
        if len(calls) == 2:
            raise Retriable("The store is busy.")
        return real(context, scope)

    found = run_with(project, "ingest", flaky, monkeypatch)
    assert len(calls) == 3
    assert (found.state, found.tries["ingest"]) == ("success", 3), found


def test_a_failed_shard_fails_the_run(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.once import run_dag

    project.fill(4)
    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    run_dag(dag_of(project, "ingest"))
    real = stages.silver

    def half(context, scope):
        if scope.shard[0] == 1:
            raise Fatal("The disk is full.")
        return real(context, scope)

    found = run_with(project, "silver", half, monkeypatch)
    assert found.tasks == {
        "announce": "upstream_failed", "changed": "upstream_failed", "report": "success",
        "shards": "success", "silver[0]": "success", "silver[1]": "failed",
    }  # fmt: skip
    assert found.state == "failed"


def test_shards_never_outgrow_what_airflow_maps_over(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.once import run_dag

    project.changes["shard_size"] = 1
    project.fill(5)
    monkeypatch.setenv("AIRFLOW__CORE__MAX_MAP_LENGTH", "2")
    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    run_dag(dag_of(project, "ingest"))
    found = run_dag(dag_of(project, "silver"))
    assert [name for name in found.tasks if "[" in name] == ["silver[0]", "silver[1]"]
    assert found.state == "success", found
    assert project.context().lake.silver.rows("SELECT count(*) AS n FROM t").to_pylist() == [
        {"n": 5}
    ]


def test_a_second_home_in_one_process_is_refused(tmp_path: Path) -> None:
    from dags import once
    from freshground.core.errors import ConfigError

    with pytest.raises(ConfigError, match="another home"):
        once.prepare(tmp_path, tmp_path / "freshground.yaml")
