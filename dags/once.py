"""Every DAG of a project once, in order, in this process: no scheduler, no server.

`python -m dags.once [SETTINGS]` prints the state of each task. Airflow's own database is SQLite
in a folder that is thrown away unless `--home` names one.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dags.local.environment import environment
from freshground.core.errors import ConfigError, FreshgroundError
from freshground.core.settings import SETTINGS_FILE

if TYPE_CHECKING:
    from airflow.sdk import DAG


@dataclass(frozen=True, slots=True)
class DagOutcome:
    """How one DAG run ended, after `seconds` of wall time.

    `tasks` maps a task, or `task[n]` of a mapped one, to its state; `tries` to how often it ran.
    """

    dag_id: str
    state: str
    tasks: dict[str, str]
    tries: dict[str, int]
    seconds: float


def prepare(home: Path, settings_file: Path, *, log_level: str = "ERROR") -> None:
    """Make an Airflow home with its database, for this process, which has not imported Airflow yet.

    Airflow logs what is of `log_level` or worse.
    Raises ConfigError when Airflow was imported with another home.
    """
    if os.environ.get("AIRFLOW_HOME") != str(home) and "airflow.configuration" in sys.modules:
        raise ConfigError(
            "Airflow is imported already, with another home.", "Call `prepare` in a new process."
        )
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(environment(home, settings_file, f"sqlite:///{home}/airflow.db"))
    os.environ["AIRFLOW__LOGGING__LOGGING_LEVEL"] = log_level
    from airflow.utils.db import initdb

    initdb()


def run(settings_file: Path, only: str = "") -> list[DagOutcome]:
    """Run all DAGs of a project in the order of a refresh, or `only` one. `prepare` comes first.

    A DAG that fails does not keep the others from running: the ledger tells each what it can do.
    """
    os.environ["FRESHGROUND_SETTINGS"] = str(settings_file)
    from dags.grounding import make
    from freshground.core.settings import load

    return [run_dag(dag) for dag in make(load(settings_file)) if only in ("", dag.dag_id)]


def run_dag(dag: DAG) -> DagOutcome:
    """Run one DAG in this process and wait for its end."""
    started = time.perf_counter()
    ended = dag.test()
    seconds = time.perf_counter() - started
    found = {
        f"{ti.task_id}[{ti.map_index}]" if ti.map_index >= 0 else ti.task_id: ti
        for ti in ended.get_task_instances()
    }
    return DagOutcome(
        dag.dag_id,
        str(ended.state),
        {name: str(ti.state) for name, ti in sorted(found.items())},
        {name: ti.try_number for name, ti in sorted(found.items())},
        seconds,
    )


def main() -> int:
    """Run the DAGs and print their states; return 0 when all succeeded, else 1."""
    parser = argparse.ArgumentParser(prog="python -m dags.once", description=__doc__)
    named = os.environ.get("FRESHGROUND_SETTINGS", SETTINGS_FILE)
    parser.add_argument("settings", nargs="?", type=Path, default=named)
    parser.add_argument("--home", type=Path, help="keep Airflow's home here")
    given = parser.parse_args()
    settings_file = given.settings.resolve()
    with tempfile.TemporaryDirectory(prefix="freshground-airflow-") as throw_away:
        try:
            prepare(given.home.resolve() if given.home else Path(throw_away), settings_file)
            logging.getLogger().setLevel(logging.ERROR)
            outcomes = run(settings_file)
        except FreshgroundError as error:
            print(error, file=sys.stderr)  # noqa: T201 - a command
            return error.exit_status
    for outcome in outcomes:
        tasks = "  ".join(f"{name} {state}" for name, state in outcome.tasks.items())
        print(f"{outcome.dag_id}  {outcome.state}  {outcome.seconds:.1f} s  {tasks}")  # noqa: T201
    return 0 if all(outcome.state == "success" for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
