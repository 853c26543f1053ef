"""Importing is cheap, and a run opens no connection and writes nothing."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def python(code: str, home: Path) -> str:
    """Run code in a fresh interpreter with an empty home folder; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
        cwd=home,
        env={"PYTHONPATH": str(ROOT), "HOME": str(home), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_importing_loads_nothing_heavy(tmp_path: Path) -> None:
    loaded = python(
        """
        import sys
        import quality.expectations, quality.expectations.runner, quality.guards
        print(sorted({"great_expectations", "pandas", "numpy"} & set(sys.modules)))
        """,
        tmp_path,
    )
    assert loaded == "[]\n"


@pytest.mark.slow
def test_run_opens_no_connection_prints_no_bar_and_writes_no_file(tmp_path: Path) -> None:
    printed = python(
        """
        import socket, sys

        def refuse(event, args):
            if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
                print("network:", event, args, flush=True)
                raise OSError("no network here")

        sys.addaudithook(refuse)
        import pandas as pd
        from quality.expectations import run

        ids = ["a", "b"]
        limits = {"max_tokens": 9, "max_encoder_tokens": 9, "min_coverage": 0.5}
        frame = pd.DataFrame({"chunk_id": ids, "doc_id": ids, "tokens": 1, "encoder_tokens": 1,
            "span_ok": [True, False], "has_document": True, "empty": False, "doc_coverage": 1.0})
        print([check.check_id for check in run("gold", frame, limits) if not check.passed])
        try:
            socket.create_connection(("127.0.0.1", 9))
        except OSError:
            pass
        """,
        tmp_path,
    )
    verdict, *control = printed.splitlines()
    assert verdict == "['gold.span_matches_text']"
    # The last lines show that the refusal above would have been seen.
    assert control
    assert all("127.0.0.1" in line for line in control)
    assert list(tmp_path.iterdir()) == []
