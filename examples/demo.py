"""`make demo`: the samples through the Airflow DAGs, and what may go wrong on the way.

Two releases; a plan that a guard stops and a person approves; a candidate that a gate stops; a
rollback; and an app that asks over HTTP.

Everything runs in this process, in order: `dag.test()` chains no assets, so the demo does. It works
in a folder of its own and leaves the samples as they are.
"""

from __future__ import annotations

import csv
import os
import shutil
import sys
import time
import warnings
from pathlib import Path

from dags import once

SAMPLES = Path(__file__).resolve().parent
WORK = SAMPLES.parent / ".freshground" / "demo"
QUESTION = "How many nights in a hotel are paid before the team manager has to agree?"
EXPECTED_ASIDE = 4
"""Samples that are broken on purpose: empty, encrypted, truncated, scanned without text."""


def say(text: str) -> None:
    print(f"\n=== {text}", flush=True)


def prepare() -> Path:
    """Make a fresh project, and Airflow's throw-away home beside it; return the settings file."""
    shutil.rmtree(WORK, ignore_errors=True)
    shutil.copytree(SAMPLES, WORK / "project")
    settings = WORK / "project" / "freshground.yaml"
    # A task that failed, as some do here on purpose, is told of by us; its traceback is no news.
    once.prepare(WORK / "airflow", settings, log_level="CRITICAL")
    os.environ["FRESHGROUND_SETTINGS"] = str(settings)
    return settings


def run_dags(settings: Path, only: str = "") -> None:
    """Run DAGs once, in the order of one refresh; print what they said, and how their tasks ended.

    `only` names one of them.
    """
    for outcome in once.run(settings, only):
        states: dict[str, list[str]] = {}
        for task, state in outcome.tasks.items():
            states.setdefault(state, []).append(task)
        text = "; ".join(f"{state}: {', '.join(t)}" for state, t in sorted(states.items()))
        print(f"  {outcome.dag_id:36} {outcome.seconds:5.1f} s  {text}", flush=True)


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
    return Context(settings, by="Dana"), settings.index("handbook")


def ask() -> None:
    from freshground.service.asking.query import query
    from freshground.service.cli import show

    context, index = project()
    show.answer(query(context, index, QUESTION, k=2).as_dict(), as_json=False)


def tidy_up() -> None:
    """Take a whole folder away, as somebody does who thinks that nobody needs it."""
    handbook = WORK / "project" / "handbook"
    gone = [*sorted((handbook / "howto").iterdir()), *sorted((handbook / "mail").iterdir())]
    for path in gone:
        path.unlink()
    print(f"  howto and mail: {len(gone)} documents deleted")


def overwrite() -> list[Path]:
    """Write one policy over all others, as a broken export does; return the files."""
    policies = WORK / "project" / "handbook" / "policies"
    spoilt: list[Path] = []
    for kind, source in ((".pdf", "renters.pdf"), (".docx", "cyber-endorsement.docx")):
        for path in sorted(policies.glob(f"*{kind}")):
            if path.name != source:
                shutil.copyfile(policies / source, path)
                spoilt.append(path)
    print(f"  {len(spoilt)} policies hold the words of another policy now")
    return spoilt


def decide(settings: Path) -> None:
    """Let a guard stop the plan, look at it, agree, and refresh again."""
    from freshground.service.cli import show_plan
    from freshground.service.plans import approvals

    run_dags(settings, only="freshground_ingest_handbook")
    context, _ = project()
    say("What waits for a person (`freshground approvals`)")
    show_plan.approvals(approvals.stopped(context), as_json=False)
    say("Dana agrees (`freshground approve handbook`; in Airflow, the approval DAG asks the same)")
    comment = "moved to the intranet"
    row = approvals.approve(context, "handbook", comment=comment)
    show_plan.decision(row, as_json=False)
    run_dags(settings)
    show_releases()


def go_back() -> float:
    """Roll back, show that it lasts, and resume; return what the rollback took, in seconds."""
    from freshground.service.cli import show, show_status
    from freshground.service.releases import holding
    from freshground.service.views.overview import overview

    context, index = project()
    started = time.perf_counter()
    row = holding.rollback(context, index, 2, comment="the how-tos are missed after all")
    seconds = time.perf_counter() - started
    show.rollback(row, as_json=False)
    print(f"  ({seconds:.2f} s)")
    show_status.status(overview(context), as_json=False)
    return seconds


def over_http(settings: Path) -> bool:
    """Ask as an app does, with Azure AI Search's client; return whether the right release answered.

    The key is for what is public, as one for an app would be.
    """
    from examples import app

    context, _ = project()
    key = context.lake.keys.create("demo-app", "query", by="demo")[1]
    with app.serving(settings) as endpoint:
        lines = app.ask(endpoint, key, "handbook", QUESTION)
    for line in lines:
        print(f"  {line}")
    return any("(release 2," in line for line in lines) and ", fresh," in lines[-1]


def main() -> int:
    started = time.perf_counter()
    warnings.simplefilter("ignore")
    say("A fresh project, and Airflow's throw-away database")
    settings = prepare()
    say("First refresh through the DAGs: every document is new")
    print("  (four samples are broken on purpose: the last task of their run fails)")
    run_dags(settings)
    from freshground.service import status
    from freshground.service.cli import show_plan, show_quarantine
    from freshground.service.plans import planning
    from freshground.service.quarantine.listing import listed
    from freshground.service.views.overview import overview

    context, _ = project()
    aside = listed(context)
    say(f"{len(aside)} documents are broken on purpose and were set aside; the others are served")
    show_quarantine.rows(aside, as_json=False)
    show_releases()
    say(f"Ask: {QUESTION}")
    ask()
    say("A day passes: documents change at the source")
    change()
    say("The plan")
    context, _ = project()
    show_plan.plan(planning.plan(context), as_json=False)
    say("Second refresh through the DAGs: only what changed is parsed and embedded")
    run_dags(settings)
    show_releases()
    say(f"Ask again: {QUESTION}")
    ask()
    say("Somebody tidies up at the source")
    tidy_up()
    say("Third refresh: a guard stops the plan, and nothing is changed")
    decide(settings)
    say("An export goes wrong")
    overwrite()
    say("Fourth refresh: the golden questions are answered worse, and a gate stops the candidate")
    run_dags(settings)
    print("\n  What is served has not changed:")
    show_releases()
    say("Rollback, to the release before the tidying up")
    took = go_back()
    say("An app asks with Azure AI Search's client: `freshground serve`")
    answered = over_http(settings)
    context, _ = project()
    live = {row["index"]: row["release"] for row in overview(context)}
    say(f"Live releases: {live}. {time.perf_counter() - started:.0f} s in all. Look further with")
    print(f"  .venv/bin/freshground status --settings {os.path.relpath(WORK / 'project')}")
    releases = status.releases(context, project()[1])
    right = (
        live["handbook"] == 2
        and [row["release"] for row in releases] == [3, 2, 1]
        and len(aside) == EXPECTED_ASIDE
        and took < 1
        and answered
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
