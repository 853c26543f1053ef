"""The DAGs that tell: the governor's task, notifiers, native deadlines, watchers."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from freshground.core.errors import ConfigError, Retriable
from tests.airflow.test_dag_parse import run
from tests.alerts.listeners import Listener, webhook

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dags.once import DagOutcome
    from tests.airflow.conftest import AirflowProject

# It gives Airflow its home, so nothing here imports Airflow before.
pytestmark = [pytest.mark.airflow, pytest.mark.slow, pytest.mark.usefixtures("airflow")]

TRIGGERS = "airflow.providers.standard.triggers"
PAGER = "tests.airflow.pager.Pager"
PARSED = """
import json
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(conf.get("core", "dags_folder"))
made = {dag_id: DagSerialization.serialize_dag(dag) for dag_id, dag in bag.dags.items()}
for data in made.values():
    DagSerialization.deserialize_dag(data)
print(json.dumps({"errors": bag.import_errors, "dags": made}))
"""


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with webhook() as listener:
        yield listener


def late(project: AirflowProject, *channels: dict[str, Any]) -> None:
    """Make the index late since long, by a release of a year ago."""
    project.changes["alerts"] = [{"on": ["late"], **channel} for channel in channels]
    project.clock.set(datetime.now(UTC) - timedelta(days=400))
    project.fill(1)
    project.refresh()


def govern(project: AirflowProject, monkeypatch: pytest.MonkeyPatch) -> DagOutcome:
    """Run the governor's DAG without what it wakes."""
    from dags.governing import governor_dag
    from dags.once import run_dag

    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    dag = governor_dag(project.settings)
    return run_dag(dag.partial_subset(["alerts", "decide"], include_downstream=False))


def test_the_governors_task_tells_and_notes_the_deadline(
    project: AirflowProject, hook: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags import deadlines
    from tests.airflow.pager import Pager

    Pager.told.clear()
    pager = {
        "notifier": PAGER,
        "kwargs": {"message": "{{ alert.title }}, {{ dag.dag_id }}"},
    }
    late(project, {"type": "webhook", "url": hook.url}, {"type": "airflow", **pager})
    assert govern(project, monkeypatch).state == "success"
    assert hook.titles == ["[late: index docs]"]
    assert Pager.told == [
        ("late: index docs, freshground_governor", "late", "freshground_governor")
    ]
    assert asyncio.run(deadlines.passed("docs")) == "0 messages"

    from airflow.models.variable import Variable
    from airflow.utils.session import create_session

    noted = json.loads(Variable.get(deadlines.VARIABLE))
    assert noted == {"docs": (project.clock.now() + timedelta(days=1)).isoformat()[:26] + "Z"}
    with create_session() as session:
        made = deadlines.StalenessDeadline("docs")._evaluate_with(session=session)
        assert made == project.clock.now() + timedelta(days=1)
        assert deadlines.StalenessDeadline("other")._evaluate_with(session=session) is None


def test_a_channel_that_fails_fails_its_task_and_keeps_nothing_from_waking(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    pager = {"notifier": PAGER, "kwargs": {"message": "m", "token": "s3cr3t"}}
    late(project, {"type": "airflow", **pager}, {"type": "airflow", "notifier": "no.such.Class"})
    found = govern(project, monkeypatch)
    assert found.tasks["alerts"] == "failed"
    assert found.tries["alerts"] == 1
    assert found.tasks["decide"] == "success"
    rows = [row.body for row in project.context().lake.journal.entries("alert")]
    errors = [row["error"] for row in rows if row["state"] == "unsent"]
    assert errors[0].startswith(f"The notifier {PAGER} failed (RuntimeError).")
    assert errors[1].startswith("alerts.channels.notifier: no.such.Class cannot be imported")
    assert "s3cr3t" not in json.dumps(rows)


def test_a_deadline_that_passed_asks_anew_and_tells_once(
    project: AirflowProject, hook: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dags import deadlines

    project.clock.set(datetime.now(UTC))
    project.changes["alerts"] = [{"type": "webhook", "url": hook.url, "on": ["late"]}]
    project.fill(1)
    project.refresh(later=timedelta(0))
    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    assert asyncio.run(deadlines.passed("docs")) == "0 messages"
    assert hook.told == []

    project.index(sla={"max_staleness": "1ms"})
    project.settings_file()
    hook.refuses = True
    with pytest.raises(Retriable, match="webhook: .*status 503"):
        asyncio.run(deadlines.passed("docs"))
    hook.refuses = False
    assert asyncio.run(deadlines.passed("docs")) == "1 messages"
    assert asyncio.run(deadlines.passed("docs")) == "0 messages"
    assert hook.titles == ["[late: index docs]"]


@pytest.mark.parametrize(
    "text", [None, "", "no json", "[]", '"docs"', '{"docs": 3}', '{"docs": "x"}']
)
def test_a_variable_that_is_damaged_keeps_no_run_from_being_made(text: str | None) -> None:
    from dags import deadlines

    assert deadlines.moment(text, "docs") is None


def test_deadlines_and_watchers_are_serialised(project: AirflowProject, tmp_path: Path) -> None:
    flag = {"source": "docs", "trigger": f"{TRIGGERS}.file.FileDeleteTrigger"}
    project.changes["airflow"] = {"watchers": [{**flag, "kwargs": {"filepath": "/in/box"}}]}
    found = run(PARSED, tmp_path, project.settings_file())
    assert found["errors"] == {}
    deadline = json.dumps(found["dags"]["freshground_deadlines"])
    assert "dags.deadlines.StalenessDeadline" in deadline
    assert "dags.deadlines.passed" in deadline
    ingest = json.dumps(found["dags"]["freshground_ingest_docs"])
    assert "FileDeleteTrigger" in ingest
    assert "/in/box" in ingest


def test_without_the_plugin_there_is_no_deadline(
    project: AirflowProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHGROUND_SETTINGS", str(project.settings_file()))
    from dags import deadlines
    from dags.grounding import make_governing

    name = "freshground_deadlines"
    assert name in {dag.dag_id for dag in make_governing(project.settings)}
    monkeypatch.setattr(deadlines, "entry_points", lambda **_: [])
    assert name not in {dag.dag_id for dag in make_governing(project.settings)}


@pytest.mark.parametrize(
    ("trigger", "kwargs", "says"),
    [
        ("no.such.Trigger", {}, "trigger: no.such.Trigger cannot be imported"),
        (f"{TRIGGERS}.file.Nothing", {}, "cannot be imported"),
        (f"{TRIGGERS}.file.FileDeleteTrigger", {}, "filepath"),
        (f"{TRIGGERS}.file.FileTrigger", {"filepath": "x"}, "must inherit BaseEventTrigger"),
    ],
)
def test_watchers_that_cannot_be_used_are_said(
    trigger: str, kwargs: dict, says: str, project: AirflowProject
) -> None:
    from dags.assets import watchers

    watcher = {"source": "docs", "trigger": trigger, "kwargs": kwargs}
    project.changes["airflow"] = {"watchers": [watcher]}
    with pytest.raises(ConfigError, match=r"airflow\.watchers\[0\]") as raised:
        watchers(project.settings, "docs")
    assert says in str(raised.value)


def test_a_watcher_of_an_unknown_source_is_said(project: AirflowProject) -> None:
    watcher = {"source": "nothing", "trigger": f"{TRIGGERS}.file.FileDeleteTrigger"}
    project.changes["airflow"] = {"watchers": [watcher]}
    with pytest.raises(ConfigError, match="airflow.watchers names source 'nothing'"):
        _ = project.settings
