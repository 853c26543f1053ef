"""The Ask page: the same answer as the command's, as whom one may ask, and what is judged there."""

from __future__ import annotations

import html
import json
import re
import threading
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from freshground.core.errors import ConfigError
from freshground.core.ids import doc_id
from freshground.service.asking import judged
from freshground.service.asking.query import searcher
from freshground.service.asking.trying import Openings, known_groups, reader
from freshground.service.cli.app import app
from freshground.service.ui.routes import ask as page
from freshground.service.views.trial import Wish, trial
from tests.access.worlds import Document, World, shown
from tests.project import Project
from tests.ui.chromium import chromium
from tests.ui.desk import TOKEN, desk, somebody

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

GROUPS = ("claims", "sales")
READERS = (("*",), ("claims",), ("sales",), ("claims", "sales"), None, ())
MATTER = "fire and water matter"
HOSTILE = "# <script>alert(1)</script>\n\nStorm covers <b onclick=x>water</b> [x](javascript:1).\n"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Documents of all kinds of readers: as they are, taken down, and narrowed to sales."""
    documents = [
        Document(
            3 * n + fate, groups, "red", fate == 1, ("sales",) if fate == 2 and groups else None
        )
        for n, groups in enumerate(READERS)
        for fate in range(3)
    ]
    made = World(Project(tmp_path_factory.mktemp("world"), engine="memory"), documents, [])
    made.build()
    return made


@pytest.fixture(scope="module")
def served(world: World) -> Iterator[tuple[World, str, Any]]:
    with desk(world.project.context()) as (url, door):
        yield world, url, door


def ask(url: str, **query: Any) -> httpx.Response:
    return httpx.get(f"{url}/ask", params=query, timeout=30)


def fields(text: str, number: int = 0) -> dict[str, str]:
    """Return the fields of the page's form for judging, as a browser would send them."""
    form = re.findall(r'<form class="judge".*?</form>', text, re.DOTALL)[number]
    found = re.findall(r'<input[^>]* name="([^"]*)" value="([^"]*)"', form)
    return {name: html.unescape(value) for name, value in found}


def post(url: str, where: str, data: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{url}{where}", data=data, timeout=30)


some = st.lists(st.sampled_from(GROUPS), unique=True, max_size=2).map(frozenset)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    own=st.none() | some,
    wanted=st.lists(st.sampled_from((*GROUPS, "*", "hr")), unique=True, max_size=2),
    mode=st.sampled_from(page.MODES),
    where=st.sampled_from(("", "doc_id ne null", "groups/any()", "not groups/any(g: g eq '*')")),
)
def test_nothing_is_shown_beyond_the_groups_asked_as(served, own, wanted, mode, where) -> None:
    world, url, door = served
    door.who = somebody("operator", own)
    answer = ask(url, q=MATTER, **{"as": wanted, "filter": where, "mode": mode, "k": 20})
    mine = frozenset(GROUPS) if own is None else own
    if set(wanted) - mine - {"*"}:
        assert answer.status_code == 403
        assert not shown(answer.text)
        return
    assert answer.status_code == 200
    asked_as = (set(wanted) - {"*"} if wanted else set(mine)) | {"*"}
    visible = {d.number for d in world.documents if not asked_as.isdisjoint(d.readers)}
    assert shown(answer.text) <= visible
    if where in ("", "doc_id ne null") and mode != "vector":
        assert shown(answer.text) == visible


def test_hits_and_scores_are_those_of_the_command(served) -> None:
    world, url, door = served
    project = world.project
    (project.root / "freshground.yaml").write_text(json.dumps(project.raw))
    context = project.context()
    index = context.settings.index("docs")
    assert known_groups(context, index) == frozenset(GROUPS)
    for mode in page.MODES:
        for group in ("claims", "sales"):
            told = CliRunner().invoke(
                app,
                ["query", MATTER, "-k", "4", "--mode", mode, "--as-group", group, "--filter",
                 "team eq 'red'", "--json", "-s", str(project.root)],
            )  # fmt: skip
            assert told.exit_code == 0, told.output
            wish = Wish(MATTER, frozenset({group}), mode, 4, "team eq 'red'")
            found = trial(context, searcher(context, index), wish)
            answer = json.loads(json.dumps(found["answer"], default=str))
            wanted = json.loads(told.stdout)
            # By the command's clock the release is older.
            for moving in ("staleness_s", "sla", "due_at", "deadline"):
                answer.pop(moving, None), wanted.pop(moving, None)
            assert answer == wanted
            door.who = somebody("viewer", frozenset({group}))
            text = ask(url, q=MATTER, k=4, mode=mode, filter="team eq 'red'").text
            links = re.findall(r'href="/ui/documents/(\w+)\?chunk=\w+#chunk-(\w+)">[^T]', text)
            expected = [(hit["doc_id"], hit["chunk_id"]) for hit in wanted["hits"]]
            assert list(dict.fromkeys(links)) == expected


def test_a_trial_is_counted_nowhere(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    context = quick.context()
    with desk(context) as (url, _):
        assert ask(url, q="storm and theft", k=3).text.count('class="card hit"') == 3
    context.lake.queries.flush()
    context.lake.found.flush()
    files = context.lake.files
    context.lake.traffic.flush()
    for folder in ("queries", "found", "traffic"):
        assert files.list(folder) == []


def test_why_nothing_was_found(served) -> None:
    _, url, door = served
    door.who = somebody("viewer", frozenset())
    told = ask(url, q="zebra", mode="text").text
    assert "holds any of the words: zebra" in told
    assert "only stop words" in ask(url, q="the and of", mode="text").text
    told = ask(url, q=MATTER, filter="team eq 'blue'").text
    assert "None of the 1 passages that these groups may read pass the filter" in told
    assert 'role="alert"' in ask(url, q=MATTER, filter="colour eq 1").text
    assert "never published a release 99" in ask(url, q=MATTER, release=99).text


def test_judging_makes_a_golden_question_and_its_words_stay_out_of_the_record(served) -> None:
    world, url, door = served
    context = world.project.context()
    index = context.settings.index("docs")
    door.who = somebody("operator", frozenset({"claims"}), "ben")
    told = ask(url, q=f"{MATTER} of claims", **{"as": "claims"}).text
    sent = {**fields(told), "verdict": "relevant", "comment": "looked"}
    answer = post(url, "/ask/judge", sent)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/ui/ask?index=docs&q=fire+and+water")
    [each] = judged.judged(context, index)
    assert each.by == ("ben",)
    assert each.question.groups == frozenset({"claims"})
    assert "answers it" in ask(url, q=f"{MATTER} of claims", **{"as": "claims"}).text
    entry = context.lake.journal.entries("action")[-1]
    assert entry.body["verdict"] == "relevant"
    assert entry.body["by"] == "ben"
    assert entry.body["comment"] == "looked"
    assert "fire" not in json.dumps(entry.body)
    door.who = somebody("viewer", frozenset({"sales"}))
    there = httpx.get(f"{url}/ask/questions").text
    assert "of claims" not in there
    assert "1 more are about documents that you may not read" in there
    door.who = somebody("operator", frozenset({"sales"}))
    gone = {"token": TOKEN, "index": "docs", "question": each.question.id, "from": "/ask/questions"}
    post(url, "/ask/questions/remove", gone)
    assert len(judged.judged(context, index)) == 1, "what one may not see one does not remove"
    door.who = somebody("operator", frozenset({"claims"}))
    assert "fire and water matter of claims" in httpx.get(f"{url}/ask/questions").text
    post(url, "/ask/questions/remove", gone)
    assert judged.judged(context, index) == []


def test_what_may_not_be_read_is_not_judged(served) -> None:
    world, url, door = served
    context = world.project.context()
    door.who = somebody("operator", frozenset({"claims"}))
    sent = {**fields(ask(url, q=MATTER).text), "verdict": "relevant"}
    with_groups = {**sent, "as": json.dumps(["sales"])}
    assert post(url, "/ask/judge", with_groups).status_code == 403
    door.who = somebody("operator", frozenset({"sales"}))
    private = next(d for d in world.documents if d.readers == {"claims"})
    wish = Wish(private.word, frozenset({"claims"}), "text", 1)
    opened = searcher(context, context.settings.index("docs"))
    [hit] = trial(context, opened, wish)["answer"]["hits"]
    assert hit["doc_id"] == doc_id("docs", f"doc-{private.word}")
    assert post(url, "/ask/judge", {**sent, "chunk_id": hit["chunk_id"]}).status_code == 404
    door.who = somebody("viewer", frozenset({"claims"}))
    assert post(url, "/ask/judge", sent).status_code == 403
    assert "Does this document answer it?" not in ask(url, q=MATTER).text
    assert judged.judged(context, context.settings.index("docs")) == []


def test_whom_one_may_ask_as() -> None:
    known = frozenset({"a", "b"})
    assert reader(None, known, []) == (known, [])
    assert reader(frozenset({"a"}), known, []) == (frozenset({"a"}), [])
    assert reader(frozenset({"a"}), known, ["*"]) == (frozenset(), [])
    assert reader(None, known, ["c", "a"]) == (frozenset(), ["c"])
    assert reader(frozenset({"a"}), known, ["b"]) == (frozenset(), ["b"])


def test_a_slow_start_is_said_and_waited_for(quick: Project, monkeypatch) -> None:
    context = quick.context()
    index, openings = context.settings.index("docs"), Openings()
    for _ in range(2):  # what failed once is tried again
        with pytest.raises(ConfigError, match="no release yet"):
            openings.ready(context, index, 30.0)
    quick.fill(2)
    quick.refresh()
    context = quick.context()
    go = threading.Event()
    opened = context.encoder
    monkeypatch.setattr(context, "encoder", lambda index: go.wait(30) and opened(index))
    monkeypatch.setattr(page, "WAIT", 0.01)
    with desk(context) as (url, _):
        told = ask(url, q="storm").text
        assert "This index is being opened" in told
        assert 'hx-trigger="load delay:2s"' in told
        go.set()
        monkeypatch.setattr(page, "WAIT", 30.0)
        assert 'class="card hit"' in ask(url, q="storm").text


def test_the_question_leaves_the_page_in_no_header_and_nothing_in_it_runs(quick: Project) -> None:
    quick.fill(2)
    quick.write("hostile.md", HOSTILE)
    quick.refresh()
    with desk(quick.context()) as (url, _), chromium() as browser:
        opened = browser.new_page(viewport={"width": 390, "height": 800})
        wrong: list[str] = []
        told: list[str] = []
        opened.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        opened.on("dialog", lambda dialog: (wrong.append("dialog"), dialog.dismiss()))
        opened.on("request", lambda request: told.append(request.all_headers().get("referer", "")))
        opened.goto(f"{url}/ask")
        opened.get_by_label("Question").fill("storm water covers zebra")
        opened.keyboard.press("Enter")
        opened.locator(".hit").first.wait_for()
        assert opened.locator(".hit mark").first.inner_text().lower() in (
            "storm",
            "covers",
            "water",
        )
        hit = opened.locator(".hit", has_text="alert(1)")
        assert opened.locator("main script, main b").count() == 0
        assert opened.evaluate("document.documentElement.scrollWidth") <= 390
        hit.get_by_role("button", name="Relevant", exact=True).click()
        opened.locator(".said").wait_for()
        assert "one of the golden ones" in opened.locator(".said").inner_text()
        assert opened.locator(".badge", has_text="answers it").count() == 1
        link = opened.locator(".hit h2 a").first
        chunk = str(link.get_attribute("href")).partition("#")[2]
        link.click()
        opened.get_by_role("heading", name="What was asked that found it").wait_for()
        assert opened.locator(f"#{chunk}").count() == 1
        golden = opened.locator(".found-by", has_text="Golden questions of docs")
        assert golden.count() == ("alert(1)" in opened.locator("h1").inner_text())
        assert not wrong
        assert told
        assert not [each for each in told if "zebra" in each]
