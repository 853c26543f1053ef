"""All pages that links lead to, in a real browser: readable, by keyboard, on a phone, for whom."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from benchmarks.crawl import Found, crawl
from freshground.core.ids import doc_id
from freshground.service.ui import navigation
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from tests.ui.chromium import chromium
from tests.ui.desk import OpenDoor, desk, somebody
from tests.ui.town import town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from tests.project import Project

pytestmark = pytest.mark.slow

MOST_TABS = 120
ORDERS = f"/documents/{doc_id('docs', 'orders.md')}"
ALSO = ("/ask?index=docs&q=storm", "/documents?q=policy", ORDERS)
_AXE = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
_CONTRAST = {**_AXE, "runOnly": {"type": "rule", "values": ["color-contrast"]}}
_WATCH_FOCUS = """() => {
  const all = [...document.querySelectorAll(
    'a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')]
    .filter(e => !e.disabled && e.checkVisibility({visibilityProperty: true}) && e.tabIndex >= 0);
  window.found = [];
  document.addEventListener('focusin', event => {
    const style = getComputedStyle(event.target);
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
    window.found.push([all.indexOf(event.target), ring || style.boxShadow !== 'none']);
  });
  window.named = all.map(e => e.outerHTML.slice(0, 120));
  return all.length;
}"""


@dataclass
class Sweep:
    """A town's dashboard in a browser. `wrong` is what any page did that none may do."""

    project: Project
    url: str
    door: OpenDoor
    browser: Browser
    pages: list[Found]
    wrong: list[str] = field(default_factory=list)

    def tab(self, **options: Any) -> Page:
        page = self.browser.new_page(**options)
        origin = self.url.removesuffix("/ui")
        page.on("console", lambda m: self._note(page, m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self._note(page, str(error)))
        page.on("dialog", lambda dialog: (self._note(page, dialog.message), dialog.dismiss()))
        page.on(
            "request",
            lambda r: None if r.url.startswith((origin, "data:")) else self._note(page, r.url),
        )
        return page

    def _note(self, page: Page, what: str) -> None:
        self.wrong.append(f"{page.url}: {what}")


def _crawled(project: Project, url: str, each: int = 1) -> list[Found]:
    routes = create_ui(Board(project.context(), OpenDoor(None))).routes
    with httpx.Client(timeout=60, headers={"accept": "text/html"}) as client:

        def get(address: str) -> tuple[int, str, bytes]:
            answer = client.get(address)
            return answer.status_code, answer.headers.get("content-type", ""), answer.content

        return list(crawl(url, get, routes, each, ALSO))


def _fullest(pages: list[Found]) -> list[Found]:
    """Of each route, return the page with the most on it: lists begin alike on all their pages."""
    found: dict[str, Found] = {}
    for page in pages:
        if page.status == 200 and page.kind.startswith("text/html"):
            path = page.pattern.partition("?")[0]
            if path not in found or len(page.html) > len(found[path].html):
                found[path] = page
    return list(found.values())


@pytest.fixture(scope="module")
def sweep(tmp_path_factory) -> Iterator[Sweep]:
    project = town(tmp_path_factory.mktemp("town"))
    with desk(project.context()) as (url, door), chromium() as browser:
        yield Sweep(project, url, door, browser, _fullest(_crawled(project, url)))


def test_every_link_leads_to_a_page(sweep: Sweep) -> None:
    pages = _crawled(sweep.project, sweep.url, each=2)
    assert not [f"{p.linked} -> {p.url}: {p.status}" for p in pages if p.status != 200]
    found = {page.url.removeprefix(sweep.url).partition("?")[0] for page in pages}
    assert {entry.path for entry in navigation.entries()} <= found


def test_axe_finds_nothing_serious_and_nothing_wrong_happens(sweep: Sweep) -> None:
    from axe_playwright_python.sync_playwright import Axe

    found: dict[str, list[str]] = defaultdict(list)
    shown = b"".join(page.html for page in sweep.pages)
    assert b'aria-label="Admission"' in shown
    assert b'class="evidence"' in shown
    tab = sweep.tab()
    for place in sweep.pages:
        for scheme, options in (("light", _AXE), ("dark", _CONTRAST)):
            tab.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            if scheme == "light":
                tab.goto(place.url)
            for rule in Axe().run(tab, options=options).response["violations"]:
                if rule["impact"] in ("serious", "critical"):
                    nodes = [node["html"][:160] for node in rule["nodes"]][:3]
                    found[f"{place.pattern} {scheme}"].append(f"{rule['id']}: {nodes}")
    tab.close()
    assert not found
    assert not sweep.wrong


def test_on_a_phone_no_page_is_wider_than_the_screen(sweep: Sweep) -> None:
    tab = sweep.tab(viewport={"width": 390, "height": 844})
    wide = {}
    for place in sweep.pages:
        tab.goto(place.url)
        width = tab.evaluate("document.documentElement.scrollWidth")
        if width > 390:
            wide[place.pattern] = width
    tab.close()
    assert not wide
    assert not sweep.wrong


def test_the_tab_key_reaches_everything_in_order_and_shows_where_it_is(sweep: Sweep) -> None:
    tab = sweep.tab()
    wrong: dict[str, list[str]] = defaultdict(list)
    for place in sweep.pages:
        tab.goto(place.url)
        count = min(tab.evaluate(_WATCH_FOCUS), MOST_TABS)
        for _ in range(count):
            tab.keyboard.press("Tab")
        reached, named = tab.evaluate("[window.found, window.named]")
        order = [number for number, _ in reached]
        if order[:count] != list(range(count)):
            missed = sorted(set(range(count)) - set(order))
            wrong[place.pattern] += [f"not in order: {order}", *(named[n] for n in missed[:5])]
        wrong[place.pattern] += [
            f"no ring: {named[n]}" for n, ring in reached if n >= 0 and not ring
        ]
    tab.close()
    assert not {pattern: said for pattern, said in wrong.items() if said}


def test_the_skip_link_leads_to_the_content(sweep: Sweep) -> None:
    tab = sweep.tab()
    tab.goto(f"{sweep.url}/")
    tab.keyboard.press("Tab")
    assert "skip" in (tab.locator(":focus").get_attribute("class") or "")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    tab.close()


def test_who_may_not_read_a_document_finds_nothing_of_it_on_any_page(sweep: Sweep) -> None:
    sweep.door.who = somebody("admin")
    everything = b"".join(page.html for page in _crawled(sweep.project, sweep.url, each=6))
    sweep.door.who = somebody("viewer", frozenset({"others"}))
    pages = _crawled(sweep.project, sweep.url, each=6)
    sweep.door.who = somebody("admin")
    assert not [p.url for p in pages if p.status == 200 and b"note1.md" in p.html]
    assert not [p.url for p in pages if p.status == 200 and b"olicy 41" in p.html]
    assert b"<script>alert" not in everything
    assert b"javascript:alert" not in everything.replace(b"(javascript:alert", b"")


def test_without_scripts_pages_say_the_same_and_actions_work(sweep: Sweep) -> None:
    plain = sweep.browser.new_context(java_script_enabled=False)
    tab = plain.new_page()
    for place in sweep.pages:
        tab.goto(place.url)
        assert tab.locator("h1").count() == 1, place.url
        assert len(tab.locator("main").inner_text()) > 20, place.url
    tab.goto(f"{sweep.url}/")
    tab.locator("details.act", has_text="Approve").locator("summary").first.focus()
    tab.keyboard.press("Enter")
    form = tab.locator("details.act[open] form")
    form.locator("[name=comment]").fill("they were copies")
    form.locator("button").focus()
    tab.keyboard.press("Space")
    tab.wait_for_selector(".said")
    assert "approved" in tab.locator(".said").inner_text()
    rows = sweep.project.context().lake.journal.entries("action")
    assert rows[-1].body["comment"] == "they were copies"
    plain.close()
