"""`make up`: a real Airflow carries changes through the layers, and leaves nothing behind."""

from __future__ import annotations

import signal
import socket
from typing import TYPE_CHECKING

import psutil
import pytest

from tests.airflow import seeing
from tests.airflow.conftest import AirflowProject
from tests.airflow.running import LAYERS, NEVER, Airflow, airflow_up, start, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.airflow, pytest.mark.slow]


@pytest.fixture
def project(tmp_path: Path) -> AirflowProject:
    airflow = {"ingest": NEVER, "drain": NEVER, "groups": {"otto": ["staff"]}}
    project = AirflowProject(tmp_path, changes={"shard_size": 2, "airflow": airflow})
    project.source(access={"groups": ["staff"]})
    return project


@pytest.fixture
def airflow(project: AirflowProject, monkeypatch: pytest.MonkeyPatch) -> Iterator[Airflow]:
    monkeypatch.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", seeing.USERS)
    with airflow_up(project) as running:
        yield running


def test_changes_go_from_layer_to_layer_are_seen_and_ctrl_c_stops_all(
    project: AirflowProject, airflow: Airflow
) -> None:
    family = psutil.Process(airflow.process.pid).children(recursive=True)
    addresses = {
        connection.laddr.ip
        for child in family
        for connection in child.net_connections()
        if connection.status == psutil.CONN_LISTEN
    }
    assert addresses == {"127.0.0.1"}
    for secret in ("env", "secrets.json", "passwords.json"):
        assert (airflow.home / secret).stat().st_mode & 0o077 == 0

    names = {f"freshground_{layer}_docs" for layer in LAYERS}
    until(lambda: airflow.dags() >= names, airflow.logs)
    for name in names:
        airflow.call("PATCH", f"/api/v2/dags/{name}", {"is_paused": False})

    project.fill(8)
    airflow.trigger()
    until(lambda: project.release() == 1 and airflow.settled(), airflow.logs)
    assert len(project.served_keys()) == 8
    for layer, kind in zip(LAYERS, ("manual", *["asset_triggered"] * 3), strict=True):
        assert [(r["run_type"], r["state"]) for r in airflow.runs(layer)] == [(kind, "success")]
    for layer in ("silver", "gold"):
        run = airflow.runs(layer)[0]["dag_run_id"]
        path = f"/api/v2/dags/freshground_{layer}_docs/dagRuns/{run}/taskInstances?limit=100"
        instances = airflow.call("GET", path)["task_instances"]
        shards = [i["map_index"] for i in instances if i["task_id"] == layer]
        assert sorted(shards) == [0, 1, 2, 3]

    # A deletion gives silver and gold nothing to do; the index has to hear of it all the same.
    project.delete("d003.md")
    airflow.trigger()
    until(lambda: project.release() == 2 and airflow.settled(), airflow.logs)
    assert "d003.md" not in project.served_keys()

    # One start of an Airflow takes half a minute: what its people see is looked at here as well.
    seeing.nobody_gets_in(airflow)
    seeing.the_browser_shows_it(airflow, airflow.runs("build")[0]["dag_run_id"])
    seeing.people_do_what_airflow_lets_them(airflow)
    assert project.release() == 1
    row = project.context().lake.journal.entries("action")[0]
    assert (row.body["by"], row.body["comment"]) == ("otto", "it was wrong")

    family = psutil.Process(airflow.process.pid).children(recursive=True)
    assert any("postgres" in child.name() for child in family)
    airflow.process.send_signal(signal.SIGINT)
    assert airflow.process.wait(60) == 0, airflow.logs()
    assert [child for child in family if child.is_running()] == []
    assert airflow.out.read_text().rstrip().endswith("Stopped.")


def test_a_taken_port_and_bad_settings_are_said_before_anything_starts(
    project: AirflowProject,
) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        busy = start(project, "--port", str(port))
        assert busy.process.wait(60) == 1
    said = busy.out.read_text()
    assert f"cannot listen on 127.0.0.1:{port}" in said
    assert "--port" in said
    assert "Traceback" not in said
    assert not (busy.home / "postgres").exists()

    missing = start(project, "--settings", "nowhere.yaml")
    assert missing.process.wait(60) == 1
    assert "There is no settings file at" in missing.out.read_text()


def test_a_database_that_cannot_start_is_told_with_its_own_words(project: AirflowProject) -> None:
    data = project.root / "work" / "airflow" / "postgres"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("9.6\n")
    broken = start(project, "--port", "0")
    assert broken.process.wait(60) == 1
    said = broken.out.read_text()
    assert "postgresql ended with status" in said
    assert "Traceback" not in said
