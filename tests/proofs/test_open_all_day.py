"""A dashboard that is open for an hour on a changing lake neither grows nor slows."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from benchmarks.crawl import crawl
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from tests.project import Project, article
from tests.ui.desk import OpenDoor

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

GROWTH = 0.1
"""Share by which a warm process may be larger at the end: the journal in memory grows a little."""

POOL = 96
"""Threads of the pool that reads tables: as many as were at work at one time in ten seconds."""

SLOWER = 1.5
"""Bound of the last looks over those at a process that is begun anew on the same lake."""


class Open:
    """The dashboard's process, and somebody who looks at all its pages."""

    def __init__(self, project: Project, process: subprocess.Popen[str], url: str) -> None:
        self.url = url
        self.project = project
        self._process = process
        self.client = httpx.Client(timeout=60)
        self.routes = create_ui(Board(project.context(), OpenDoor(None))).routes
        self.seconds: list[float] = []

    def at(self, now: datetime) -> dict[str, int]:
        """Move its clock; return what it takes."""
        self._process.stdin.write(f"{now.isoformat()}\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        return json.loads(self._process.stdout.readline())  # type: ignore[union-attr]

    def pages(self) -> list[str]:
        def get(address: str) -> tuple[int, str, bytes]:
            answer = self.client.get(address)
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        return [page.url for page in crawl(self.url, get, self.routes) if page.status == 200]

    def look(self, pages: list[str]) -> None:
        """Ask for all pages; note the mean seconds of one."""
        started = time.perf_counter()
        for page in pages:
            self.client.get(page)
        self.seconds.append((time.perf_counter() - started) / len(pages))

    def streams(self) -> list[str]:
        """Return the addresses of server-sent events."""
        names = [r.path for r in self.routes if getattr(r, "path", "").endswith(("events", "live"))]
        return [f"{self.url}{path}" for path in names if "{" not in path]

    def drop(self, stream: str) -> None:
        """Open a stream of events and go away after its first bytes."""
        with httpx.stream("GET", stream, timeout=60) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            next(answer.iter_raw())


@contextmanager
def _open(project: Project) -> Iterator[Open]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.proofs.open_all_day", str(project.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        opened = Open(project, process, process.stdout.readline().strip())  # type: ignore[union-attr]
        yield opened
        opened.client.close()
    finally:
        process.stdin.close()  # type: ignore[union-attr]
        process.wait(60)


def _hour(quick: Project, refreshes: int, looks: int, drops: int) -> tuple[Open, list[Any]]:
    """Refresh so often within an hour, and look at all pages so often after each."""
    quick.fill(6)
    assert quick.refresh().status == 0
    taken: list[dict[str, int]] = []
    with _open(quick) as opened:
        now = opened.project.clock.now()
        taken.append(opened.at(now))
        pages = opened.pages()
        for number in range(refreshes):
            quick.write("d001.md", article(1, 4 + number % 3))
            if number % 7 == 3:
                quick.write(f"empty{number}.md", b"")
            quick.refresh(later=timedelta(hours=1) / refreshes)
            opened.at(quick.clock.now())
            for _ in range(looks):
                opened.look(pages)
            for stream in opened.streams():
                for _ in range(drops):
                    opened.drop(stream)
            taken.append(opened.at(quick.clock.now()))
        for _ in range(100):  # those that were dropped are noticed at their next word
            if taken[-1]["tasks"] <= taken[0]["tasks"] + 2:
                break
            opened.look(pages[:1])
            taken[-1] = opened.at(quick.clock.now())
    return opened, taken


def _check(opened: Open, taken: list[dict[str, int]], warm: int) -> None:
    said = f"{taken[warm]} -> {taken[-1]}; {len(opened.seconds)} looks"
    print(said)
    assert taken[-1]["rss"] <= (1 + GROWTH) * taken[warm]["rss"], said
    assert taken[-1]["files"] <= taken[warm]["files"] + 4, said
    assert taken[-1]["threads"] <= taken[warm]["threads"] + 4, said
    assert max(each["pool"] for each in taken) <= POOL, said
    assert taken[-1]["tasks"] <= taken[0]["tasks"] + 2, said


@pytest.mark.slow
def test_a_dashboard_that_is_open_grows_by_nothing(quick: Project) -> None:
    opened, taken = _hour(quick, refreshes=3, looks=2, drops=2)
    _check(opened, taken, warm=1)


@pytest.mark.prove
def test_an_hour_on_a_changing_lake(quick: Project) -> None:
    opened, taken = _hour(quick, refreshes=60, looks=8, drops=3)
    _check(opened, taken, warm=12)
    with _open(quick) as anew:  # over the same history, which has grown: pages hold more by now
        anew.at(quick.clock.now())
        pages = anew.pages()
        for _ in range(48):
            anew.look(pages)
    before, after = median(anew.seconds[-40:]), median(opened.seconds[-40:])
    print(f"a page {after * 1000:.1f} ms, by a process begun anew {before * 1000:.1f} ms")
    assert after <= SLOWER * before, (before, after)
