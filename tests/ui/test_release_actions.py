"""What people do about releases: roll back, resume, decide a canary; and what a gate stopped."""

from __future__ import annotations

import httpx
import pytest

from tests.canary.trials import edit
from tests.governance.asking import HOUR
from tests.project import Project, article
from tests.ui.chromium import chromium
from tests.ui.desk import TOKEN, desk, somebody
from tests.ui.page_cells import cells

pytestmark = pytest.mark.slow


def _do(url: str, path: str, comment: str = "", **fields: str) -> httpx.Response:
    form = {"token": TOKEN, "from": "/releases", "comment": comment, **fields}
    with httpx.Client(follow_redirects=True) as client:
        return client.post(f"{url}{path}", data=form)


def _live(project: Project) -> int:
    live = project.context().lake.pointers.live("docs")
    assert live is not None
    return live.release


def _actions(project: Project) -> list[tuple[str, str, str, str]]:
    entries = project.context().lake.journal.entries("action")
    names = ("action", "by", "comment")
    return sorted((*(entry.body[name] for name in names), entry.subject) for entry in entries)


@pytest.fixture
def two(quick: Project) -> Project:
    """Two releases, the second live."""
    quick.fill(2)
    quick.refresh()
    quick.write("d001.md", article(40))
    quick.refresh()
    return quick


def test_an_operator_rolls_back_and_resumes(two: Project) -> None:
    with desk(two.context(), somebody("operator")) as (url, door):
        page = httpx.get(f"{url}/releases/docs").text
        assert "would serve release 1 instead of 2" in page
        assert "2 documents instead of 2" in page
        door.who = somebody("viewer")
        assert "Roll back" not in httpx.get(f"{url}/releases/docs").text
        assert _do(url, "/releases/docs/rollback").status_code == 403
        door.who = somebody("operator")
        assert _do(url, "/releases/docs/rollback", token="x").status_code == 403
        assert _live(two) == 2
        wrong = _do(url, "/releases/docs/rollback", release="7")
        assert "has no release 7 to go back to" in wrong.text
        assert _do(url, "/releases/docs/rollback", release="one").text.count("is no release") == 1
        done = _do(url, "/releases/docs/rollback", "wrong prices <b>")
        assert "docs serves release 1 (was 2)" in done.text
        assert "on hold" in done.text
        assert "wrong prices &lt;b&gt;" in done.text
        assert _live(two) == 1
        assert two.refresh().of("build").outcome == "held"
        resumed = _do(url, "/releases/docs/resume", "mended")
        assert "on hold no more" in resumed.text
        kinds = [row["What"].split("from")[0] for row in cells(resumed.text, "What", "Gates")]
        assert [kind[1:].strip() for kind in kinds] == [
            "hold ended", "rolled back", "published", "published",
        ]  # fmt: skip
        assert "is not on hold" in _do(url, "/releases/docs/resume").text
    assert _actions(two) == [
        ("resume", "ana", "mended", "docs"),
        ("rollback", "ana", "wrong prices <b>", "docs"),
    ]


def test_a_canary_is_stopped_and_the_next_one_promoted(quick: Project) -> None:
    quick.index(canary={"share": 0.5, "max_duration": "9d"}, gates={"drift": {"severity": "off"}})
    quick.fill(2)
    quick.refresh()
    edit(quick)
    quick.refresh()
    with desk(quick.context()) as (url, _):
        page = httpx.get(f"{url}/releases").text
        assert "Release 2 is on canary beside release 1" in page
        assert "on canary" in httpx.get(f"{url}/releases/docs/2").text
        stopped = _do(url, "/canary/docs/stop", "worse answers")
        assert "was rolled back from canary" in stopped.text
        assert _live(quick) == 1
        assert "no canary running" in _do(url, "/canary/docs/promote").text
        assert "canary, rolled back" in httpx.get(f"{url}/releases/docs/2").text
        _do(url, "/releases/docs/resume")
        quick.refresh()
        promoted = _do(url, "/canary/docs/promote", "it is right")
        assert "was promoted: decided by ana (it is right)" in promoted.text
    assert _live(quick) == 3
    assert [row[:3] for row in _actions(quick)] == [
        ("promote_canary", "ana", "it is right"),
        ("resume", "ana", ""),
        ("stop_canary", "ana", "worse answers"),
    ]


@pytest.mark.usefixtures("shifted")
def test_a_stopped_candidate_stands_in_the_line_of_time(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")
    assert quick.refresh().status == 5
    with desk(quick.context()) as (url, _):
        page = httpx.get(f"{url}/releases/docs").text
        first = cells(page, "What", "Gates")[0]
        assert "stopped" in first["What"]
        assert "candidate.upstream_checks 1" in first["Gates"]
        (link,) = [
            part.split('"')[0] for part in page.split('href="/ui')[1:] if "?candidate" in part
        ]
        found = httpx.get(f"{url}{link}").text
        assert "A gate stopped this candidate" in found
        failing = httpx.get(f"{url}/quality/gold/gold.span_matches_text?subject=docs").text
        (row,) = cells(failing, "Document", "Chunks")
        assert row["Document"].endswith("d001.md")
        assert row["Chunks"] != "–"
        assert "is needed" not in found


def test_by_keyboard_alone_on_a_phone(two: Project) -> None:
    with desk(two.context()) as (url, _), chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 800}, color_scheme="dark")
        wrong: list[str] = []
        page.on("console", lambda told: wrong.append(told.text) if told.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        paths = ("/releases", "/releases/docs/1", "/releases/docs/compare", "/quality")
        for path in (*paths, "/quality/gold/gold.coverage", "/releases/docs"):
            page.goto(f"{url}{path}")
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= 390, path
        page.locator("details.act > summary.danger").focus()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        page.keyboard.type("wrong prices")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_selector(".said[role=status]")
        assert "docs serves release 1" in page.locator(".said[role=status]").inner_text()
        assert not wrong
    assert _actions(two) == [("rollback", "ana", "wrong prices", "docs")]


def test_a_metric_that_decays_is_told_before_its_gate_trips(quick: Project) -> None:
    context = quick.context()
    body = {"check_id": "silver.title_completeness", "layer": "silver", "severity": "warning"}
    body |= {"passed": True, "threshold": 0.5, "rows": 20, "detail": "", "sample": [], "blamed": []}
    for number in range(8):
        quick.clock.advance(HOUR)
        value = 0.95 - 0.05 * number
        told = {**body, "value": value, "failing": round(20 - 20 * value)}
        context.lake.journal.add(f"run{number}", "check", "docs", told)
    context.lake.journal.commit()
    with desk(quick.context()) as (url, _):
        page = httpx.get(f"{url}/quality").text
        assert "1 decaying" in page
        assert "reaches its threshold in about 2 runs" in page
        own = httpx.get(f"{url}/quality/silver/silver.title_completeness?subject=docs").text
        assert "It still passes" in own
        assert "reaches its threshold in about 2 runs" in own
