"""An open dashboard does not hold up the end of the service."""

from __future__ import annotations

import signal
import sys

import httpx
import pytest

from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from tests.serve.processes import read_json, started
from tests.serve.served import running
from tests.ui.desk import elsewhere, somebody
from tests.ui.streaming import Streaming

pytestmark = pytest.mark.slow


def test_a_stream_of_events_ends_with_the_service(tmp_path) -> None:
    command = [sys.executable, "-m", "tests.ui.streaming", str(tmp_path)]
    with started(command, tmp_path) as process:
        url = read_json(process)["url"]
        with httpx.stream("GET", f"{url}/ui/stream", timeout=30) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert [next(lines), next(lines)] == ["event: first", 'data: {"n": 1}']
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0  # the service would wait for 50 s
        assert process.stdout.read() == b"ended in order\n"
    assert (tmp_path / "stderr").read_bytes() == b""


def test_a_stream_ends_with_its_session(quick) -> None:

    door = Streaming(somebody("viewer"))
    ui = create_ui(Board(quick.context(), door))
    with (
        running(Beside(elsewhere, "/ui", ui)) as url,
        httpx.stream("GET", f"{url}/ui/stream", timeout=30) as stream,
    ):
        lines = stream.iter_lines()
        assert next(lines) == "event: first"
        door.who = None
        assert list(lines) == ['data: {"n": 1}', ""]
