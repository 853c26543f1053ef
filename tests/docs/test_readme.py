"""The README is true: its session runs, its settings load, its commands exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from freshground.core.settings import parse

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def _block(kind: str) -> str:
    return re.search(rf"```{kind}\n(.*?)```", README, re.DOTALL)[1]


def _session() -> list[tuple[str, list[str]]]:
    """Return the commands of the session, each with the lines expected of it."""
    steps: list[tuple[str, list[str]]] = []
    for line in _block("console").splitlines():
        if line.startswith("$ "):
            steps.append((line[2:], []))
        else:
            steps[-1][1].append(line)
    return steps


def _fits(expected: list[str], found: str) -> bool:
    """Return whether found text has the expected lines; `...` stands for anything."""
    pattern = ""
    for line in expected:
        if line == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*".join(re.escape(part) for part in line.split("...")) + r"[ ]*\n"
    if expected[-1:] == ["..."]:
        pattern += r"(?:.*\n)*"
    return re.fullmatch(pattern, found) is not None


@pytest.mark.slow
def test_the_session_runs(tmp_path):
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    for command, expected in _session():
        status = re.search(r"# exit status (\d)", command)
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == (int(status[1]) if status else 0), done.stdout + done.stderr
        if expected:
            assert _fits(expected, done.stdout), f"{command}\n{done.stdout}\n{done.stderr}"


def test_fitting_can_fail():
    assert _fits(["a ... c", "...", "z"], "a b c\nq\nz\n")
    assert not _fits(["a ... c", "z"], "a b c\nq\nz\n")


def test_the_smallest_settings_are_enough():
    assert parse(yaml.safe_load(_block("yaml")), ROOT).indexes[0].id == "handbook"


@pytest.mark.slow
def test_every_command_named_is_there_and_every_command_is_named():
    done = subprocess.run(
        [str(Path(sys.executable).parent / "freshground"), "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = set(re.findall(r"^[│ ]+([a-z]+)  ", done.stdout, re.MULTILINE))
    line = re.search(r"## Commands\n\n(.*?);", README, re.DOTALL)[1]
    named = {name.split()[0] for name in re.findall(r"`([^`]+)`", line)}
    assert found - {"version"} == named
