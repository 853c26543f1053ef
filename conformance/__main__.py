"""`make conformance`: serve a project, let other people's programs use it, write what worked."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from conformance.environments import CASES, Case, NotTried, made, script
from conformance.place import INDEX, Served, project, serving
from conformance.table import Outcome, markdown

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "conformance.md"
LIMIT_S = 300


def tried(case: Case, command: list[str], versions: str, served: Served, folder: Path) -> Outcome:
    """Run a case's scripts against a service."""
    found = Outcome(case.name, versions, served.endpoint.partition(":")[0])
    environment = {
        **os.environ,
        **served.environment,
        "CONFORMANCE_ENDPOINT": served.endpoint,
        "CONFORMANCE_ADMIN_KEY": served.key,
        "CONFORMANCE_MANAGED": INDEX,
    }
    for name, *arguments in case.runs:
        run = subprocess.run(
            [*command, str(script(case, name, folder)), *arguments],
            env=environment,
            check=False,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
        )
        lines = [line for line in run.stdout.splitlines() if line.startswith("{")]
        found.steps += [json.loads(line) for line in lines]
        if run.returncode:
            last = run.stderr.strip().splitlines()[-1:] or [f"status {run.returncode}"]
            found.steps.append({"step": f"run {name}", "outcome": "fails", "note": last[0]})
    return found


def main(wanted: list[str]) -> int:
    """Try all cases, or those whose names hold a word; return 1 when a step fails."""
    folder = ROOT / ".conformance"
    folder.mkdir(exist_ok=True)
    outcomes: dict[str, Outcome] = {}
    cases = [c for c in CASES if not wanted or any(w in c.name.lower() for w in wanted)]
    with tempfile.TemporaryDirectory() as temporary:
        settings = project(Path(temporary) / "project")
        for tls in (False, True):
            with serving(settings, tls=tls) as served:
                for case in (each for each in cases if each.tls is tls):
                    try:
                        command, versions = made(case, folder)
                    except NotTried as error:
                        outcomes[case.name] = Outcome(case.name, why=str(error))
                    else:
                        found = tried(case, command, versions, served, folder)
                        outcomes[case.name] = found
                    print(_line(outcomes[case.name]), flush=True)
    if not wanted:
        PAGE.write_text(markdown([outcomes[case.name] for case in CASES]))
    return int(any(each.failed for each in outcomes.values()))


def _line(found: Outcome) -> str:
    if found.why:
        return f"{found.name}: not tried, {found.why}"
    failed = [f"{s['step']}: {s['note']}" for s in found.steps if s["outcome"] == "fails"]
    return "\n  ".join([f"{found.name}: {len(found.steps)} steps, {len(failed)} fail", *failed])


if __name__ == "__main__":
    sys.exit(main([word.lower() for word in sys.argv[1:]]))
