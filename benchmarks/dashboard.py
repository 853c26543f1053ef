"""Every page of the dashboard over a lake of 90 days: time on the server, and bytes shipped."""

from __future__ import annotations

import gzip
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import replace
from statistics import median, quantiles
from typing import TYPE_CHECKING

import httpx

from benchmarks.big_lake import BigLake
from benchmarks.crawl import Found, crawl
from benchmarks.dashboard_server import CPU, board
from benchmarks.result import Result
from freshground.core.clock import SystemClock
from freshground.service.ui.app import create_ui

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

MOST_MS = 300
MOST_KB = 300


def run(root: Path, *, quick: bool) -> list[Result]:
    """Measure all pages that links lead to; `root` may hold the lake of an earlier run."""
    sizes = {"documents": 200, "releases": 8, "days": 2} if quick else {}
    if not (root / "lake").is_dir():
        BigLake(root, end=SystemClock().now(), **sizes).make()
    rounds = 5 if quick else 15
    with _child(root, "mirror") as (base, _):
        pages = _pages(base, root)
        parts = _parts(pages)
        warm = _times(pages, rounds)
        with _child(root, "refresh") as (_, refresher):
            busy = _times(pages, rounds, 2 if quick else 40)
            refresher.stdin.close()
            done = refresher.stdout.read().split()
    with _child(root, "plain") as (base, _):
        plain = _times([_moved(page, base) for page in pages], 3)
    results = []
    refreshed = f"while another process refreshed {len(done) + 1} times"
    for page in pages:
        (own, cpu), (changing, _), (without, _) = (
            list(zip(*times[page.pattern], strict=True)) for times in (warm, busy, plain)
        )
        results.append(
            Result(
                f"page {page.pattern}",
                median(own),
                " ms",
                most=MOST_MS,
                beside=f"without the journal in memory {median(without):.0f} ms",
                notes=(
                    f"p95 {_p95(own):.0f} ms; {median(cpu):.0f} ms of CPU",
                    f"{refreshed}: median {median(changing):.0f}, p95 {_p95(changing):.0f} ms",
                ),
            )
        )
        sent = sum(parts[part] for part in set(page.parts))
        results.append(
            Result(
                f"bytes {page.pattern}",
                (len(page.html) + sent) / 1e3,
                " kB",
                most=MOST_KB,
                beside=f"page {len(page.html) / 1e3:.0f} kB, {_gz(page.html):.0f} kB compressed",
            )
        )
    return results


@contextmanager
def _child(root: Path, what: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.dashboard_server", str(root), what],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        first = process.stdout.readline()  # type: ignore[union-attr]
        if not first:
            raise RuntimeError(f"the dashboard's process ended with {process.wait()}")
        yield f"http://127.0.0.1:{first.strip()}/ui", process
    finally:
        if not process.stdin.closed:  # type: ignore[union-attr]
            process.stdin.close()  # type: ignore[union-attr]
        process.wait(60)


def _pages(base: str, root: Path) -> list[Found]:
    routes = create_ui(board(root)).routes
    with httpx.Client(timeout=60) as client:

        def get(url: str) -> tuple[int, str, bytes]:
            answer = client.get(url)
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        found = list(crawl(base, get, routes))
    for page in found:
        if page.status != 200:
            print(f"  {page.linked} links {page.url}, which answers {page.status}", file=sys.stderr)
    return [page for page in found if page.status == 200]


def _moved(page: Found, base: str) -> Found:
    path = page.url.split("/ui", 1)[1]
    return replace(page, url=f"{base}{path}")


def _parts(pages: list[Found]) -> dict[str, int]:
    urls = {part for page in pages for part in page.parts}
    return {url: len(httpx.get(url).raise_for_status().content) for url in urls}


def _times(
    pages: list[Found], rounds: int, seconds: float = 0
) -> dict[str, list[tuple[float, float]]]:
    """Return milliseconds, and those of CPU, by pattern: of so many rounds, but not the first."""
    found: dict[str, list[tuple[float, float]]] = {page.pattern: [] for page in pages}
    until = time.monotonic() + seconds
    number = 0
    with httpx.Client(timeout=60) as client:
        while number <= rounds or time.monotonic() < until:
            for page in pages:
                started = time.perf_counter()
                answer = client.get(page.url)
                if number:
                    took = 1e3 * (time.perf_counter() - started)
                    found[page.pattern].append((took, float(answer.headers[CPU])))
            number += 1
    return found


def _p95(values: Sequence[float]) -> float:
    return quantiles(values, n=20, method="inclusive")[-1]


def _gz(data: bytes) -> float:
    return len(gzip.compress(data, 6)) / 1e3
