"""A budget in DAG form: what waits is no failure, and no release has a hole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import article

if TYPE_CHECKING:
    from tests.airflow.conftest import AirflowProject

pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.usefixtures("airflow")]


def test_documents_and_an_index_written_anew_come_in_run_by_run(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags.once import run_dag

    project.fill(3, paragraphs=3)
    project.run()
    project.changes["budget"] = {"tokens_per_run": 1}
    project.write("n1.md", article(91, 3))
    project.write("n2.md", article(92, 3))
    found = project.run()
    assert {name: outcome.state for name, outcome in found.items()} == dict.fromkeys(
        ("ingest", "silver", "gold", "build"), "success"
    )
    assert found["ingest"].tasks["announce"] == "success", "one document went alone"
    assert project.release() == 2
    assert "n2.md" not in project.served_keys()
    project.delete("n2.md")
    project.changes["encoder"] = {"model": "hashing-32"}
    project.changes["budget"] = {"tokens_per_run": 250}
    found = project.run()["build"]
    assert found.tasks == {
        "embed": "success", "build": "success", "changed": "success", "announce": "skipped",
    }  # fmt: skip
    assert project.release() == 2, "the old one is served, whole"
    assert len(project.served_keys()) == 4
    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    from dags.grounding import make

    for _ in range(4):
        found = run_dag(make(project.settings)[-1])
        if found.tasks["announce"] == "success":
            break
    assert project.release() == 3
    assert len(project.served_keys()) == 4
