"""Signals: what is being answered is answered, what was counted is written, and then it ends."""

from __future__ import annotations

import signal
import socket
import ssl
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from freshground.core.errors import ConfigError
from freshground.core.settings import Serve
from freshground.service.api.hosting.server import Place, check_exposure, run
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


@pytest.fixture
def listening(tmp_path, monkeypatch):
    """A service with a certificate that ends soon, in a thread; yields its server and port."""
    from freshground.service.api import server as module
    from freshground.service.api.hosting.tls import certificate

    made, running = [], threading.Event()
    monkeypatch.setattr(module, "_HOUR", 1)
    now = datetime.now(UTC)
    file, trusted = certificate(tmp_path, [], now - timedelta(days=340))

    async def app(scope, receive, send):
        from starlette.responses import PlainTextResponse

        if scope["type"] == "http":
            await PlainTextResponse("ok")(scope, receive, send)
            return
        for done in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{done}.complete"})

    class Noted(module._Server):
        def __init__(self, *args):
            super().__init__(*args)
            made.append(self)

    monkeypatch.setattr(module, "_Server", Noted)
    monkeypatch.setattr(module.signal, "signal", lambda *_: None)
    urls, wanted = [], threading.Event()

    def renew():
        if wanted.is_set():
            certificate(tmp_path, [], now)

    def started(url):
        urls.append(url)
        running.set()

    place = Place("127.0.0.1", 0, str(file))
    thread = threading.Thread(target=run, args=(app, Serve(), place, started, renew))
    thread.start()
    assert running.wait(20)
    yield urls[0], trusted, wanted
    made[0].should_exit = True
    thread.join(20)


def test_a_certificate_is_renewed_while_it_is_used(listening) -> None:
    url, trusted, wanted = listening
    port = int(url.rsplit(":", 1)[1])
    context = ssl.create_default_context(cafile=str(trusted))

    def serial() -> str:
        with (
            socket.create_connection(("127.0.0.1", port)) as opened,
            context.wrap_socket(opened, server_hostname="localhost") as wrapped,
        ):
            return wrapped.getpeercert()["serialNumber"]

    first = serial()
    wanted.set()
    late = time.monotonic() + 20
    while serial() == first:
        assert time.monotonic() < late


def test_heads_are_bounded(protected, monkeypatch) -> None:
    monkeypatch.setattr("freshground.service.api.protection.connection.SECONDS", 0.2)
    with protected() as (client, handlers):
        _, secret = handlers.context.lake.keys.create("app", "query")
        address = (client.base_url.host, client.base_url.port)

        def sent(*parts: bytes) -> bytes:
            with socket.create_connection(address, timeout=10) as opened:
                found = b""
                try:
                    for part in parts:
                        opened.sendall(part)
                    while more := opened.recv(65536):
                        found += more
                except ConnectionError:
                    pass
                return found

        start = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        assert sent(start, b"X-A: ", *[b"a" * 65536] * 40).startswith((b"HTTP/1.1 400", b""))
        assert b"too long" in sent(start, b"X-A: " + b"a" * 66_000)
        assert sent(start) == b""  # the rest does not come
        assert sent() == b""
        whole = start + b"Connection: close\r\nX-A: " + b"a" * 60_000 + b"\r\n\r\n"
        assert sent(whole).startswith(b"HTTP/1.1 200")
        two = start + b"\r\n" + start + b"Connection: close\r\n\r\n"
        assert sent(two).count(b"HTTP/1.1 200") == 2
        # A body is no head, whatever its size.
        for _ in range(2):
            found = client.post(SEARCH, content=b"x" * 300_000, headers={"api-key": secret})
            assert found.json()["size"] == 300_000
