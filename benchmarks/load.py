"""Clients that ask a service over HTTP, each on its connection, and how long answers took.

`python -m benchmarks.load` reads JSON from standard input: `port, key, clients, seconds, bodies,
index`. It asks in turn, each client at its own place in the bodies, and prints JSON: latencies in
milliseconds, errors by status, and when each answer began. It parses no more than it has to, so
that what it costs is not taken from the service on the same cores.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

WARM_UP_SECONDS = 1.0


@dataclass(frozen=True)
class Load:
    """What clients saw. Milliseconds, and seconds since the epoch at which each was asked."""

    latencies: list[float]
    began: list[float]
    errors: dict[str, int]
    seconds: float

    def percentile(self, share: float) -> float:
        """Return a percentile of the latencies, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds


def start(port: int, key: str, index: str, bodies: list[Any], clients: int, seconds: float) -> Any:
    """Start a process of clients; `finish` waits for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    order = {
        "port": port,
        "key": key,
        "index": index,
        "clients": clients,
        "seconds": seconds,
        "bodies": [json.dumps(body) for body in bodies],
    }
    assert process.stdin is not None
    process.stdin.write(json.dumps(order) + "\n")
    process.stdin.close()
    return process


def finish(process: Any) -> Load:
    """Wait for a process of clients and return what they saw."""
    told = process.stdout.read()
    if process.wait() != 0:
        raise RuntimeError("the clients of the benchmark failed; see above")
    return Load(**json.loads(told))


def ask(port: int, key: str, index: str, bodies: list[Any], clients: int, seconds: float) -> Load:
    """Ask for so many seconds with so many clients."""
    return finish(start(port, key, index, bodies, clients, seconds))


async def _run(order: dict[str, Any]) -> dict[str, Any]:
    path = f"/indexes('{order['index']}')/docs/search.post.search?api-version=2026-04-01"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\napi-key: {order['key']}\r\n"
        "Content-Type: application/json\r\nContent-Length: "
    )
    wires = []
    for body in order["bodies"]:
        data = body.encode()
        wires.append(f"{head}{len(data)}\r\n\r\n".encode() + data)
    latencies: list[float] = []
    began: list[float] = []
    errors: dict[str, int] = {}
    first = time.time() + WARM_UP_SECONDS
    end = first + order["seconds"]

    async def client(number: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", order["port"])
        at = number * max(1, len(wires) // order["clients"])
        while (now := time.time()) < end:
            started = time.perf_counter()
            writer.write(wires[at % len(wires)])
            at += 1
            header = await reader.readuntil(b"\r\n\r\n")
            size = int(header.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(size)
            took = (time.perf_counter() - started) * 1000
            status = header.split(b" ", 2)[1].decode()
            if status != "200":
                errors[status] = errors.get(status, 0) + 1
            elif now >= first:
                latencies.append(took)
                began.append(now)
        writer.close()

    await asyncio.gather(*(client(n) for n in range(order["clients"])))
    return {
        "latencies": latencies,
        "began": began,
        "errors": errors,
        "seconds": order["seconds"],
    }


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_run(json.loads(sys.stdin.readline())))))
