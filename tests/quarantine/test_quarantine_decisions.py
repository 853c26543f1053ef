"""What people decide about what is set aside is recorded once, and honoured by the next refresh."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import pytest

from freshground.core.errors import ConfigError, Quarantine
from freshground.service.plans.planning import plan
from freshground.service.quarantine.deciding import reject, release, replay
from freshground.service.quarantine.listing import listed, set_aside, shown
from freshground.service.views.quarantine import growth
from freshground.service.workers.pool import Job, Workers
from tests.project import Project, article

pytestmark = pytest.mark.slow

POISON = "# Bad\n\nA clause on poison.\n"


def _rows(project: Project) -> dict[str, dict]:
    return {row["key"]: row for row in listed(project.context())}


def _poisoned(project: Project) -> None:
    project.fill(3)
    project.refresh()
    project.write("d001.md", POISON)
    assert project.refresh().status == 5


@pytest.mark.usefixtures("shifted")
def test_a_version_that_a_check_holds_is_served_once_it_is_released(quick: Project) -> None:
    _poisoned(quick)
    row = _rows(quick)["d001.md"]
    assert (row["held_by"], row["rule"], row["waiting"]) == (
        "check",
        "gold.span_matches_text",
        True,
    )
    (span,) = shown(quick.context(), "d001.md")["evidence"]
    assert span["end"] > span["start"]
    done = release(quick.context(), row["doc_id"], "read it: fine")
    assert (done["recorded"], done["by"]) == (True, "tester")
    assert release(quick.context(), row["doc_id"])["recorded"] is False, "once is enough"
    decided = _rows(quick)["d001.md"]
    assert decided["waiting"] is False
    assert decided["decision"]["comment"] == "read it: fine"
    assert quick.refresh().status == 0
    assert any("poison" in chunk[1] for chunk in quick.content())
    assert _rows(quick) == {}
    quick.write("d001.md", POISON + "\nMore poison.\n")
    assert quick.refresh().status == 5, "the next version is judged anew"


@pytest.mark.usefixtures("shifted")
def test_a_rejected_version_holds_nothing_up_and_the_one_before_is_served(quick: Project) -> None:
    _poisoned(quick)
    before = {chunk[0] for chunk in quick.content()}
    quick.write("d002.md", article(30))
    assert quick.refresh().status == 5
    assert reject(quick.context(), "d001.md", "not ours")["recorded"] is True
    assert reject(quick.context(), "d001.md")["recorded"] is False
    assert quick.refresh().status == 0
    served = quick.content()
    assert any("policy 30 " in chunk[1] for chunk in served), "the others go on"
    stale = {chunk[0] for chunk in served if chunk[6]}
    assert stale
    assert stale < before, "the last version that nothing speaks against"
    row = _rows(quick)["d001.md"]
    assert (row["rule"], row["waiting"], row["stale_served"]) == ("rejected", False, True)
    assert len(set_aside(quick.context())) == 1, "set aside it is all the same"
    release(quick.context(), "d001.md")
    assert quick.refresh().status == 0
    assert any("poison" in chunk[1] for chunk in quick.content())


@pytest.mark.usefixtures("shifted")
def test_a_new_document_that_is_rejected_is_not_served_at_all(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.write("bad.md", POISON)
    quick.refresh()
    reject(quick.context(), "bad.md")
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"d000.md", "d001.md"}


@pytest.mark.usefixtures("shifted")
def test_a_replayed_check_judges_what_lies_there_once_more(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freshground.service.quarantine import again

    _poisoned(quick)
    assert replay(quick.context(), rule="gold.span_matches_text")["recorded"] == 1
    assert replay(quick.context())["recorded"] == 0, "it is ahead already"
    assert _rows(quick)["d001.md"]["waiting"] is False
    assert quick.refresh().status == 5
    assert _rows(quick)["d001.md"]["waiting"] is True, "it failed again, and waits again"
    # As if the check itself had been mended since.
    monkeypatch.setattr(again, "_failing", lambda *_: set())
    assert quick.refresh().status == 5, "only what is replayed is judged again"
    replay(quick.context(), documents=["d001.md"])
    embedded = len(quick.encoder.texts_encoded)
    assert quick.refresh().status == 0
    assert len(quick.encoder.texts_encoded) == embedded
    assert _rows(quick) == {}
    verdicts = [row["verdict"] for row in _history(quick, "d001.md")]
    assert [v for v, _ in groupby(verdicts)] == ["replayed", "failed", "replayed", "passed"]


def _history(project: Project, key: str) -> list[dict]:
    from freshground.core.ids import doc_id
    from freshground.service.quarantine.listing import history

    return history(project.context(), {"doc_id": doc_id("docs", key)})


def test_what_the_parser_set_aside_is_parsed_again_alone(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.fill(3)
    parsed: list[str] = []
    own = Workers.each

    def refuses(self: Workers, function: str, jobs: Iterable[Job]) -> Iterator[tuple]:
        jobs = list(jobs)
        if function == "ingestion.parse:parse":
            parsed.extend(job.args[1] for job in jobs)
            old = [job for job in jobs if job.args[1] == "d001.md"]
            why = Quarantine("parse_failed", "The parser of old failed.", "Wait.")
            yield from ((job.key, why) for job in old)
            jobs = [job for job in jobs if job not in old]
        yield from own(self, function, jobs)

    with monkeypatch.context() as patch:
        patch.setattr(Workers, "each", refuses)
        assert quick.refresh().status == 3
        assert sorted(parsed) == ["d000.md", "d001.md", "d002.md"]
        row = _rows(quick)["d001.md"]
        assert (row["held_by"], row["can_release"], row["waiting"]) == ("parser", False, True)
        with pytest.raises(ConfigError, match="no text to serve"):
            release(quick.context(), "d001.md")
        parsed.clear()
        quick.refresh()
        assert parsed == [], "what was set aside is not tried again by itself"
        assert replay(quick.context(), source="docs")["recorded"] == 1
        assert _rows(quick)["d001.md"]["decision"]["verdict"] == "replayed"
        quick.refresh()
        quick.refresh()
        assert parsed == ["d001.md"], "once"
        assert growth(quick.context())["new_7d"] == {"parse_failed": 1}, "failed again is not new"
        assert _rows(quick)["d001.md"]["waiting"] is True
    replay(quick.context())
    texts = len(quick.encoder.texts_encoded)
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"d000.md", "d001.md", "d002.md"}
    assert all("policy 1" in text.lower() for text in quick.encoder.texts_encoded[texts:])
    assert _rows(quick) == {}


def test_a_rejected_parse_failure_waits_for_nobody_and_a_replay_of_all_leaves_it(
    quick: Project,
) -> None:
    quick.fill(2)
    quick.write("empty.md", b"")
    quick.write("blank.md", b"  \n ")
    quick.refresh()
    reject(quick.context(), "empty.md", "known")
    assert {k: row["waiting"] for k, row in _rows(quick).items()} == {
        "empty.md": False,
        "blank.md": True,
    }
    assert replay(quick.context(), rule="empty")["documents"] == 1
    assert plan(quick.context())["sources"][0]["to_parse"] == 1, "the plan tells what will be done"
    assert replay(quick.context(), documents=["empty.md"])["recorded"] == 1, "unless it is named"
    with pytest.raises(ConfigError, match="Nothing of that kind"):
        replay(quick.context(), rule="encrypted")


def test_what_was_too_large_to_read_is_read_once_the_limit_is_raised(quick: Project) -> None:
    quick.source(max_bytes=400)
    quick.fill(1, paragraphs=1)
    quick.write("long.md", article(7, 9))
    quick.refresh()
    assert _rows(quick)["long.md"]["held_by"] == "source"
    quick.source(max_bytes=1_000_000)
    quick.refresh()
    assert "long.md" in _rows(quick), "the object is unchanged, so nobody reads it"
    replay(quick.context(), rule="too_large")
    assert _rows(quick)["long.md"]["waiting"] is False
    run = quick.refresh()
    assert run.status == 0
    assert run.totals["changed"] == 1
    assert "long.md" in quick.served_keys()
    assert _rows(quick) == {}


def test_decisions_are_in_the_lake_at_once_and_in_the_journal_with_who_and_why(
    quick: Project,
) -> None:
    quick.fill(1)
    quick.write("empty.md", b"")
    quick.refresh()
    reject(quick.context(), "empty.md", "a draft")
    (entry,) = quick.context().lake.journal.entries("quarantine")
    assert (entry.body["by"], entry.body["comment"]) == ("tester", "a draft")
    (decided,) = shown(quick.context(), "empty.md")["history"]
    assert (decided["verdict"], decided["rule"]) == ("rejected", "empty")
