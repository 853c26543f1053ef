"""A refresh that is killed, or broken off: what is said of it, and that the next one is fine."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from freshground.service.refresh import refresh
from freshground.service.views.progress import running
from freshground.service.views.run import run as details
from freshground.service.views.runs import runs

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

CHILD = """
import sys
from pathlib import Path
from tests.project import Project
from freshground.service.refresh import refresh

project = Project(Path(sys.argv[1]), engine="memory")
context = project.context()

def look(now):
    context.progress._pulse.tell()
    print("at work", flush=True)
    sys.stdin.read()

context.source("docs").list = look
refresh(context, trigger="command")
"""


def test_a_killed_refresh_is_lost_and_the_next_one_is_fine(quick) -> None:
    quick.fill(3)
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(quick.root)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert child.stdout.readline() == "at work\n"
        (row,) = running(quick.context())
        assert (row["lost"], row["by"], row["trigger"]) == (False, "tester", "command line")
        assert (row["parts"][0]["stage"], row["planned"]) == ("ingest", 6)
        assert runs(quick.context())[0]["outcome"] == "running"
    finally:
        child.kill()
        child.communicate()
    assert not running(quick.context())[0]["lost"]
    quick.clock.advance(timedelta(seconds=61))
    (row,) = running(quick.context())
    assert row["lost"]
    assert row["left_s"] is None
    assert [(each["run"], each["outcome"]) for each in runs(quick.context())] == [
        (row["run"], "lost")
    ]
    assert details(quick.context(), row["run"])["outcome"] == "lost"

    done = quick.refresh()
    assert done.status == 0
    assert quick.served_keys() == {"d000.md", "d001.md", "d002.md"}
    assert [each["outcome"] for each in runs(quick.context())] == ["done", "lost"]
    quick.clock.advance(timedelta(days=1))
    assert running(quick.context()) == []


def test_a_refresh_that_is_broken_off_is_recorded_as_far_as_it_came(quick, monkeypatch) -> None:
    quick.fill(2)

    def encode(texts, progress=None):
        raise KeyboardInterrupt

    monkeypatch.setattr(quick.encoder, "encode", encode)
    context = quick.context()
    with pytest.raises(KeyboardInterrupt):
        refresh(context, trigger="dashboard", comment="why not")
    (row,) = runs(quick.context())
    assert (row["outcome"], row["trigger"], row["comment"]) == ("stopped", "dashboard", "why not")
    assert (row["documents"], row["texts_embedded"]) == (2, 0)
    assert running(quick.context()) == []
    monkeypatch.undo()
    assert quick.refresh().status == 0
