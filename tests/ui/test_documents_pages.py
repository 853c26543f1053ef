"""Pages on documents and quarantine: what they show, what their actions do, hostile text."""

from __future__ import annotations

import json
import re
from datetime import timedelta

import httpx
import pytest
from typer.testing import CliRunner

from freshground.core.ids import doc_id
from freshground.service.cli.app import app
from freshground.service.views.documents.catalogue import STATES
from freshground.service.views.documents.words import STATE_KINDS
from tests.duplicates.test_near_duplicates import put, reworded, sources, text
from tests.project import Project, article
from tests.ui.chromium import chromium
from tests.ui.desk import TOKEN, desk, somebody

pytestmark = pytest.mark.slow

EVIL = "<script>alert(1)</script>"
TURNED = "evil\u202e<b>.md"
LONG = 60


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory):
    project = Project(tmp_path_factory.mktemp("shelf"), engine="memory")
    project.fill(54, paragraphs=2)
    project.write("long.md", "# Long\n\n" + article(99, LONG * 4))
    project.write("copy.md", article(3, 2))
    project.write(TURNED, f"# Evil\n\nShown: `{EVIL}` and [x](javascript:alert(2)).\n")
    project.write("empty.md", b"")
    project.write("blank.md", b"   ")
    project.refresh()
    project.write("d000.md", article(500, 2))
    project.refresh(later=timedelta(days=1))
    with desk(project.context()) as (url, door):
        yield project, url, door


def _id(key: str) -> str:
    return doc_id("docs", key)


def _get(url: str, path: str, **query: str) -> str:
    answer = httpx.get(f"{url}{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.text


def _post(url: str, path: str, **form: str) -> httpx.Response:
    data = {"token": TOKEN, "from": "/quarantine", **form}
    return httpx.post(f"{url}{path}", data=data, follow_redirects=True)


def test_every_state_has_a_badge() -> None:
    assert set(STATE_KINDS) == set(STATES)


def test_documents_are_found_and_paged(shelf) -> None:
    _, url, _ = shelf
    first = _get(url, "/documents")
    assert ("59 documents" in first, first.count('data-label="Source"')) == (True, 50)
    assert _get(url, "/documents", page="2").count('data-label="Source"') == 9
    assert "Policy 7<" in _get(url, "/documents", q="policy 7")
    assert "1 document." in _get(url, "/documents", q="D007.MD")
    assert "2 documents." in _get(url, "/documents", state="quarantined")
    assert "2 documents." in _get(url, "/documents", problem="empty")
    assert "Nothing fits" in _get(url, "/documents", q="nowhere")
    assert "0 documents" in _get(url, "/documents", source="none", page="xyz")


def test_a_documents_page_tells_versions_copies_and_where_it_is_served(shelf) -> None:
    _, url, _ = shelf
    page = _get(url, f"/documents/{_id('d000.md')}")
    assert page.count('data-label="What changed"') == 2
    assert ("docs 2" in page, "Policy 500" in page) == (True, True)
    was = re.findall(r"\?version=([0-9a-f]{64})#text", page)[1]
    old = _get(url, f"/documents/{_id('d000.md')}", version=was)
    assert ("Policy 0" in old, "older version" in old) == (True, True)
    assert "copy.md" in _get(url, f"/documents/{_id('d003.md')}")
    assert httpx.get(f"{url}/documents/{'0' * 32}").status_code == 404


def test_a_long_document_is_read_in_parts_and_a_chunk_is_found_by_its_id(shelf) -> None:
    project, url, _ = shelf
    page = _get(url, f"/documents/{_id('long.md')}")
    assert page.count('class="passage"') == 20
    assert len(page) < 120_000
    rows = project.context().lake.gold.rows(
        f"SELECT chunk_id FROM t WHERE doc_id = '{_id('long.md')}' AND ordinal = 30"
    )
    chunk = rows.column("chunk_id")[0].as_py()
    assert f'id="chunk-{chunk}"' not in page
    assert f'id="chunk-{chunk}"' in _get(url, f"/documents/{_id('long.md')}", chunk=chunk)


def test_hostile_text_is_text(shelf) -> None:
    _, url, _ = shelf
    page = _get(url, f"/documents/{_id(TURNED)}")
    assert EVIL not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page + _get(url, "/documents", q="evil")
    assert 'href="javascript' not in page


def test_take_down_and_restore(shelf) -> None:
    project, url, door = shelf
    path = f"/documents/{_id('d010.md')}"
    door.who = somebody("viewer")
    assert "Take down" not in _get(url, path)
    assert _post(url, f"{path}/takedown").status_code == 403
    door.who = somebody("operator")
    assert "Taken down:" in _post(url, f"{path}/takedown", comment="a lawyer asked").text
    assert _get(url, "/documents", state="taken down").count('data-label="Source"') == 1
    (denial,) = project.context().lake.denials.active()
    assert (denial.by, denial.comment) == ("ana", "a lawyer asked")
    assert "a lawyer asked" not in _get(url, path)
    door.who = somebody("admin")
    page = _get(url, path)
    assert ("a lawyer asked" in page, "d010.md" in page) == (True, False)
    assert "Restored" in _post(url, f"{path}/restore").text
    assert project.context().lake.denials.active() == ()
    actions = project.context().lake.journal.entries("action", subject=_id("d010.md"))
    assert {entry.body["action"] for entry in actions} == {"take_down", "restore"}


def test_what_is_decided_on_the_page_the_command_line_says_too(shelf) -> None:
    project, url, door = shelf
    door.who = somebody("operator", name="olga")
    page = _get(url, "/quarantine")
    assert page.count('class="card case') == 2
    said = _post(url, f"/quarantine/{_id('empty.md')}/reject", comment="known").text
    assert "rejected" in said
    again = _post(url, f"/quarantine/{_id('empty.md')}/reject").text
    assert "rejected already" in again
    assert "no text to serve" in _post(url, f"/quarantine/{_id('blank.md')}/release").text
    assert "1 documents again" in _post(url, "/quarantine/replay", rule="empty").text
    settings = project.root / "freshground.yaml"
    settings.write_text(json.dumps(project.raw))
    for command in (["quarantine"], ["quarantine", "list"]):
        told = CliRunner().invoke(app, [*command, "--json", "-s", str(settings)])
        rows = {row["key"]: row for row in json.loads(told.stdout)}
        assert {k: (r["decision"]["verdict"], r["decision"]["by"]) for k, r in rows.items()} == {
            "empty.md": ("rejected", "olga"),
            "blank.md": ("replayed", "olga"),
        }
    page = _get(url, "/quarantine", state="all")
    assert page.count('class="card case') == len(rows)
    assert re.search(r"waiting for a decision</dt><dd>0<", page)
    one = _get(url, f"/quarantine/{_id('empty.md')}")
    assert ("known" in one, "olga" in one) == (True, True)
    told = CliRunner().invoke(app, ["quarantine", "show", "empty.md", "-s", str(settings)])
    assert "rejected by olga" in told.stdout


def test_in_a_browser_a_chunk_is_reached_and_a_decision_needs_a_second_look(shelf) -> None:
    project, url, door = shelf
    door.who = somebody("operator")
    rows = project.context().lake.gold.rows(
        f"SELECT chunk_id FROM t WHERE doc_id = '{_id('long.md')}' AND ordinal = 30"
    )
    chunk = rows.column("chunk_id")[0].as_py()
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 390, "height": 800})
        wrong: list[str] = []
        page.on("console", lambda m: wrong.append(m.text) if m.type == "error" else None)
        page.goto(f"{url}/documents/{_id('long.md')}#chunk-{chunk}")
        page.wait_for_url(f"**chunk={chunk}*")
        assert page.locator(f"#chunk-{chunk}").is_visible()
        page.goto(f"{url}/quarantine?state=all")
        case = page.locator("article", has_text="blank.md")
        assert not case.get_by_role("button", name="Reject").is_visible()
        case.locator("summary").press("Enter")
        case.get_by_label("Why?").fill("by keyboard")
        case.get_by_role("button", name="Reject").press("Enter")
        page.wait_for_selector(".said")
        assert "rejected" in page.locator(".said").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not wrong


def test_near_duplicates_and_what_admission_did_stand_on_the_page(tmp_path) -> None:
    project = Project(tmp_path, engine="memory")
    project.source(admission={"personal": "mask", "models": False, "secret": "allow"})
    project.index(duplicates={"near": "keep_newest"})
    project.write("old.md", text())
    project.write("new.md", reworded())
    project.write("mine.md", text("Questions are answered by ann.berg@example.org in plan B."))
    project.write("other.md", text("Questions are answered for 500 euros."))
    project.refresh()
    with desk(project.context()) as (url, _):
        page = _get(url, f"/documents/{_id('old.md')}")
        near = page[page.index("Nearly the same") : page.index("Checks</h2>")]
        assert _id("new.md") in near
        assert re.search(r"other\.md · about \d\d % alike, other numbers", near)
        assert re.search(r"Index docs leaves it out: <a [^>]*>Household cover</a>.*new\.md", near)
        assert "● served" not in re.sub(r"</?span[^>]*>", "", page)
        assert "duplicates.near" in _get(url, "/documents", state="excluded")
        mine = _get(url, f"/documents/{_id('mine.md')}")
        assert "Served with what was found replaced" in mine
        assert re.search(r"personal\.email</td>\s*<td data-label=\"What is done\">mask", mine)
        assert "ann.berg" not in mine


def test_what_a_reader_may_not_see_is_nothing_beside_it(tmp_path) -> None:
    project = Project(tmp_path, engine="memory")
    sources(project, shut={"groups": ["staff"]}, open="public")
    put(project, "shut/secret-plan.md", text())
    put(project, "open/plan.md", reworded())
    project.refresh()
    with desk(project.context()) as (url, door):
        path = f"/documents/{doc_id('open', 'plan.md')}"
        assert "secret-plan" in _get(url, path)
        door.who = somebody("viewer", frozenset({"guests"}))
        page = _get(url, path)
        assert ("secret-plan" in page, "Nearly the same" in page) == (False, False)
