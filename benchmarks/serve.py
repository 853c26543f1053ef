"""The query service over HTTP, beside the search core in process, at 100,000 chunks.

Clients are a process of their own on the same cores. Queries are real questions, each asked anew:
the service has to encode them. Without FRESHGROUND_TEST_DATA passages and questions are made up.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np

from benchmarks import corpus, load, passages, published
from benchmarks.result import Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.load import Load
    from freshground.service.context import Context

_CORE: dict[str, float] = {}
"""What HTTP is held against: the search core, measured in process."""

TOP = 10
CHANGED = 0.1
_FIELDS = "chunk_id,title,text,source_uri,source_modified_at,release"


def run(root: Path, *, quick: bool) -> Iterator[Result]:
    """Publish, serve, ask."""
    count, encoded, seconds = (2_000, 200, 2.0) if quick else (100_000, 3_000, 10.0)
    context = published.project(root)
    base = passages.real(context.encoder(context.settings.index("big")), encoded)
    published.first(context, base, count)
    keys = {
        "admin": context.lake.keys.create("bench-admin", "admin", by="benchmark")[1],
        "group": context.lake.keys.create(
            "bench-group", "query", groups=("group1",), by="benchmark"
        )[1],
    }
    asked = Asked(context, base, 300 if quick else 2_000)
    yield from _in_process(context, asked)
    with service(root) as served:
        served.wait(keys["admin"], "big")
        yield from _latencies(served, keys, asked, seconds)
        yield from _recall(served, keys["admin"], asked, 20 if quick else 200)
        yield from _switch(served, keys["admin"], asked, context, base, count, seconds)
        yield from _refresh(served, keys["admin"], asked, root, 40 if quick else 400)
        yield Result(
            f"resident memory of the service, {count} chunks",
            served.memory_mb(),
            " MB",
            most=1500,
            beside="the greatest so far, two releases and the encoder included",
        )


class Asked:
    """Bodies of requests, and the vectors that the questions have."""

    def __init__(self, context: Context, base: passages.Passages, count: int) -> None:
        self.questions = [q for q in base.questions if q.strip()][:count]
        self.asked = 0
        encoder = context.encoder(context.settings.index("big"))
        self.vectors = np.concatenate(
            [
                encoder.encode_queries(self.questions[at : at + 64])
                for at in range(0, len(self.questions), 64)
            ]
        )

    def text(self) -> list[Any]:
        """Full text alone."""
        return [{"search": q, "top": TOP, "select": _FIELDS} for q in self.questions]

    def vector(self) -> list[Any]:
        """A vector that the client brings."""
        return [{"vectorQueries": [_raw(v)], "top": TOP, "select": _FIELDS} for v in self.vectors]

    def hybrid_raw(self) -> list[Any]:
        """Text, and a vector that the client brings."""
        return [
            {"search": q, "vectorQueries": [_raw(v)], "top": TOP, "select": _FIELDS}
            for q, v in zip(self.questions, self.vectors, strict=True)
        ]

    def hybrid(self) -> list[Any]:
        """Text, and its vector by the service; never twice the same, which it would remember."""
        self.asked += 1
        texts = [f"{q} {self.asked}" for q in self.questions]
        return [
            {
                "search": q,
                "vectorQueries": [{"kind": "text", "text": q, "fields": "vector", "k": 50}],
                "top": TOP,
                "select": _FIELDS,
            }
            for q in texts
        ]


def _raw(vector: np.ndarray, **more: Any) -> dict[str, Any]:
    values = [float(f"{v:.6g}") for v in vector]
    return {"kind": "vector", "vector": values, "fields": "vector", "k": 50, **more}


def _in_process(context: Context, asked: Asked) -> Iterator[Result]:
    """Time the search core alone, in a process of its own."""
    code = (
        "import json,sys\nfrom benchmarks.serve import core\nprint(json.dumps(core(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(context.settings.root)],
        capture_output=True,
        text=True,
        check=False,
        input="\n".join(asked.questions[:300]),
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    _CORE.update(json.loads(done.stdout.splitlines()[-1]))
    yield Result(
        "load of the release into memory",
        _CORE["load_s"],
        " s",
        beside=f"{_CORE['rows']} chunks; a peak of {_CORE['peak_mb']:.0f} MB",
    )


def core(root: str) -> dict[str, float]:
    """Load the release and ask it in process; return seconds and milliseconds."""
    from benchmarks.scale import peak_mb
    from freshground.core.settings import load as load_settings
    from freshground.service.asking.serving import load_release, narrowed
    from freshground.service.context import Context
    from freshground.service.denial.overlay import Overlay
    from indexes.search.execute import run as execute
    from indexes.search.plan import SearchPlan, TextArm, VectorArm
    from indexes.search.simple_syntax import parse_simple

    context = Context(load_settings(Path(root) / "freshground.yaml"))
    index = context.settings.index("big")
    live = context.releases.live(index.id)
    assert live is not None
    started = time.perf_counter()
    snapshot = load_release(context, index, live[1], None)
    loaded = time.perf_counter() - started
    questions = sys.stdin.read().splitlines()
    vectors = context.encoder(index).encode_queries(questions)
    # As a key sees it: rows of unknown access and what is denied are left out.
    view = narrowed(snapshot.view(), Overlay(), None, None)
    times = []
    for question, vector in zip(questions, vectors, strict=True):
        plan = SearchPlan(
            text=TextArm(parse_simple(question, "any"), {"embed_text": 1.0}),
            vectors=(VectorArm(("vector",), vector),),
            top=TOP,
            select=tuple(_FIELDS.split(",")),
        )
        started = time.perf_counter()
        execute(view, plan)
        times.append(1000 * (time.perf_counter() - started))
    return {
        "load_s": loaded,
        "rows": snapshot.rows,
        "peak_mb": peak_mb(),
        "hybrid_ms": float(np.median(times[20:] or times)),
    }


def _latencies(
    served: Served, keys: dict[str, str], asked: Asked, seconds: float
) -> Iterator[Result]:
    kinds = {
        "text": (asked.text, "admin"),
        "vector given": (asked.vector, "admin"),
        "hybrid, vector given": (asked.hybrid_raw, "admin"),
        "hybrid, encoded by the service": (asked.hybrid, "admin"),
        "hybrid with access filter, encoded": (asked.hybrid, "group"),
    }
    for name, (bodies, key) in kinds.items():
        for clients in (1, 8, 32):
            found = served.ask(keys[key], bodies(), clients, seconds)
            yield from _latency(name, clients, found)


def _latency(name: str, clients: int, found: Load) -> Iterator[Result]:
    beside = f"p99 {found.percentile(0.99):.1f} ms, {found.rate:.0f} answers/s"
    notes = (f"errors: {found.errors}",) if found.errors else ()
    most = None
    if name == "hybrid, vector given" and clients == 1:
        most = 15.0
    if name == "hybrid, encoded by the service" and clients == 8:
        most = 110.0
    yield Result(
        f"{name}, {clients} clients: p50",
        found.percentile(0.5),
        " ms",
        most=most,
        beside=beside,
        notes=notes,
    )
    if name == "hybrid, encoded by the service" and clients == 8:
        yield Result(f"{name}, 8 clients: p99", found.percentile(0.99), " ms", most=250.0)
    if name == "hybrid, vector given" and clients == 1:
        yield Result(
            "what the service adds to the search core, hybrid, 1 client: p50",
            found.percentile(0.5) - _CORE["hybrid_ms"],
            " ms",
            most=2.0,
            beside=f"{_CORE['hybrid_ms']:.2f} ms in process; JSON of 384 numbers comes with it",
        )


def _recall(served: Served, key: str, asked: Asked, count: int) -> Iterator[Result]:
    filters = {
        "no filter": None,
        "a filter that keeps 1%": "part eq 7",
        "a filter that keeps 10%": "part lt 10",
        "a filter that keeps half": "part lt 50",
    }
    with served.client(key) as client:
        for name, where in filters.items():
            shares = []
            for vector in asked.vectors[:count]:
                ids = [
                    {
                        hit["chunk_id"]
                        for hit in served.search(
                            client,
                            {
                                "vectorQueries": [_raw(vector, k=TOP, exhaustive=exact)],
                                "filter": where,
                                "top": TOP,
                                "select": "chunk_id",
                            },
                        )
                    }
                    for exact in (True, False)
                ]
                shares.append(len(ids[0] & ids[1]) / max(1, len(ids[0])))
            yield Result(
                f"recall@10 against exact search, {name}", float(np.mean(shares)), least=0.99
            )


def _switch(
    served: Served,
    key: str,
    asked: Asked,
    context: Context,
    base: passages.Passages,
    count: int,
    seconds: float,
) -> Iterator[Result]:
    """Ask while a release with a tenth of its chunks changed takes over."""
    bodies = asked.hybrid_raw()
    quiet = served.ask(key, bodies, 4, seconds)
    published.changed(context, base, count, CHANGED)  # its pointer moves at the end
    # The release is loaded while these clients ask, and takes over beneath them.
    with served.client(key) as client:
        before = served.release(client)
    clients = load.start(served.port, key, "big", bodies, 4, 4 * seconds)
    moved: float | None = None
    with served.client(key) as client:
        deadline = time.time() + 5 * seconds
        while time.time() < deadline and clients.poll() is None:
            if moved is None and served.release(client) == 2:
                moved = time.time()
            time.sleep(0.05)
    during = load.finish(clients)
    note = "took over before the clients came" if before == 2 else "took over beneath them"
    near = [
        ms
        for ms, at in zip(during.latencies, during.began, strict=True)
        if moved is not None and abs(at - moved) <= 1
    ]
    ordered = sorted(near or during.latencies)
    yield Result(
        "p99 of the second before and after the switch, over the quiet p99",
        ordered[int(0.99 * (len(ordered) - 1))] / quiet.percentile(0.99),
        most=2.0,
        beside=f"quiet {quiet.percentile(0.99):.1f} ms; {len(near)} answers; {note}",
    )
    yield Result(
        "p99 while the release is loaded, over the quiet p99",
        during.percentile(0.99) / quiet.percentile(0.99),
        beside=f"{during.percentile(0.99):.1f} ms",
    )
    yield Result(
        "errors at the switch", float(sum(during.errors.values())), most=0, beside=f"{moved}"
    )


def _refresh(served: Served, key: str, asked: Asked, root: Path, pages: int) -> Iterator[Result]:
    """Ask while another index of the project is refreshed on the same cores."""
    corpus.write(root / "docs", 0, pages)
    refresh = subprocess.Popen(
        [sys.executable, "-m", "freshground", "refresh", "--index", "small"],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = served.ask(key, asked.hybrid(), 8, 20.0)
    still = refresh.poll() is None
    status = refresh.wait()
    yield Result(
        "hybrid, encoded, 8 clients while a refresh runs: p50",
        found.percentile(0.5),
        " ms",
        beside=f"p99 {found.percentile(0.99):.1f} ms, {found.rate:.0f} answers/s; the refresh "
        f"{'ran all the while' if still else 'ended before'}, status {status}",
    )
    yield Result("errors while a refresh runs", float(sum(found.errors.values())), most=0)


class Served:
    """A service that runs in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    def client(self, key: str) -> httpx.Client:
        """Return a client with a key."""
        return httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers={"api-key": key}, timeout=60
        )

    def search(self, client: httpx.Client, body: dict[str, Any]) -> list[dict[str, Any]]:
        """Return the hits of one search."""
        answer = client.post(
            "/indexes('big')/docs/search.post.search?api-version=2026-04-01",
            json={k: v for k, v in body.items() if v is not None},
        )
        answer.raise_for_status()
        return answer.json()["value"]

    def release(self, client: httpx.Client) -> int:
        """Return the release that answers now."""
        return self.search(client, {"search": "*", "top": 1, "select": "release"})[0]["release"]

    def ask(self, key: str, bodies: list[Any], clients: int, seconds: float) -> Load:
        """Ask the index `big`."""
        return load.ask(self.port, key, "big", bodies, clients, seconds)

    def wait(self, key: str, index: str) -> None:
        """Wait until an index answers."""
        with self.client(key) as client:
            for _ in range(1200):
                if self.process.poll() is not None:
                    raise RuntimeError(f"the service ended with {self.process.returncode}")
                try:
                    answer = client.get(f"/indexes/{index}/docs/$count?api-version=2026-04-01")
                except httpx.TransportError:
                    time.sleep(0.25)
                    continue
                if answer.status_code == 200:
                    return
                if answer.status_code != 503:
                    answer.raise_for_status()
                time.sleep(0.25)
        raise RuntimeError("the service does not answer")

    def memory_mb(self) -> float:
        """Return the greatest resident memory so far, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        return int(next(x for x in status.splitlines() if x.startswith("VmHWM")).split()[1]) / 1024


@contextmanager
def service(root: Path) -> Iterator[Served]:
    """Serve a project on a free port until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (root / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "freshground", "serve", "--port", str(port)],
            cwd=root,
            stdout=log,
            stderr=log,
            env={**os.environ, "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1"},
        )
        try:
            yield Served(process, port)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
