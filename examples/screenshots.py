"""`make screenshots`: pictures of every page over nine days of the demo's life, in docs/images.

The same things happen as in the demo, by the same stages, without Airflow: documents change, a
guard stops a plan that a person approves, a gate stops a candidate, and somebody rolls back.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sys
import tempfile
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import uvicorn
from PIL import Image
from starlette.responses import PlainTextResponse

from benchmarks.crawl import crawl
from benchmarks.dashboard_server import Open
from examples import demo
from freshground.core.clock import ManualClock
from freshground.core.settings import load
from freshground.service.asking.query import query
from freshground.service.context import Context
from freshground.service.freshness.governor import govern
from freshground.service.plans import approvals
from freshground.service.refresh import refresh
from freshground.service.releases import holding
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.mounting import Beside
from tests.ui.chromium import ARGUMENTS, found

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from starlette.routing import BaseRoute

IMAGES = demo.SAMPLES.parent / "docs" / "images"
START = datetime(2026, 11, 6, 8, 0, tzinfo=UTC)
_STEP = timedelta(hours=6)
_COLOURS = 160
_TALLEST = 2_000
_QUESTIONS = (
    demo.QUESTION,
    "Who pays for a rental car after an accident?",
    "How long may a claim be reported?",
    "What does error 4711 mean?",
    "Is mould in the bathroom covered?",
)


class Life:
    """The demo's project, and a clock that is moved through nine days of it."""

    def __init__(self) -> None:
        # A folder of its own: addresses of documents are in the pictures.
        demo.WORK = Path(tempfile.gettempdir()) / "freshground-demo"
        shutil.rmtree(demo.WORK, ignore_errors=True)
        shutil.copytree(demo.SAMPLES, demo.WORK / "project")
        self.clock = ManualClock(START)
        self.settings = load(demo.WORK / "project" / "freshground.yaml")
        self._draw = Random(11)
        for path in self._files():
            self._date(path, START - timedelta(days=self._draw.uniform(3, 200)))

    def context(self, by: str = "Dana") -> Context:
        """Return a new view of the project."""
        return Context(self.settings, clock=self.clock, by=by)

    def live(self) -> None:
        """Let nine days pass."""
        happens = {
            5: demo.change,
            12: demo.tidy_up,
            14: self._approve,
            22: demo.overwrite,
            26: lambda: holding.rollback(
                self.context(),
                self.settings.index("handbook"),
                2,
                comment="the how-tos are missed after all",
            ),
            31: self._edit,
        }
        for number in range(38):
            before = set(self._files())
            times = {path: path.stat().st_mtime for path in before}
            if number in happens:
                happens[number]()
                for path in self._files():
                    if times.get(path) != path.stat().st_mtime:
                        self._date(path, self.clock.now() - timedelta(minutes=20))
            context = self.context("airflow")
            govern(context)
            refresh(context)
            self._asked(context)
            self.clock.advance(_STEP)
        self.clock.advance(timedelta(minutes=7) - _STEP)
        govern(self.context("airflow"))

    def _approve(self) -> None:
        approvals.approve(self.context(), "handbook", comment="moved to the intranet")

    def _edit(self) -> None:
        place = demo.WORK / "project" / "handbook"
        page = min(place.rglob("*.md"))
        page.write_text(f"{page.read_text(encoding='utf-8')}\nClaims are answered within a day.\n")

    def _asked(self, context: Context) -> None:
        """Ask as people do, more by day than by night; what each answer took is made up."""
        index = self.settings.index("handbook")
        query(context, index, self._draw.choice(_QUESTIONS), k=5)
        start = self.clock.now()
        for _ in range(60 if 6 <= start.hour < 18 else 8):  # two of the day's four times
            self.clock.set(start + timedelta(minutes=self._draw.uniform(-45, 0)))
            seconds = self._draw.lognormvariate(-4.4, 0.5)
            context.lake.traffic.add("handbook", seconds, int(self._draw.random() > 0.04))
            context.lake.queries.add("handbook")
        self.clock.set(start)
        context.lake.traffic.flush()
        context.lake.queries.flush()

    def _files(self) -> list[Path]:
        project = demo.WORK / "project"
        folders = (project / "handbook", project / "records")
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    @staticmethod
    def _date(path: Path, at: datetime) -> None:
        os.utime(path, (at.timestamp(), at.timestamp()))


@contextmanager
def serving(context: Context) -> Iterator[tuple[str, Sequence[BaseRoute]]]:
    """Serve the dashboard; yield its URL and its routes."""
    ui = create_ui(Board(context, Open()))
    app = Beside(PlainTextResponse("", 404), "/ui", ui)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started and thread.is_alive():
        thread.join(0.02)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/ui", ui.routes
    finally:
        server.should_exit = True
        thread.join()


def names(url: str, routes: Sequence[BaseRoute]) -> dict[str, str]:
    """Return the URL of one page of each kind, by the name of its picture."""

    def get(address: str) -> tuple[int, str, bytes]:
        answer = httpx.get(address, timeout=60)
        return answer.status_code, answer.headers.get("content-type", ""), answer.content

    pictures: dict[str, str] = {}
    for page in crawl(url, get, routes):
        if page.status == 200 and page.kind.startswith("text/html") and "?" not in page.pattern:
            name = "-".join(re.findall(r"\w+", re.sub(r":\w+", "", page.pattern))) or "now"
            pictures[name] = page.url
    if "ask" in pictures:
        pictures["ask"] = str(
            httpx.URL(pictures["ask"], params={"index": "handbook", "q": demo.QUESTION})
        )
    return pictures


def take(browser: Any, url: str, name: str, *, width: int = 1280, dark: bool = False) -> Path:
    """Take a picture of a page from its top, few colours, and return where it lies."""
    tab = browser.new_page(viewport={"width": width, "height": 900})
    tab.emulate_media(color_scheme="dark" if dark else "light")
    tab.goto(url)
    tab.wait_for_load_state("load")
    tall = min(_TALLEST, tab.evaluate("document.documentElement.scrollHeight"))
    clip = {"x": 0, "y": 0, "width": width, "height": max(600, tall)}
    picture = Image.open(io.BytesIO(tab.screenshot(full_page=True, clip=clip))).convert("RGB")
    tab.close()
    place = IMAGES / f"{name}.png"
    picture.quantize(_COLOURS, dither=Image.Dither.NONE).save(place, optimize=True)
    return place


def main() -> int:
    """Write the pictures of all pages; 1 where there is no browser."""
    path = found()
    if path is None:
        print("No Chromium was found: `make browser` installs one.", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    life = Life()
    life.live()
    IMAGES.mkdir(parents=True, exist_ok=True)
    with serving(life.context()) as (url, routes), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=list(ARGUMENTS), chromium_sandbox=os.geteuid() != 0
        )
        pictures = names(url, routes)
        taken = [take(browser, page, name) for name, page in pictures.items()]
        taken.append(take(browser, pictures["now"], "now-dark", dark=True))
        taken.append(take(browser, pictures["now"], "now-phone", width=390))
        browser.close()
    for place in taken:
        print(f"{place.relative_to(demo.SAMPLES.parent)}: {place.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
