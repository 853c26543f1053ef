"""`make demo`: the samples through the Airflow DAGs, two releases, and what happened in between.

Everything runs in this process, in order: `dag.test()` chains no assets, so the demo does. It works
in a folder of its own and leaves the samples as they are.
"""

from __future__ import annotations

import csv
import logging
import os
import shutil
import subprocess
import sys
import time
import warnings
from pathlib import Path

SAMPLES = Path(__file__).resolve().parent
WORK = SAMPLES.parent / ".freshground" / "demo"
QUESTION = "How many nights in a hotel are paid before the team manager has to agree?"
EXPECTED_ASIDE = 4
"""Samples that are broken on purpose: empty, encrypted, truncated, scanned without text."""


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def prepare() -> None:
    """Make a fresh project and an Airflow home beside it; both may be deleted at any time."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(SAMPLES, WORK / "project")
    os.environ.update(
        FRESHGROUND_SETTINGS=str(WORK / "project" / "freshground.yaml"),
        AIRFLOW_HOME=str(WORK / "airflow"),
        AIRFLOW__CORE__LOAD_EXAMPLES="False",
        AIRFLOW__CORE__UNIT_TEST_MODE="False",
        AIRFLOW__CORE__DAGS_FOLDER=str(SAMPLES.parent / "dags"),
        AIRFLOW__LOGGING__LOGGING_LEVEL="WARNING",
        AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
    )


def migrate() -> None:
    """Make Airflow's throw-away database; SQLite is enough for one task at a time."""
    command = [sys.executable, "-m", "airflow", "db", "migrate"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"Airflow's database could not be made:\n{done.stdout}\n{done.stderr}")


def run_dags() -> None:
    """Run every DAG once, in the order of one refresh, and print how its tasks ended."""
    from airflow.dag_processing.dagbag import DagBag

    folder = Path(os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    bag = DagBag(folder, bundle_path=folder, bundle_name="dags-folder")
    if bag.import_errors:
        sys.exit(f"The DAGs cannot be imported: {bag.import_errors}")
    from dags.grounding import make
    from freshground.core.settings import load

    for name in (dag.dag_id for dag in make(load())):
        started = time.perf_counter()
        run = bag.dags[name].test()
        states: dict[str, list[str]] = {}
        for instance in run.get_task_instances():
            states.setdefault(str(instance.state), []).append(instance.task_id)
        text = "; ".join(f"{s}: {', '.join(sorted(set(t)))}" for s, t in sorted(states.items()))
        print(f"  {name:36} {time.perf_counter() - started:5.1f} s  {text}", flush=True)


def change() -> None:
    """Edit, add, delete and rename sample documents, as a day at the office would."""
    handbook = WORK / "project" / "handbook"
    changes = WORK / "project" / "changes"
    with (changes / "rename.tsv").open(newline="", encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            print(f"  rename {row['from']} -> {row['to']}")
            (handbook / row["to"]).parent.mkdir(parents=True, exist_ok=True)
            (handbook / row["from"]).rename(handbook / row["to"])
    for key in (changes / "delete.txt").read_text(encoding="utf-8").split("\n"):
        if key.strip():
            print(f"  delete {key}")
            (handbook / key.strip()).unlink()
    for new in sorted(path for path in (changes / "write").rglob("*") if path.is_file()):
        key = new.relative_to(changes / "write")
        print(f"  {'edit' if (handbook / key).exists() else 'add'} {key}")
        (handbook / key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(new, handbook / key)


def show_releases() -> None:
    from freshground.service import status

    context, index = project()
    for row in status.releases(context, index):
        counts = row["counts"]
        passed = sum(gate["passed"] for gate in row["gates"])
        print(
            f"  release {row['release']}{' (live)' if row['live'] else ''}: {counts['documents']} "
            f"documents, {counts['chunks']} chunks; {counts['added']} documents added, "
            f"{counts['changed']} changed, {counts['removed']} removed; gates {passed} of "
            f"{len(row['gates'])} passed, verdict {row['verdict']}"
        )
    for entry in context.lake.journal.entries("stage"):
        if entry.body["stage"] == "embed":
            body = entry.body
            print(
                f"  embedded for {body['subject']} at {entry.at:%H:%M:%S}: "
                f"{body['texts_embedded']} texts, {body['vectors_reused']} vectors reused"
            )


def project():
    from freshground.core.settings import load
    from freshground.service.context import Context

    settings = load()
    return Context(settings), settings.index("handbook")


def ask() -> None:
    from freshground.service.cli import show
    from freshground.service.query import query

    context, index = project()
    show.answer(query(context, index, QUESTION, k=2).as_dict(), as_json=False)


def main() -> int:
    started = time.perf_counter()
    prepare()
    logging.disable(logging.INFO)
    warnings.simplefilter("ignore")
    say("Airflow's throw-away database")
    migrate()
    say("First refresh through the DAGs: every document is new")
    run_dags()
    from freshground.service import planning, status
    from freshground.service.cli import show

    context, _ = project()
    aside = status.quarantined(context)
    say(f"{len(aside)} documents are broken on purpose and were set aside; the others are served")
    show.quarantine(aside, as_json=False)
    show_releases()
    say(f"Ask: {QUESTION}")
    ask()
    say("A day passes: documents change at the source")
    change()
    say("The plan")
    context, _ = project()
    show.plan(planning.plan(context), as_json=False)
    say("Second refresh through the DAGs: only what changed is parsed and embedded")
    run_dags()
    show_releases()
    say(f"Ask again: {QUESTION}")
    ask()
    context, _ = project()
    live = {row["index"]: row["release"] for row in status.status(context)}
    say(f"Live releases: {live}. {time.perf_counter() - started:.0f} s in all. Look further with")
    print(f"  .venv/bin/freshground status --settings {os.path.relpath(WORK / 'project')}")
    right = live["handbook"] == 2 and len(aside) == EXPECTED_ASIDE
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
