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


_WORD = "quartzphoenix"
"""Stands in the text, the headings and the title of two documents, and in no address."""


def test_no_command_prints_what_is_denied(served: Project, tmp_path) -> None:
    keys = ("d000.md", "d002.md")
    for key in keys:
        text = f"# The {_WORD}\n\n## Of {_WORD} {key[1:4]}\n\nEach {_WORD} of {key[1:4]} is blue.\n"
        served.write(key, text)
    served.refresh()
    for key in keys:
        served.write(key, served.read(key) + f"\nThis {_WORD} was added to {key[1:4]}.\n")
    served.refresh()
    then = _json(served, "releases")[0]["published_at"]
    hits = _json(served, "query", _WORD, "--mode", "text")["hits"]
    assert {hit["key"] for hit in hits if _WORD in hit["text"]} == set(keys)
    named = {hit["key"]: (hit["chunk_id"], hit["doc_id"]) for hit in hits}
    _json(served, "takedown", "d002.md")
    erased = named["d000.md"][1]
    served.context().lake.denials.add("erased", doc_ids=[erased], source_id="docs", by="dpo")
    (tmp_path / "q.jsonl").write_text(json.dumps({"_id": "q", "text": "what is blue"}))
    (tmp_path / "r.tsv").write_text("query-id\tcorpus-id\tscore\nq\td002.md\t1\n")
    asked = [
        ("query", "what is blue", "-k", "50", "--mode", mode, *release)
        for mode in ("hybrid", "vector", "text")
        for release in ((), ("--release", "3"), ("--as-of", then))
    ]
    others = (
        *(("explain", name) for key in keys for name in (key, *named[key])),
        ("diff", "docs", "2", "3"),
        ("diff", "docs", "3", "4"),
        ("evaluate", "--queries", str(tmp_path / "q.jsonl"), "--qrels", str(tmp_path / "r.tsv")),
        ("quarantine", "list"),
        *((name,) for name in ("plan", "denials", "releases", "status", "approvals", "freshness")),
    )
    for command in (*asked, *others):
        for form in ((), ("--json",)):
            status, out = _call(served, *command, *form)
            assert status == (2 if command == ("plan",) else 0), (command, out)
            assert _WORD not in out, command
    status, out = _call(served, "refresh", "--json")
    assert (status, _WORD in out) == (0, False)
    assert _call(served, "rollback", "docs", "--to", "3")[0] == 0
    for command in (*asked[:3], ("explain", named["d002.md"][0])):
        assert _WORD not in _call(served, *command)[1]
    journal = served.context().lake.journal.table.rows("SELECT body FROM t")
    assert all(_WORD not in body for body in journal.column("body").to_pylist())
