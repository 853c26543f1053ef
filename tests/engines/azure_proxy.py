"""A real HTTP proxy on loopback that loses, delays and garbles what a test says.

`rule` is asked for every request and returns what goes wrong with it, or None.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: bytes

    @property
    def writes(self) -> bool:
        return self.path.split("?")[0].endswith("search.index")


@dataclass(frozen=True)
class Status:
    """An answer in place of the service's."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True)
class Items:
    """Actions on which `chosen` says so never reach the service, and come back as `status`."""

    chosen: Callable[[int], bool]
    status: int = 503


class ResetBefore:
    """The connection breaks before the service has seen the request."""


class ResetAfter:
    """The service has done it, and the answer is lost."""


class Truncate:
    """The answer ends in the middle."""


class Garble:
    """The answer is whole by its length, and half a JSON text."""


class Never:
    """The service has done it, and the answer does not come while the client waits."""


@dataclass(frozen=True)
class Edit:
    """The answer's body, changed."""

    change: Callable[[bytes], bytes]


Fault = Status | Items | ResetBefore | ResetAfter | Truncate | Garble | Never | Edit
Rule = Callable[[Request], "Fault | None"]


def times(count: int, fault: Fault, when: Callable[[Request], bool] = lambda _: True) -> Rule:
    """Return a rule that lets the first `count` matching requests go wrong."""
    left = [count]

    def rule(request: Request) -> Fault | None:
        if left[0] and when(request):
            left[0] -= 1
            return fault
        return None

    return rule


class Proxy:
    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._upstream = (parts.hostname or "", parts.port or 80)
        self.rule: Rule = lambda _: None
        self.seen: list[Request] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[Proxy]:
        started, loop = threading.Event(), asyncio.new_event_loop()

        async def start() -> None:
            server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
            self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            started.set()

        def work() -> None:
            loop.run_until_complete(start())
            loop.run_forever()
            for task in asyncio.all_tasks(loop):
                task.cancel()
            loop.run_until_complete(
                asyncio.gather(*asyncio.all_tasks(loop), return_exceptions=True)
            )
            loop.close()

        thread = threading.Thread(target=work)
        thread.start()
        started.wait()
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._one(reader, writer):
                pass
        except (asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            pass
        writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(_length(head))
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        request = Request(method, path, body)
        self.seen.append(request)
        fault = self.rule(request)
        if isinstance(fault, ResetBefore):
            return False
        if isinstance(fault, Status):
            _send(writer, fault.status, fault.headers, json.dumps(fault.body).encode())
            await writer.drain()
            return True
        refused: list[dict[str, Any]] = []
        if isinstance(fault, Items):
            body, refused = _without(body, fault)
        status, answer = await self._ask(head, body)
        if isinstance(fault, ResetAfter):
            return False
        if isinstance(fault, Never):
            await reader.read()  # until the client has had enough
            return False
        if refused:
            results = json.loads(answer)["value"] + refused
            status, answer = 207, json.dumps({"value": results}).encode()
        if isinstance(fault, Edit):
            answer = fault.change(answer)
        length = len(answer)
        if isinstance(fault, Truncate | Garble):
            answer = answer[: length // 2]
        _send(writer, status, {}, answer, length if isinstance(fault, Truncate) else None)
        await writer.drain()
        return not isinstance(fault, Truncate)

    async def _ask(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        reader, writer = await asyncio.open_connection(*self._upstream)
        lines = [
            line
            for line in head.decode().split("\r\n")[:-2]
            if not line.lower().startswith(("content-length:", "connection:", "accept-encoding:"))
        ]
        lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
        writer.write("\r\n".join(lines).encode() + body)
        await writer.drain()
        whole = await reader.read()
        writer.close()
        answer_head, _, answer = whole.partition(b"\r\n\r\n")
        if b"transfer-encoding: chunked" in answer_head.lower():
            answer = _joined(answer)
        return int(answer_head.split(b" ", 2)[1]), answer


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.split(b":")[1])
    return 0


def _joined(chunked: bytes) -> bytes:
    whole = b""
    while chunked:
        size, _, rest = chunked.partition(b"\r\n")
        whole, chunked = whole + rest[: int(size, 16)], rest[int(size, 16) + 2 :]
    return whole


def _send(
    writer: asyncio.StreamWriter,
    status: int,
    headers: dict[str, str],
    body: bytes,
    length: int | None = None,
) -> None:
    body = b"" if status == 204 else body
    lines = [f"HTTP/1.1 {status} X", "Content-Type: application/json"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body) if length is None else length}", "", ""]
    writer.write("\r\n".join(lines).encode() + body)


def _without(body: bytes, fault: Items) -> tuple[bytes, list[dict[str, Any]]]:
    actions = json.loads(body)["value"]
    kept = [a for n, a in enumerate(actions) if not fault.chosen(n)]
    refused = [
        {"key": a["chunk_id"], "status": False, "statusCode": fault.status, "errorMessage": "no"}
        for n, a in enumerate(actions)
        if fault.chosen(n)
    ]
    return json.dumps({"value": kept}).encode(), refused
