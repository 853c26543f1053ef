"""Airflow's price: the DAGs of a refresh, one after the other, beside the refresh in one process.

Both work on the same documents, each on its own lake, in one process with imports done. The DAGs
run by `dag.test()`, whose database is SQLite: what is added is scheduling, task states, the API
between task and database, and a context opened anew by each task. A running Airflow starts a
process for each task besides, which pays its imports: about five seconds of CPU for a stage.

    python -m benchmarks.airflow_price [--documents 200] [--rounds 3]
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

import yaml

from benchmarks import corpus
from benchmarks.result import Result, table
from benchmarks.workshop import ENCODER
from dags import once
from freshground.core.settings import load
from freshground.service.context import Context
from freshground.service.refresh import refresh
from freshground.service.reports import exit_status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

EDITED = 10
AGO_S = 600
"""How old an edit says it is: a time too near the listing makes it hash everything."""


def run(root: Path, *, quick: bool, documents: int = 0, rounds: int = 3) -> Iterator[Result]:
    """Time a first load, `rounds` edits and `rounds` refreshes of nothing, both ways.

    `root` is an empty folder. Airflow takes its home in it, so that this runs once in a process.
    """
    documents = documents or (30 if quick else 200)
    by_dags, in_process = (_project(root, name) for name in ("dags", "process"))
    once.prepare(root / "airflow", by_dags)
    draw = random.Random(documents)
    # Imports, and a first look of Airflow at the DAGs: on a lake that is not looked at again.
    corpus.write(root / "docs", 0, 1)
    warm = _project(root, "warm")
    _by_dags(warm)
    _in_process(warm)
    corpus.write(root / "docs", 1, documents - 1)

    def edit() -> None:
        for number in draw.sample(range(documents), min(EDITED, documents)):
            corpus.append(root / "docs", number, draw, time.time() - AGO_S)

    cases: list[tuple[str, int, Callable[[], object]]] = [
        (f"first load of {documents} documents", 1, lambda: None),
        (f"{EDITED} of {documents} documents edited", rounds, edit),
        (f"nothing changed in {documents} documents", rounds, lambda: None),
    ]
    for name, times, change in cases:
        dags, process = [], []
        for _ in range(times):
            change()
            dags.append(_by_dags(by_dags))
            process.append(_in_process(in_process))
        slow, fast = median(d[0] for d in dags), median(process)
        yield Result(
            f"DAGs over refresh in process: {name}",
            slow / fast,
            " x",
            beside=f"DAGs {slow:.2f} s, in process {fast:.2f} s, {dags[0][1]} tasks",
            notes=(f"{(slow - fast) / dags[0][1]:.2f} s a task",),
        )


def _project(root: Path, name: str) -> Path:
    place = root / f"{name}.yaml"
    settings = {
        "lake": f"./lake-{name}",
        "cache": "./cache",
        "encoder": {"model": ENCODER},
        "sources": [{"id": name, "type": "files", "url": "./docs", "access": "public"}],
        "indexes": [{"id": name, "sources": [name]}],
    }
    place.write_text(yaml.safe_dump(settings), encoding="utf-8")
    return place


def _by_dags(settings_file: Path) -> tuple[float, int]:
    outcomes = once.run(settings_file)
    bad = [f"{o.dag_id}: {o.tasks}" for o in outcomes if o.state != "success"]
    if bad:
        raise RuntimeError(f"a DAG of the benchmark failed: {'; '.join(bad)}")
    ran = sum(state == "success" for o in outcomes for state in o.tasks.values())
    return sum(outcome.seconds for outcome in outcomes), ran


def _in_process(settings_file: Path) -> float:
    started = time.perf_counter()
    reports = refresh(Context(load(settings_file), by="benchmark"))
    seconds = time.perf_counter() - started
    if exit_status(reports):
        raise RuntimeError("; ".join(report.message for report in reports if report.message))
    return seconds


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count() or 1))
    with tempfile.TemporaryDirectory() as folder:
        found = run(Path(folder), quick=False, documents=given.documents, rounds=given.rounds)
        print(table(list(found)))


if __name__ == "__main__":
    main()
