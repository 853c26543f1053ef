"""Airflow in this process, with a home that is thrown away, over small projects."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.project import Project

if TYPE_CHECKING:
    from pathlib import Path

    from dags.once import DagOutcome


@dataclass
class AirflowProject(Project):
    """A project whose settings stand in a file, as the DAGs read them."""

    def settings_file(self) -> Path:
        place = self.root / "freshground.yaml"
        place.write_text(yaml.safe_dump(self.raw))
        return place

    def run(self) -> dict[str, DagOutcome]:
        """Run all DAGs in order; return the outcomes by layer: ingest, silver, gold, build."""
        from dags import once

        outcomes = once.run(self.settings_file())
        return {outcome.dag_id.split("_")[1]: outcome for outcome in outcomes}

    def release(self) -> int | None:
        live = self.context().releases.live("docs")
        return live[0].release if live else None


@pytest.fixture
def project(tmp_path: Path) -> AirflowProject:
    return AirflowProject(tmp_path, engine="memory", changes={"shard_size": 2})


@pytest.fixture(scope="session")
def airflow_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's home and database for all tests of this process."""
    from dags import once

    home = tmp_path_factory.mktemp("airflow")
    with pytest.MonkeyPatch.context() as patch:
        # Airflow's own variables have to stay; the settings are each test's own.
        patch.setenv("FRESHGROUND_SETTINGS", "")
        # DAGs of one name follow each other within seconds, each over another lake.
        os.environ["AIRFLOW__CORE__MIN_SERIALIZED_DAG_UPDATE_INTERVAL"] = "0"
        once.prepare(home, home / "none.yaml")
    return home


@pytest.fixture
def airflow(airflow_home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from airflow.models.asset import AssetActive
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    monkeypatch.setenv("FRESHGROUND_SETTINGS", "")
    # Each test's lake is elsewhere; without a scheduler, nobody retires the assets of the last.
    with create_session() as session:
        session.execute(delete(AssetActive))
    return airflow_home
