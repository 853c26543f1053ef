"""Several processes on one lake, and how a process that read it ends."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from freshground.core.clock import ManualClock
from freshground.lake.lake import Lake
from tests.project import NOON

if TYPE_CHECKING:
    from pathlib import Path

_READ = """
import sys
from freshground.core.clock import SystemClock
from freshground.lake.lake import Lake
lake = Lake(sys.argv[1], {}, SystemClock())
assert lake.journal.entries("run")
assert lake.bronze.rows("SELECT count(*) AS n FROM t").num_rows == 1
assert list(lake.journal.table.batches("SELECT body FROM t"))
"""

_SWAP = """
import sys
from freshground.core.clock import SystemClock
from freshground.lake.lake import Lake
lake = Lake(sys.argv[1], {}, SystemClock())
new = {"index": "docs", "release": 1, "candidate": sys.argv[2], "action": "publish",
       "at": "2026-11-20T12:00:00Z", "by": "tester"}
print("ready", flush=True)
sys.stdin.readline()
print("won" if lake.pointers.swap(None, new) else "lost", flush=True)
"""


def _start(code: str, *arguments: str, **options) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.slow
def test_a_process_that_reads_ends_with_status_zero_under_load(lake: Lake) -> None:
    """Some readers of Delta tables abort at exit, at times, when the machine is busy."""
    for number in range(30):
        lake.journal.add(f"run{number}", "run", "refresh", {"n": number})
        lake.journal.commit()
    for _ in range(2):
        # Ten at once are the load for each other.
        readers = [_start(_READ, lake.url) for _ in range(10)]
        for reader in readers:
            _, errors = reader.communicate(timeout=120)
            assert (reader.returncode, errors) == (0, "")


@pytest.mark.slow
def test_of_several_processes_exactly_one_publishes(tmp_path: Path) -> None:
    lake = Lake(str(tmp_path / "lake"), {}, ManualClock(NOON))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    writers = [_start(_SWAP, lake.url, f"c{n}", **pipes) for n in range(6)]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    said = [writer.communicate(timeout=120)[0].strip() for writer in writers]
    assert sorted(said) == ["lost"] * 5 + ["won"]
    assert lake.pointers.live("docs").candidate == f"c{said.index('won')}"
