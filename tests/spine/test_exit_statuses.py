"""The command line: each outcome has its exit status, and errors come without a traceback.

Each command is a process of its own, forked with the imports done; that the installed script ends
with such a status is seen in the README's session, and here for wrong usage.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from freshground.core.ids import content_hash, doc_id
from freshground.service.reports import StageReport, exit_status
from tests.project import Project, article

if TYPE_CHECKING:
    from tests.proofs.workshop import Workshop

pytestmark = pytest.mark.slow


class Shell:
    """Runs `freshground` in a folder, its settings changed with `settings`."""

    def __init__(self, folder: Path, workshop: Workshop) -> None:
        self.project = Project(folder, engine="memory")
        self.workshop = workshop
        self.settings()

    def settings(self, **changes) -> None:
        place = self.project.root / "freshground.yaml"
        place.write_text(json.dumps({**self.project.raw, "cache": "cache", **changes}))

    def __call__(self, *arguments: str) -> tuple[int, str, str]:
        ended = self.workshop.run(self.project, "command", arguments=arguments).result
        assert "error" not in ended, ended
        assert "Traceback" not in ended["errors"], ended["errors"]
        return ended["status"], ended["out"], ended["errors"]


@pytest.fixture
def shell(tmp_path: Path, workshop: Workshop) -> Shell:
    return Shell(tmp_path, workshop)


def test_a_life_of_a_project(shell: Shell) -> None:
    project = shell.project
    project.fill(14)
    status, out, _ = shell("plan", "--json")
    assert status == 2
    assert len(json.loads(out)["sources"][0]["adds"]) == 14
    assert not (project.root / "lake" / "pointer").exists()
    status, out, _ = shell("refresh", "--json")
    found = json.loads(out)
    assert (status, found["status"], found["totals"]["added"]) == (0, 0, 14)
    status, out, _ = shell("plan")
    assert (status, "Nothing to do" in out) == (0, True)
    project.write("broken.md", b"")
    status, out, _ = shell("refresh")
    assert status == 3
    assert "broken.md" in out
    project.delete(*(f"d{number:03d}.md" for number in range(11)))
    status, out, _ = shell("refresh")
    assert status == 4
    assert "freshground approve docs" in " ".join(out.split())
    status, _, errors = shell("refresh", "--approve-deletes", "doc")
    assert status == 1
    assert "There is no source 'doc'" in errors
    status, out, _ = shell("refresh", "--approve-deletes", "docs", "--json")
    assert (status, json.loads(out)["totals"]["removed"]) == (0, 11)
    status, out, _ = shell("rollback", "docs")
    assert (status, "serves release 1 (was 2)" in out) == (0, True)


def test_a_gate_stops_with_its_own_status(shell: Shell) -> None:
    """A verdict that an earlier run left on a document stops the release that would hold it."""
    project = shell.project
    project.fill(2)
    run = project.refresh()
    project.write("d001.md", article(40))
    context = project.context()
    body = {
        "check_id": "gold.spans", "layer": "gold", "severity": "critical", "passed": False,
        "value": 0.0, "threshold": 1.0, "detail": "", "sample": [], "stage": "gold", "made_by": "",
        "documents": {doc_id("docs", "d001.md"): content_hash(article(40).encode())},
    }  # fmt: skip
    context.lake.journal.add("earlier", "failed_check", "docs", body)
    context.lake.journal.commit()
    assert run.status == 0
    status, out, _ = shell("refresh")
    assert status == 5
    assert "old release keeps serving" in " ".join(out.split())


@pytest.mark.parametrize(
    "arguments",
    [
        ("refesh",),
        ("query",),
        ("query", "x", "--mode", "psychic"),
        ("rollback", "docs", "--to", "x"),
    ],
)
def test_wrong_usage_is_64(shell: Shell, arguments: tuple[str, ...]) -> None:
    status, out, errors = shell(*arguments)
    assert status == 64
    assert errors
    assert not out


def test_the_installed_script_ends_with_the_status() -> None:
    script = Path(sys.executable).with_name("freshground")
    done = subprocess.run([script, "refesh"], capture_output=True, text=True, check=False)
    assert done.returncode == 64
    assert "refesh" in done.stderr
    assert not done.stdout


def test_wrong_settings_are_1_and_say_where(shell: Shell) -> None:
    shell.settings(sources=[{"id": "docs", "type": "files", "url": "docs"}])
    status, _, errors = shell("refresh")
    assert status == 1
    assert "sources[0].access" in errors
    (shell.project.root / "freshground.yaml").unlink()
    status, _, errors = shell("status")
    assert status == 1
    assert "freshground init" in errors
    assert shell("init")[0] == 0
    assert shell("init")[0] == 1


def test_a_missing_folder_and_an_empty_index_are_1(shell: Shell) -> None:
    shell.project.docs.rmdir()
    status, out, _ = shell("refresh")
    assert status == 1
    assert "does not exist" in " ".join(out.split())
    status, _, errors = shell("query", "storm")
    assert status == 1
    assert "no release yet" in errors
    status, _, errors = shell("query", "storm", "--index", "none")
    assert status == 1
    assert "Known indexes: docs" in errors


def test_the_worst_outcome_is_the_status() -> None:
    def of(*outcomes: str) -> int:
        return exit_status([StageReport("s", "x", outcome) for outcome in outcomes])

    assert of() == of("done", "nothing", "waiting") == 0
    assert of("done", "quarantined") == 3
    assert of("quarantined", "guard") == 4
    assert of("guard", "gate", "quarantined") == 5
    assert of("gate", "failed", "guard") == 1
