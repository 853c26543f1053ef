"""Signals: what is being answered is answered, what was counted is written, and then it ends."""

from __future__ import annotations

import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from freshground.core.errors import ConfigError
from freshground.core.settings import Serve
from freshground.service.api.server import Place, check_exposure, run
from tests.project import NOON, Project
from tests.serve.processes import read_json, started
from tests.serve.served import SEARCH

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(tmp_path, number) -> None:
    command = [sys.executable, "-m", "tests.serve.child", str(tmp_path)]
    with started(command, tmp_path) as process, ThreadPoolExecutor() as pool:
        told = read_json(process)
        headers = {"api-key": told["api_key"]}
        with httpx.Client(base_url=told["url"], timeout=30) as client:
            asked = pool.submit(client.post, SEARCH, headers=headers)
            assert read_json(process) == {"inside": True}
            process.send_signal(number)
            while True:  # it takes no new connections, and goes on with what it has
                try:
                    httpx.get(f"{told['url']}/healthz")
                except httpx.TransportError:
                    break
            assert not asked.done()
            process.stdin.write(b"go\n")
            process.stdin.flush()
            assert asked.result(20).status_code == 200
        assert process.wait(20) == 0
        assert process.stdout.read() == b"ended in order\n"
    used = Project(tmp_path, engine="memory").context().lake.usage.read(NOON.date())
    assert used[NOON.date(), "dev"].requests == 1
    assert (tmp_path / "stderr").read_bytes() == b""


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1 port {port}"):
            run(None, Serve(), Place("127.0.0.1", port), print)


def test_a_certificate_that_is_none(tmp_path) -> None:
    for path in (tmp_path / "missing.pem", tmp_path):
        with pytest.raises(ConfigError, match="certificate cannot be used"):
            run(None, Serve(), Place("127.0.0.1", 0, str(path)), print)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "search.example", "127.example"])
def test_beyond_this_machine_it_wants_tls(host) -> None:
    with pytest.raises(ConfigError, match="in the clear"):
        check_exposure(Serve(host=host))
    for more in ({"plain_http": True}, {"tls": {"local": True}}):
        check_exposure(Serve.model_validate({"host": host, **more}))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_on_this_machine_it_does_not(host) -> None:
    check_exposure(Serve(host=host))
