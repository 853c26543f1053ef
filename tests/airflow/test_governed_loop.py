"""The whole loop through a real Airflow: governed, stopped, asked over REST, rejected, approved.

One Airflow for all of it, since starting one takes as long as the loop.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.airflow.conftest import AirflowProject
from tests.airflow.running import NEVER, Airflow, airflow_up, until

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

APPROVAL = "freshground_approval_docs"
INGEST = "freshground_ingest_docs"


def patience(timeout: str) -> dict[str, Any]:
    """How long a person has time to answer, as the settings have it."""
    return {"ingest": NEVER, "drain": NEVER, "approval_timeout": timeout}


@pytest.fixture
def project(tmp_path: Path) -> AirflowProject:
    changes: dict[str, Any] = {
        "airflow": patience("1d"),
        "governor": {"every": "7d", "min_interval": "0s", "backoff": "1s", "max_backoff": "1s"},
    }
    return AirflowProject(tmp_path, changes=changes)


class Loop:
    """What the test asks of Airflow and of the lake, in its own words."""

    def __init__(self, project: AirflowProject, airflow: Airflow) -> None:
        self.project = project
        self.airflow = airflow

    def runs(self, dag: str) -> list[dict[str, Any]]:
        found = self.airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns?order_by=id")
        return found["dag_runs"]

    def start(self, dag: str) -> None:
        self.airflow.call("POST", f"/api/v2/dags/{dag}/dagRuns", {"logical_date": None})

    def still(self) -> bool:
        """Nothing runs or waits to run."""
        found = self.airflow.call("GET", "/api/v2/dags/~/dagRuns?state=running&state=queued")
        return not found["dag_runs"]

    def questions(self) -> list[dict[str, Any]]:
        """Return what waits for an answer, by any DAG run."""
        path = "/api/v2/dags/~/dagRuns/~/hitlDetails?response_received=false"
        return [
            q
            for q in self.airflow.call("GET", path)["hitl_details"]
            if q["task_instance"]["state"] in ("deferred", "awaiting_input")
        ]

    def asked(self) -> dict[str, Any]:
        """Ingest, and wait until a person is asked."""
        self.start(INGEST)
        return until(self._noticed, self.logs)[0]

    def _noticed(self) -> list[dict[str, Any]]:
        """Return questions of which the scheduler has seen that they wait.

        An answer before that is lost: Airflow 3.3.2 takes the task for one that died, and asks
        again. No person is so quick.
        """
        log = (self.airflow.home / "processes" / "scheduler.log").read_text()

        def seen(run: str) -> bool:
            return bool(re.search(f"Received executor event.*'ask', run_id='{run}'", log))

        return [q for q in self.questions() if seen(q["task_instance"]["dag_run_id"])]

    def answer(self, question: dict[str, Any], option: str, comment: str) -> None:
        run = question["task_instance"]["dag_run_id"]
        path = f"/api/v2/dags/{APPROVAL}/dagRuns/{run}/taskInstances/ask/-1/hitlDetails"
        body = {"chosen_options": [option], "params_input": {"comment": comment}}
        self.airflow.call("PATCH", path, body)

    def decisions(self) -> list[tuple[str, str, str]]:
        """Return (kind, by, comment) of every decision in the lake."""
        rows = self.project.context().lake.journal.entries("approval", "rejection")
        return [(row.kind, row.body["by"], row.body["comment"]) for row in rows]

    def logs(self) -> str:
        runs = [
            f"{run['dag_id']} {run['dag_run_id']} {run['state']}"
            for run in self.airflow.call("GET", "/api/v2/dags/~/dagRuns?order_by=id")["dag_runs"]
        ]
        return "\n".join([*runs, self.airflow.logs()])


def test_governed_stopped_rejected_timed_out_approved(project: AirflowProject) -> None:
    with airflow_up(project) as airflow:
        loop = Loop(project, airflow)
        needed = {"freshground_governor", APPROVAL, INGEST}
        needed |= {f"freshground_{layer}_docs" for layer in ("silver", "gold", "build")}
        until(lambda: airflow.dags() >= needed, airflow.logs)
        for dag in needed:
            airflow.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})

        # Nothing is served yet: the governor finds it due and wakes the ingest DAG.
        project.fill(14)
        loop.start("freshground_governor")
        until(lambda: project.release() == 1 and loop.still(), loop.logs)
        [woken] = loop.runs(INGEST)
        assert woken["dag_run_id"].startswith("governor__")
        assert "serves nothing" in woken["conf"]["reason"]

        # Most of the source vanishes: a guard stops the plan, a person is asked and says no.
        project.delete(*(f"d{number:03d}.md" for number in range(11)))
        question = loop.asked()
        assert "deletes" in question["body"] or "delete" in question["body"]
        loop.answer(question, "Reject", "the share was unmounted")
        until(loop.still, loop.logs)
        [rejected] = loop.decisions()
        assert rejected == ("rejection", "admin", "the share was unmounted")
        assert len(project.served_keys()) == 14

        # The same plan is stopped again, and nobody is asked again.
        before = len(loop.runs(APPROVAL))
        loop.start(INGEST)
        until(loop.still, loop.logs)
        assert loop.runs(INGEST)[-1]["state"] == "failed"
        assert len(loop.runs(APPROVAL)) == before

        # A larger plan is another question. Nobody answers in time: that is a no.
        project.changes["airflow"] = patience("10s")
        project.settings_file()
        project.delete("d011.md")
        loop.start(INGEST)
        until(lambda: len(loop.decisions()) == 2 and loop.still(), loop.logs)
        assert loop.decisions()[1][:2] == ("rejection", "time-out")
        assert project.release() == 1
        assert len(project.served_keys()) == 14

        # And another. This time somebody agrees, and it is published.
        project.changes["airflow"] = patience("1d")
        project.settings_file()
        project.delete("d012.md")
        loop.answer(loop.asked(), "Approve", "the handbook was retired")
        until(lambda: project.release() == 2 and loop.still(), loop.logs)
        assert project.served_keys() == {"d013.md"}
        assert loop.decisions()[2] == ("approval", "admin", "the handbook was retired")
