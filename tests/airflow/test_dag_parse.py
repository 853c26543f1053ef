"""DAG files are parsed every half minute: quickly, importing nothing heavy, failing clearly."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dags.local.environment import environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.airflow.conftest import AirflowProject

pytestmark = [pytest.mark.airflow, pytest.mark.slow]

HEAVY = (
    "pandas", "pyarrow", "numpy", "torch", "deltalake", "lancedb", "great_expectations",
    "unstructured", "openvino", "onnxruntime", "sentence_transformers", "transformers", "spacy",
    "obstore", "tiktoken",
)  # fmt: skip

PARSE = """
import json, sys, time
import airflow.sdk
started = time.perf_counter()
import dags.grounding
seconds = time.perf_counter() - started
dags = [name for name in vars(dags.grounding) if name.startswith("freshground_")]
print(json.dumps({"seconds": seconds, "modules": sorted(sys.modules), "dags": dags}))
"""

BAG = """
import json
from airflow.configuration import conf
from airflow.dag_processing.dagbag import DagBag
from airflow.serialization.serialized_objects import DagSerialization
bag = DagBag(conf.get("core", "dags_folder"))
for dag in bag.dags.values():
    DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
print(json.dumps({
    "dags": sorted(bag.dags),
    "errors": bag.import_errors,
    "files": sorted(stat.file for stat in bag.dagbag_stats),
}))
"""


def run(script: str, home: Path, settings: Path | str) -> dict:
    """Run a script in a fresh process with an Airflow home; return the JSON it prints last."""
    env = {**os.environ, **environment(home, settings, f"sqlite:///{home}/airflow.db")}
    if not settings:
        del env["FRESHGROUND_SETTINGS"]
    env["AIRFLOW__LOGGING__LOGGING_LEVEL"] = "ERROR"
    done = subprocess.run(
        [sys.executable, "-c", script], env=env, cwd=home, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_parsing_imports_nothing_heavy(project: AirflowProject, tmp_path: Path) -> None:
    found = run(PARSE, tmp_path, project.settings_file())
    print(f"parsed in {found['seconds']:.2f} s")
    assert set(HEAVY) & set(found["modules"]) == set()
    layers = [f"freshground_{n}_docs" for n in ("ingest", "silver", "gold", "build")]
    governing = [f"freshground_{n}" for n in ("governor", "deadlines", "approval_docs")]
    assert found["dags"] == [*layers, *governing]


def test_every_dag_is_serialised_and_nothing_else_is_read(
    project: AirflowProject, tmp_path: Path
) -> None:
    project.changes["sources"] = [
        project.raw["sources"][0],
        {"id": "a_b-9", "type": "files", "url": "other", "access": "public"},
    ]
    found = run(BAG, tmp_path, project.settings_file())
    assert found["errors"] == {}
    assert [name.rsplit("/", 1)[-1] for name in found["files"]] == ["grounding.py"]
    assert found["dags"] == sorted(
        [
            f"freshground_{layer}_{source}"
            for layer in ("ingest", "silver", "gold", "approval")
            for source in ("docs", "a_b-9")
        ]
        + ["freshground_build_docs", "freshground_governor", "freshground_deadlines"]
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (None, ["There is no settings file", "FRESHGROUND_SETTINGS"]),
        ("", ["is not set", "./freshground.yaml"]),
        ("lake: x\nsources: []\nindexes: []\n", ["sources", "FRESHGROUND_SETTINGS"]),
        ("airflow: {ingest: 'each day'}\n", ["airflow.ingest", "each day"]),
    ],
)
def test_settings_that_cannot_be_used_are_an_import_error(
    text: str | None, says: list[str], project: AirflowProject, tmp_path: Path
) -> None:
    place = tmp_path / "bad.yaml"
    if text and "airflow" in text:
        place.write_text(project.settings_file().read_text() + text)
        project.settings_file().unlink()
    elif text:
        place.write_text(text)
    found = run(BAG, tmp_path, place if text != "" else "")
    assert found["dags"] == []
    (error,) = found["errors"].values()
    for part in says:
        assert part in error
