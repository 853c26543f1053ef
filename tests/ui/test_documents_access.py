"""Nobody sees a word of a document that its groups, and the overlay, do not let them read."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from freshground.core.ids import doc_id
from freshground.service.quarantine.deciding import reject
from tests.governance.asking import grant
from tests.project import Project
from tests.ui.desk import TOKEN, desk, somebody

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
GROUPS = ("hr", "legal", "sales")
KINDS = ("plain", "empty", "poison", "gone", "old")


def _key(number: int, kind: str) -> str:
    return f"key{number}{kind}.md"


def _secret(number: int) -> re.Pattern[str]:
    return re.compile(rf"(key|title|word|older){number}[a-z]", re.IGNORECASE)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory):
    """One document of each kind for each set of groups, none at all among them."""
    project = Project(tmp_path_factory.mktemp("office"), engine="memory")
    project.source(access="from_source", exclude=["**/*.access.json"])
    sets = [(), ("*",), ("hr",), ("legal",), ("hr", "legal")]
    readers: dict[int, tuple[str, ...]] = {}
    for number, groups in enumerate(sets):
        readers[number] = groups
        for kind in KINDS:
            key = _key(number, kind)
            text = f"# title{number}{kind}\n\nOn word{number}{kind} and {kind}, by itself.\n"
            project.write(key, "" if kind == "empty" else text)
            if groups:
                grant(project, key, *(() if "*" in groups else groups))
    with pytest.MonkeyPatch.context() as patch:
        _shifted(patch)
        project.refresh()
        for number in readers:
            # What was for all of them is for fewer now: older versions were for others.
            project.write(_key(number, "old"), f"# title{number}old\n\nNow word{number}old.\n")
            project.delete(_key(number, "gone"))
        project.refresh("docs")
    reject(project.context(), doc_id("docs", _key(2, "empty")), "known")
    context = project.context()
    with desk(context) as (url, door):
        yield project, context, url, door, readers


def _shifted(patch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from chunking.chunker import Chunker

    split = Chunker.split

    def wrong(self, document):
        chunks = split(self, document)
        bad = "poison" in document.text
        return [replace(c, start=c.start + 1) for c in chunks] if bad else chunks

    patch.setattr(Chunker, "split", wrong)


def _pages(url: str, ids: list[str], client: httpx.Client) -> dict[str, httpx.Response]:
    paths = ["/documents?state=all", "/quarantine?state=all", "/documents?q=word&state=all"]
    paths += [f"/documents/{name}" for name in ids] + [f"/quarantine/{name}" for name in ids]
    return {path: client.get(f"{url}{path}") for path in paths}


@settings(max_examples=5, phases=(Phase.explicit, Phase.generate))
@given(
    reader=st.none() | st.frozensets(st.sampled_from(GROUPS), max_size=2),
    narrowed=st.dictionaries(
        st.integers(0, 4), st.frozensets(st.sampled_from(GROUPS), max_size=1), max_size=2
    ),
    down=st.sets(st.integers(0, 4), max_size=2),
    role=st.sampled_from(["viewer", "operator"]),
)
def test_a_page_shows_what_its_reader_may_read_alone(office, reader, narrowed, down, role) -> None:
    _, context, url, door, readers = office
    denials = context.lake.denials
    numbers = sorted({*narrowed, *down, 2})[:2]
    ids = {n: [doc_id("docs", _key(n, kind)) for kind in KINDS] for n in readers}
    made = [
        denials.add(
            "narrowed", doc_ids=ids[n], groups=sorted(left), source_id="docs",
            listed_at=context.clock.now() + HOUR, by="test",
        )
        for n, left in narrowed.items()
    ]  # fmt: skip
    made += [denials.add("takedown", doc_ids=ids[n], source_id="docs", by="zoe") for n in down]
    door.who = somebody(role, reader)
    try:
        with httpx.Client() as client:
            pages = _pages(url, [i for n in numbers for i in ids[n]], client)
    finally:
        for denial in made:
            denials.lift(denial, by="test")
    for number, groups in readers.items():
        left = set(groups)
        if number in narrowed:
            left = set(narrowed[number]) & left if "*" not in left else set(narrowed[number])
        mine = bool(left) and (reader is None or "*" in left or bool(left & reader))
        for path, answer in pages.items():
            said = _secret(number).search(answer.text)
            if not mine or number in down:
                assert said is None, (path, number, said)
            own = any(name in path for name in ids[number])
            if own and not mine:
                assert answer.status_code == 404, path
            if own and mine and number not in down and path.startswith("/documents/"):
                assert answer.status_code == 200, path
        whole = pages["/documents?state=all"].text
        assert (_key(number, "plain") in whole) == (mine and number not in down)
    assert "zoe" not in "".join(answer.text for answer in pages.values()), "for admins alone"


def test_what_may_not_be_read_is_counted(office) -> None:
    _, _, url, door, _ = office
    door.who = somebody("viewer", frozenset({"hr"}))
    told = httpx.get(f"{url}/documents").text
    assert re.search(r"12 documents; 8 more that you may not read", told), told[-3000:]
    door.who = somebody("admin", None)
    assert "4 more that you may not read" in httpx.get(f"{url}/documents").text, "unknown access"
    door.who = somebody("viewer", frozenset())
    assert "that you may not read" in httpx.get(f"{url}/quarantine?state=all").text


def test_copies_that_may_not_be_read_are_not_even_counted(office) -> None:
    _, _, url, door, _ = office
    same = doc_id("docs", _key(1, "empty"))
    door.who = somebody("viewer", frozenset())
    told = httpx.get(f"{url}/documents/{same}").text
    assert "No other document that you may read holds the same bytes." in told
    door.who = somebody("viewer", frozenset({"hr"}))
    assert _key(2, "empty") in httpx.get(f"{url}/documents/{same}").text


def test_searching_tells_nothing_of_what_is_hidden(office) -> None:
    _, _, url, door, _ = office
    door.who = somebody("viewer", frozenset({"hr"}))
    for word in ("title3plain", "nowhere"):
        told = httpx.get(f"{url}/documents", params={"q": word}).text
        assert "0 documents; 8 more" in told


def test_an_older_version_is_for_those_who_could_read_it_then(office) -> None:
    project, context, url, door, _ = office
    own = doc_id("docs", _key(2, "old"))
    (was, *_) = [row["content_hash"] for row in context.ledger.versions(own)]
    door.who = somebody("viewer", frozenset({"hr"}))
    assert "On word2old" in httpx.get(f"{url}/documents/{own}?version={was}").text
    grant(project, _key(2, "old"))
    project.refresh()
    door.who = somebody("viewer", frozenset({"sales"}))
    assert "Now word2old" in httpx.get(f"{url}/documents/{own}").text
    told = httpx.get(f"{url}/documents/{own}?version={was}").text
    assert "word2old" not in told
    assert "You may not read this version" in told


def test_nobody_acts_on_what_they_may_not_read(office) -> None:
    _, context, url, door, _ = office
    door.who = somebody("operator", frozenset({"sales"}))
    hidden = doc_id("docs", _key(3, "empty"))
    for path, more in (
        (f"/documents/{hidden}/takedown", {}),
        (f"/quarantine/{hidden}/reject", {}),
        ("/quarantine/replay", {"doc_id": hidden}),
    ):
        answer = httpx.post(f"{url}{path}", data={"token": TOKEN, "from": "/quarantine", **more})
        assert answer.status_code == 404, path
    assert not context.lake.denials.active()
    assert len(context.lake.reviews.all()) == 1
