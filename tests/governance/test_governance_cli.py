"""The commands, as people and scripts call them."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from freshground.core.errors import FreshgroundError
from freshground.service.cli.app import app
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _call(project: Project, *arguments: str) -> tuple[int, str]:
    (project.root / "freshground.yaml").write_text(yaml.safe_dump(project.raw))
    result = CliRunner().invoke(app, [*arguments, "--settings", str(project.root)])
    if isinstance(result.exception, FreshgroundError):
        return result.exception.exit_status, str(result.exception)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def _json(project: Project, *arguments: str) -> Any:
    status, out = _call(project, *arguments, "--json")
    assert status == 0, out
    return json.loads(out)


@pytest.fixture
def served(quick: Project) -> Project:
    quick.fill(3)
    quick.refresh()
    quick.write("d001.md", article(40))
    quick.refresh()
    return quick


def test_take_down_and_restore(served: Project) -> None:
    assert _json(served, "denials") == []
    assert _call(served, "denials") == (0, "Nothing is denied.\n")
    found = _json(served, "takedown", "d002.md", "--comment", "letter", "--by", "eve")
    assert (found["kind"], found["by"], found["comment"]) == ("takedown", "eve", "letter")
    status, out = _call(served, "denials")
    assert status == 0
    assert "takedown, 1 document, by eve: letter" in out
    assert "d002.md" in out
    hits = _json(served, "query", "policy clause", "-k", "100")["hits"]
    assert {hit["key"] for hit in hits} == {"d000.md", "d001.md"}
    assert "DENIED: takedown" in _call(served, "explain", "d002.md")[1]
    assert "taken down" in _call(served, "quarantine", "list")[1]
    status, out = _call(served, "restore", "d002.md")
    assert (status, "Lifted" in out) == (0, True)
    assert _call(served, "restore", "d002.md")[0] == 1
    chunk = _json(served, "query", "policy clause")["hits"][0]["chunk_id"]
    status, out = _call(served, "takedown", chunk)
    assert "just this passage" in out
    assert _call(served, "takedown", "nothing")[0] == 1


def test_ask_the_past(served: Project) -> None:
    release = _json(served, "query", "policy", "--release", "1")
    assert release["release"] == 1
    first = _json(served, "releases")[-1]["published_at"]
    assert _json(served, "query", "policy", "--as-of", first)["release"] == 1
    status, out = _call(served, "query", "policy", "--as-of", "soon")
    assert (status, "is no time" in out) == (1, True)
    status, out = _call(served, "query", "policy", "--release", "8")
    assert (status, "never published" in out) == (1, True)


def test_roll_back_hold_and_resume(served: Project) -> None:
    why = ("--comment", "bad", "--by", "eve")
    row = _json(served, "rollback", "docs", "--blame", "d001.md", *why)
    assert (row["release"], row["by"]) == (1, "eve")
    assert (row["hold"]["comment"], row["hold"]["by"]) == ("bad", "eve")
    assert "on hold" in _call(served, "status")[1]
    status, out = _call(served, "refresh")
    assert status == 0
    assert "held" in out
    assert "freshground resume docs" in out
    assert "on hold no more" in _call(served, "resume", "docs", "--comment", "fixed")[1]
    assert _call(served, "resume", "docs")[0] == 1
    status, out = _call(served, "rollback", "docs", "--to", "2")
    assert (status, "It is on hold" in out) == (0, True)


def test_difference_of_releases(served: Project) -> None:
    found = _json(served, "diff", "docs", "1", "2")
    assert found["counts"] == {"added": 0, "changed": 1, "moved": 0, "removed": 0}
    status, out = _call(served, "diff", "docs", "1", "2")
    assert status == 0
    assert "~ " in out
    assert "d001.md" in out
    assert _call(served, "diff", "docs", "1", "7")[0] == 1
