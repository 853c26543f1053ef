"""In a real Airflow: what wakes an ingest DAG, and the native deadline of an index."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.service.freshness.as_of import listing_times
from tests.airflow.conftest import AirflowProject
from tests.airflow.running import NEVER, Airflow, airflow_up, until
from tests.alerts.listeners import Listener, webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

INGEST = "freshground_ingest_docs"
GOVERNOR = "freshground_governor"
DEADLINES = "freshground_deadlines"
TRIGGER = "airflow.providers.standard.triggers.file.FileDeleteTrigger"


@pytest.fixture
def hook() -> Iterator[Listener]:
    with webhook() as listener:
        yield listener


@pytest.fixture
def project(tmp_path: Path, hook: Listener) -> AirflowProject:
    flag = {"filepath": str(tmp_path / "changed"), "poke_interval": 0.5}
    watcher = {"source": "docs", "trigger": TRIGGER, "kwargs": flag}
    made = AirflowProject(
        tmp_path,
        changes={
            "airflow": {"drain": NEVER, "watchers": [watcher]},
            # Its clock starts no second run: what follows the first is asked for below.
            "governor": {"every": "52w"},
            "alerts": [{"type": "webhook", "url": hook.url, "on": ["late"]}],
        },
    )
    made.index(sla={"max_staleness": "1s"})
    return made


@pytest.fixture
def airflow(project: AirflowProject) -> Iterator[Airflow]:
    with airflow_up(project) as running:
        yield running


def unpause(airflow: Airflow, *dags: str) -> None:
    until(lambda: airflow.dags() >= set(dags), airflow.logs)
    for dag in dags:
        airflow.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})


def runs(airflow: Airflow, dag: str) -> list[tuple[str, str]]:
    found = airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=id")["dag_runs"]
    return [(run["run_type"], run["state"]) for run in found]


def test_events_wake_ingest_and_the_deadline_tells_of_a_late_index(
    project: AirflowProject, airflow: Airflow, hook: Listener
) -> None:
    project.fill(2)
    unpause(airflow, INGEST)
    assets = airflow.call("GET", "/api/v2/assets?name_pattern=source/docs")["assets"]
    airflow.call("POST", "/api/v2/assets/events", {"asset_id": assets[0]["id"], "extra": {}})
    once = [("asset_triggered", "success")]
    until(lambda: runs(airflow, INGEST) == once, airflow.logs)

    (project.root / "changed").touch()
    until(lambda: runs(airflow, INGEST) == once * 2, airflow.logs)
    assert not (project.root / "changed").exists()

    # Its first run notes the deadline: an index that serves nothing has a second from the start.
    unpause(airflow, GOVERNOR)
    until(lambda: runs(airflow, GOVERNOR) == [("scheduled", "success")], airflow.logs)
    assert "docs" in airflow.call("GET", "/api/v2/variables/freshground_deadlines")["value"]
    project.clock.set(max(listing_times(project.context(), "docs")))
    project.refresh(later=timedelta(seconds=1))
    assert project.release() == 1
    assert hook.told == []

    # No worker takes a task any more: the triggerer alone is left to tell.
    airflow.call("PATCH", "/api/v2/pools/default_pool?update_mask=slots", {"slots": 0})
    unpause(airflow, DEADLINES)
    until(lambda: hook.told, airflow.logs)
    assert hook.titles == ["[late: index docs]"]
    (missed,) = deadlines(airflow)
    assert (missed["alert_name"], missed["missed"]) == ("docs passes its SLA", True)
    until(lambda: told(project), airflow.logs)
    assert told(project) == [("deadline/docs", "late.docs")]


def told(project: AirflowProject) -> list[tuple[str, str]]:
    rows = project.context().lake.journal.entries("alert")
    return [(row.run_id, row.subject) for row in rows if row.body["state"] == "sent"]


def deadlines(airflow: Airflow) -> list[dict]:
    path = f"/ui/dags/{DEADLINES}/dagRuns/~/deadlines"
    return airflow.call("GET", path)["deadlines"]
