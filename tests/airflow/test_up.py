"""`make up`: a real Airflow carries changes through the layers, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest

from tests.airflow.conftest import AirflowProject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

NEVER = "0 0 29 2 *"
"""The clock starts nothing before 2028: what runs was woken by an event, or by the test."""
PATIENCE_S = 240.0
LAYERS = ("ingest", "silver", "gold", "build")
_open = build_opener(ProxyHandler({})).open


def until(ready: Callable[[], Any], what: Callable[[], str]) -> Any:
    """Ask until the answer is true, at most PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.5)
    pytest.fail(what())


@dataclass
class Airflow:
    """A running `dags.up`, and its API."""

    process: subprocess.Popen
    out: Path
    home: Path
    site: str = ""
    token: str = ""

    def logs(self) -> str:
        parts = [self.out.read_text()]
        parts += [f"{p.name}:\n{p.read_text()[-3000:]}" for p in self.home.glob("processes/*.log")]
        return "\n".join(parts)

    def call(self, method: str, path: str, body: dict | None = None) -> dict:
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = Request(self.site + path, data, headers, method=method)
        with _open(request, timeout=30) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        assert self.process.poll() is None, self.logs()
        return "Airflow is ready" in self.out.read_text()

    def log_in(self) -> None:
        text = self.out.read_text()
        self.site = re.search(r"http://127\.0\.0\.1:\d+", text)[0]
        password = re.search(r"password +(\S+)", text)[1]
        body = {"username": "admin", "password": password}
        self.token = self.call("POST", "/auth/token", body)["access_token"]

    def dags(self) -> set[str]:
        return {dag["dag_id"] for dag in self.call("GET", "/api/v2/dags")["dags"]}

    def runs(self, layer: str) -> list[dict]:
        path = f"/api/v2/dags/freshground_{layer}_docs/dagRuns?order_by=id"
        return self.call("GET", path)["dag_runs"]

    def trigger(self) -> None:
        path = "/api/v2/dags/freshground_ingest_docs/dagRuns"
        self.call("POST", path, {"logical_date": None})

    def settled(self) -> bool:
        runs = [run for layer in LAYERS for run in self.runs(layer)]
        return all(run["state"] in ("success", "failed") for run in runs)


@pytest.fixture
def project(tmp_path: Path) -> AirflowProject:
    changes = {"shard_size": 2, "airflow": {"ingest": NEVER, "drain": NEVER}}
    return AirflowProject(tmp_path, changes=changes)


def start(project: AirflowProject, *arguments: str) -> Airflow:
    home = project.root / "work" / "airflow"
    out = project.root / "up.out"
    command = [sys.executable, "-m", "dags.up", "--home", str(home), *arguments]
    env = {**os.environ, "FRESHGROUND_SETTINGS": str(project.settings_file())}
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, env=env, cwd=project.root, stdout=file, stderr=subprocess.STDOUT
        )
    return Airflow(process, out, home)


@pytest.fixture
def airflow(project: AirflowProject) -> Iterator[Airflow]:
    running = start(project, "--port", "0")
    family = psutil.Process(running.process.pid)
    try:
        until(running.ready, running.logs)
        running.log_in()
        yield running
    finally:
        if running.process.poll() is None:
            left = family.children(recursive=True)
            running.process.send_signal(signal.SIGTERM)
            try:
                running.process.wait(60)
            except subprocess.TimeoutExpired:
                for child in [family, *left]:
                    child.kill()


def test_changes_go_from_layer_to_layer_and_ctrl_c_stops_all(
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
