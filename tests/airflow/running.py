"""A real Airflow, started with `dags.up` and spoken to over its API."""

from __future__ import annotations

import fcntl
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import ProxyHandler, Request, build_opener

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.airflow.conftest import AirflowProject

NEVER = "0 0 29 2 *"
"""The clock starts nothing before 2028: what runs was woken by an event, or by the test."""
PATIENCE_S = 240.0
LAYERS = ("ingest", "silver", "gold", "build")
LOOKS_OFTEN = {
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.2",
    "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "1",
}
"""An idle scheduler sleeps a second between any two tasks: a test is mostly such sleep."""
_open = build_opener(ProxyHandler({})).open


def until(ready: Callable[[], Any], what: Callable[[], str]) -> Any:
    """Ask until the answer is true, at most PATIENCE_S."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        found = ready()
        if found:
            return found
        time.sleep(0.2)
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


def start(project: AirflowProject, *arguments: str) -> Airflow:
    home = project.root / "work" / "airflow"
    out = project.root / "up.out"
    command = [sys.executable, "-m", "dags.up", "--home", str(home), *arguments]
    settings = {"FRESHGROUND_SETTINGS": str(project.settings_file())}
    env = {**LOOKS_OFTEN, **os.environ, **settings}
    with out.open("wb") as file:
        process = subprocess.Popen(
            command, env=env, cwd=project.root, stdout=file, stderr=subprocess.STDOUT
        )
    return Airflow(process, out, home)


@contextmanager
def alone() -> Iterator[None]:
    """Wait until no other test process runs an Airflow: two starve each other on two cores."""
    with (Path(tempfile.gettempdir()) / f"freshground-airflow-{os.getuid()}.lock").open(
        "w"
    ) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def airflow_up(project: AirflowProject) -> Iterator[Airflow]:
    """Start Airflow over a project, and leave nothing of it behind."""
    with alone(), _airflow_up(project) as running:
        yield running


@contextmanager
def _airflow_up(project: AirflowProject) -> Iterator[Airflow]:
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
