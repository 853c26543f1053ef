"""Which documents answers find: counted by day, bounded, and told to who may read them."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.clock import ManualClock
from freshground.core.ids import doc_id
from freshground.lake import found as finds
from freshground.lake.found import FIRST, KEPT, Found, Words
from freshground.lake.storage import Files
from freshground.service.asking import judged
from freshground.service.ui.rendering import environment
from freshground.service.views.found_by import found_by
from tests.access.worlds import Caller, Document, World
from tests.project import Project
from tests.ui.desk import somebody

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOON.date()
MATTER = "fire and water matter"


def shop(root: Path) -> tuple[Found, ManualClock]:
    clock = ManualClock(NOON)
    return Found(Files(str(root), {}), clock), clock


def test_answers_are_counted_by_day_and_by_who_leads(tmp_path: Path) -> None:
    found, clock = shop(tmp_path)
    found.add("docs", ["a", "b", "a"])
    found.add("docs", ["b", "a"])
    found.add("other", ["a"])
    found.flush()
    clock.advance(timedelta(days=1))
    found.add("docs", [])
    found.flush()
    again, _ = shop(tmp_path)
    told = [
        (each.day, each.index, each.of, each.answers, each.first) for each in again.of("a", TODAY)
    ]
    later = TODAY + timedelta(days=1)
    assert told == [
        (TODAY, "docs", 2, 2, 1),
        (TODAY, "other", 1, 1, 1),
        (later, "docs", 1, 0, 0),
    ]
    assert [each.day for each in again.of("a", later)] == [later]
    found.forget(later)
    assert [each.day for each in again.of("a", date(2020, 1, 1))] == [later]


def test_processes_add_up_and_write_one_file_a_day_each(tmp_path: Path) -> None:
    one, _ = shop(tmp_path)
    two, _ = shop(tmp_path)
    for _ in range(3):
        for found in (one, two):
            found.add("docs", ["a"])
            found.flush()
    assert len(list(tmp_path.rglob("*.json"))) == 2
    assert [each.answers for each in one.of("a", TODAY)] == [6]


@given(st.lists(st.lists(st.integers(0, 30), max_size=14), max_size=60))
def test_what_is_kept_of_a_day_is_bounded_and_never_too_much(answers: list[list[int]]) -> None:
    day = finds.Day()
    true: Counter[str] = Counter()
    for hits in answers:
        first = list(dict.fromkeys(map(str, hits)))[:FIRST]
        true.update(first)
        for name in first:
            day.documents.setdefault(name, [0, 0])[0] += 1
    finds._trim(day)
    assert len(day.documents) <= KEPT
    assert all(count <= true[name] for name, (count, _) in day.documents.items())


def test_the_documents_found_most_are_those_that_are_kept(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(finds, "KEPT", 5)
    monkeypatch.setattr(finds, "COUNTED", 10)
    found, _ = shop(tmp_path)
    for number in range(200):
        found.add("docs", [f"rare{number}", "often"], f"about {number}")
    found.flush()
    [path] = tmp_path.rglob("*.json")
    body = json.loads(path.read_bytes())["docs"]
    assert len(body["documents"]) <= 5
    assert body["documents"]["often"] == [200, 0]
    assert set(body["words"]) <= set(body["documents"])
    assert len(body["words"]["often"]) == finds.WORDS_OF_A_DOCUMENT
    assert len({text for text, _ in body["words"]["often"]}) == finds.WORDS_OF_A_DOCUMENT


def test_words_are_cut_and_carry_who_asked(tmp_path: Path) -> None:
    found, _ = shop(tmp_path)
    found.add("docs", ["a"], "x" * 999, frozenset({"hr", "claims"}))
    found.add("docs", ["a"], "who?", None)
    found.flush()
    [told] = found.of("a", TODAY)
    assert told.words == (Words("x" * 200, ("claims", "hr")), Words("who?", None))


def test_the_service_tells_what_its_answers_found(tmp_path: Path) -> None:
    project = Project(tmp_path, engine="memory")
    project.changes["serve"] = {"log": {"enabled": False, "query_text": True}}
    documents = [Document(n, ("claims",) if n % 2 else ("*",), "red") for n in range(6)]
    callers = [Caller("all", None), Caller("claims", ("claims",)), Caller("none", ())]
    world = World(project, documents, callers)
    world.build()
    search = "/indexes/docs/docs/search?api-version=2026-04-01"
    near = {"kind": "text", "text": "secret000", "fields": "vector", "k": 3}
    with world.served() as client:
        bodies = [
            ("all", {"search": f"{MATTER} secret003", "top": 3}),
            ("claims", {"search": "secret003", "select": "chunk_id", "top": 3}),
            ("claims", {"search": f"{MATTER} payout", "top": 6}),
            ("none", {"search": "secret003 water", "top": 3}),
            ("none", {"vectorQueries": [near]}),
            ("all", {"search": "*", "top": 3}),
        ]  # fmt: skip
        for name, body in bodies:
            answer = client.post(search, json=body, headers={"api-key": world.secrets[name]})
            assert answer.status_code == 200, answer.text
    context = project.context()
    secret, public = (doc_id("docs", f"doc-secret{n:03d}") for n in (3, 0))
    for_owner = found_by(context, secret)
    assert for_owner is not None
    assert (for_owner["answers"], for_owner["of"]) == (3, 5), "browsing is no question"
    assert for_owner["words"] == [f"{MATTER} secret003", "secret003", f"{MATTER} payout"]
    for_claims = found_by(context, secret, frozenset({"claims"}))
    assert for_claims is not None
    own = ["secret003", f"{MATTER} payout"]
    assert for_claims["words"] == own, "what an admin asked is the admins'"
    assert found_by(context, secret, frozenset({"sales"})) is None
    assert found_by(context, "unknown") is None
    of_public = found_by(context, public, frozenset())
    assert of_public is not None
    assert "secret003 water" in of_public["words"]
    assert not {*own, f"{MATTER} secret003"}.intersection(of_public["words"])
    assert sum(day["answers"] for day in of_public["by_day"]) == of_public["answers"] > 0


def test_golden_questions_that_find_a_document(quick: Project) -> None:
    quick.fill(5)
    quick.index(gates={"retrieval": {}, "drift": {"severity": "off"}})
    quick.refresh()
    context = quick.context()
    index = context.settings.index("docs")
    text = "Which claims does clause 4 of policy 2 cover up to 204?"
    own, other = doc_id("docs", "d002.md"), doc_id("docs", "d003.md")
    name = judged.judge(context, index, text, own, "relevant", groups=["hr"])
    before = found_by(context, own)
    assert before is not None
    assert before["golden"][0]["questions"] == [
        {"id": name, "text": text, "groups": ["hr"], "source": "judged", "asked": False,
         "rank": None, "verdict": "answers it"}
    ]  # fmt: skip
    quick.write("d004.md", "# Other\n\nSomething else.\n")
    quick.refresh()
    context = quick.context()
    told = found_by(context, other)
    assert told is not None
    [question] = told["golden"][0]["questions"]
    assert question["asked"]
    assert question["rank"] >= 1
    stranger = found_by(context, other, frozenset({"sales"}))
    assert stranger is not None
    assert stranger["golden"] == [{"index": "docs", "release": 2, "questions": [], "hidden": 1}]
    shown = environment().get_template("asked/found_by.html")
    page = shown.render(found_by=told, url=lambda path: f"/ui{path}", person=somebody())
    assert f"rank {question['rank']}" in page
    assert "q=Which+claims" in page or "q=Which%20claims" in page
    assert "&amp;as=hr" in page
    page = shown.render(found_by=stranger, url=lambda path: f"/ui{path}", person=somebody())
    assert "1 more that you may not see" in page
    assert "Which claims" not in page
