"""A take-down acts at once, on every release and every path, and in the releases to come."""

from __future__ import annotations

import pytest

from freshground.core.errors import ConfigError
from freshground.service.asking.evaluation import Hits, evaluate
from freshground.service.asking.query import searcher
from freshground.service.denial.takedown import denials, restore, takedown
from freshground.service.lineage import explain
from freshground.service.quarantine.listing import set_aside
from freshground.service.releases.holding import resume, rollback
from tests.governance.asking import HOUR, MODES, TEXT, ask, everything, keys
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _two_releases(project: Project) -> None:
    project.fill(6)
    assert project.refresh().status == 0
    project.write("d001.md", article(41))
    assert project.refresh().status == 0


def _uri(project: Project, key: str) -> str:
    return next(hit["uri"] for hit in ask(project, k=1000) if hit["key"] == key)


def test_every_path_skips_it_at_once(either: Project) -> None:
    _two_releases(either)
    then = either.clock.now()
    held = everything(either)
    assert "d002.md" in held
    takedown(either.context(), _uri(either, "d002.md"), comment="letter")
    rest = held - {"d002.md"}
    assert everything(either) == rest
    assert everything(either, release=1) == rest
    assert everything(either, release=2) == rest
    assert everything(either, at=then) == rest
    assert everything(either, at=then - HOUR) == rest
    context = either.context()
    rollback(context, context.settings.index("docs"))
    assert everything(either) == rest
    for mode in MODES:
        assert keys(either, mode=mode, groups=frozenset()) == rest
        assert keys(either, mode=mode, groups=frozenset({"x"})) == rest
        assert keys(either, mode=mode, where="key eq 'd002.md' or key eq 'd003.md'") == {"d003.md"}
        assert keys(either, mode=mode, where="not (key eq 'd003.md')") == rest - {"d003.md"}


def test_a_reader_that_was_open_before_sees_it_too(quick: Project) -> None:
    _two_releases(quick)
    context = quick.context()
    opened = searcher(context, context.settings.index("docs"))
    ranked = opened.ranked(TEXT, 50)
    shown = {hit["key"] for hit in opened.rows(ranked)}
    assert "d004.md" in shown
    takedown(quick.context(), "d004.md")
    assert {hit["key"] for hit in opened.rows(ranked)} == shown - {"d004.md"}
    assert [hit["rank"] for hit in opened.rows(ranked)] == list(
        range(1, len(opened.rows(ranked)) + 1)
    )
    assert "d004.md" not in {hit["key"] for hit in opened.rows(opened.ranked(TEXT, 50))}


@pytest.mark.parametrize("mode", MODES)
def test_as_many_hits_come_back_as_before(quick: Project, mode: str) -> None:
    _two_releases(quick)
    best = ask(quick, k=3, mode=mode)
    takedown(quick.context(), best[0]["doc_id"])
    hits = ask(quick, k=3, mode=mode)
    assert len(hits) == 3
    assert best[0]["doc_id"] not in {hit["doc_id"] for hit in hits}


def test_a_chunk_alone_goes_and_comes_back(either: Project) -> None:
    _two_releases(either)
    best = ask(either, k=1)[0]
    found = takedown(either.context(), best["chunk_id"])
    assert found["chunk_ids"] == (best["chunk_id"],)
    for options in ({}, {"release": 1}, {"release": 2}):
        for mode in MODES:
            ids = {hit["chunk_id"] for hit in ask(either, k=1000, mode=mode, **options)}
            assert best["chunk_id"] not in ids
    assert best["key"] in keys(either), "the document's other passages stay"
    other = "d005.md" if best["key"] != "d005.md" else "d004.md"
    either.write(other, article(77))
    assert either.refresh().status == 0
    assert best["chunk_id"] not in {hit["chunk_id"] for hit in ask(either, k=1000)}
    restore(either.context(), best["chunk_id"])
    assert best["chunk_id"] in {hit["chunk_id"] for hit in ask(either, k=1000)}


def test_the_next_releases_leave_it_out_until_it_is_restored(quick: Project) -> None:
    _two_releases(quick)
    takedown(quick.context(), "d002.md", comment="letter of the 3rd")
    run = quick.refresh()
    assert (run.status, run.of("build").outcome) == (0, "done")
    assert "d002.md" not in quick.served_keys(), "it is not even in the index"
    assert run.of("build").release["counts"]["removed"] == 1
    aside = set_aside(quick.context())
    assert [(row["key"], row["rule"]) for row in aside] == [("d002.md", "taken down")]
    assert "letter of the 3rd" in aside[0]["reason"]
    assert quick.refresh().of("build").outcome == "nothing"
    quick.write("d002.md", article(55))
    again = quick.refresh()
    assert again.of("build").outcome == "nothing", "an edit does not bring it back"
    assert again.totals["texts_embedded"] == 0
    restore(quick.context(), "d002.md")
    assert quick.refresh().status == 0
    assert "d002.md" in everything(quick)
    assert set_aside(quick.context()) == []
    with pytest.raises(ConfigError, match="not taken down"):
        restore(quick.context(), "d002.md")


def test_the_only_document_can_be_taken_down(quick: Project) -> None:
    quick.fill(1)
    quick.refresh()
    takedown(quick.context(), "d000.md")
    assert quick.refresh().status == 0
    assert quick.served_keys() == set()


def test_a_rename_does_not_bring_it_back(quick: Project) -> None:
    _two_releases(quick)
    takedown(quick.context(), "d002.md")
    quick.rename("d002.md", "renamed.md")
    assert quick.refresh().status == 0
    quick.rename("renamed.md", "again.md")
    assert quick.refresh().status == 0
    assert everything(quick).isdisjoint({"d002.md", "renamed.md", "again.md"})
    assert quick.served_keys().isdisjoint({"d002.md", "renamed.md", "again.md"})


def test_older_releases_are_searched_for_older_names(quick: Project) -> None:
    _two_releases(quick)
    quick.rename("d002.md", "renamed.md")
    assert quick.refresh().status == 0
    takedown(quick.context(), "renamed.md")
    assert "renamed.md" not in everything(quick)
    assert "d002.md" not in everything(quick, release=2)


def test_a_name_that_was_used_again_is_another_document(quick: Project) -> None:
    _two_releases(quick)
    quick.rename("d002.md", "archive.md")
    assert quick.refresh().status == 0
    quick.write("d002.md", article(88))
    assert quick.refresh().status == 0
    takedown(quick.context(), "d002.md")
    assert everything(quick) >= {"archive.md"}
    assert quick.refresh().status == 0
    assert quick.served_keys() >= {"archive.md"}


def test_the_same_rename_a_second_time_does_not_bring_it_back(quick: Project) -> None:
    _two_releases(quick)
    quick.rename("d002.md", "archive.md")
    assert quick.refresh().status == 0
    quick.delete("archive.md")
    quick.write("d002.md", article(88))
    assert quick.refresh().status == 0
    takedown(quick.context(), "d002.md")
    quick.rename("d002.md", "archive.md")
    assert quick.refresh().status == 0
    assert everything(quick).isdisjoint({"d002.md", "archive.md"})
    assert quick.served_keys().isdisjoint({"d002.md", "archive.md"})


def test_copies_of_the_same_bytes_are_named(quick: Project) -> None:
    _two_releases(quick)
    quick.write("copy.md", quick.read("d002.md"))
    quick.refresh()
    found = takedown(quick.context(), "d002.md")
    assert [uri.rsplit("/", 1)[1] for uri in found["same_bytes"]] == ["copy.md"]
    assert [uri.rsplit("/", 1)[1] for uri in found["known_as"]] == ["d002.md"]


def test_taking_down_twice_is_one_entry(quick: Project) -> None:
    _two_releases(quick)
    one = takedown(quick.context(), "d002.md")
    assert takedown(quick.context(), one["doc_ids"][0])["id"] == one["id"]
    assert len(denials(quick.context())) == 1
    restore(quick.context(), one["id"])
    assert "d002.md" in everything(quick)


def test_explain_and_evaluate_show_none_of_it(quick: Project, tmp_path) -> None:
    _two_releases(quick)
    hit = next(hit for hit in ask(quick, k=1000) if hit["key"] == "d002.md")
    assert explain.explain(quick.context(), hit["chunk_id"])["chunk"]["text"] == hit["text"]
    takedown(quick.context(), "d002.md")
    trace = explain.explain(quick.context(), hit["chunk_id"])
    assert hit["text"] not in str(trace)
    assert "Policy 2" not in str(trace), "nor the title or the headings"
    assert [row["kind"] for row in trace["denials"]] == ["takedown"]
    (tmp_path / "q.jsonl").write_text('{"_id": "q", "text": "policy 2 clause 1 storm"}\n')
    (tmp_path / "r.tsv").write_text("query-id\tcorpus-id\tscore\nq\td002.md\t1\n")
    context = quick.context()
    arguments = (tmp_path / "q.jsonl", tmp_path / "r.tsv", None, "hybrid")
    report = evaluate(context, context.settings.index("docs"), *arguments)
    assert report["recall_100"] == 0


def test_what_is_denied_between_ranking_and_reading_is_left_out(quick: Project) -> None:
    _two_releases(quick)
    context = quick.context()
    opened = searcher(context, context.settings.index("docs"))
    rank = opened.ranked

    def ranked(*arguments, **options):
        found = rank(*arguments, **options)
        takedown(quick.context(), "d002.md")
        return found

    opened.ranked = ranked
    found = {
        names[0] for hit in Hits(opened, texts=True).search(TEXT, 100) for names in [hit.names]
    }
    assert found == {"d000.md", "d001.md", "d003.md", "d004.md", "d005.md"}


def test_what_is_erased_stays_away(quick: Project) -> None:
    _two_releases(quick)
    context = quick.context()
    document = next(hit["doc_id"] for hit in ask(quick, k=1000) if hit["key"] == "d002.md")
    context.lake.denials.add("erased", doc_ids=[document], source_id="docs", by="dpo")
    assert "d002.md" not in everything(quick)
    with pytest.raises(ConfigError, match="is erased"):
        restore(quick.context(), "d002.md")
    quick.refresh()
    assert "d002.md" not in quick.served_keys()


def test_names_that_say_nothing_or_too_much(quick: Project) -> None:
    (quick.root / "more").mkdir()
    quick.fill(2)
    (quick.root / "more" / "d001.md").write_text(article(60))
    more = {"id": "more", "type": "files", "url": "more", "access": "public"}
    quick.changes["sources"] = [*quick.raw["sources"], more]
    quick.index(sources=["docs", "more"])
    quick.refresh()
    with pytest.raises(ConfigError, match="knows no"):
        takedown(quick.context(), "nothing.md")
    with pytest.raises(ConfigError, match="names 2 documents"):
        takedown(quick.context(), "d001.md")
    uri = next(hit["uri"] for hit in ask(quick, k=99) if hit["source_id"] == "more")
    takedown(quick.context(), uri)
    assert {hit["source_id"] for hit in ask(quick, k=99) if hit["key"] == "d001.md"} == {"docs"}


def test_the_record_holds_ids_and_no_text(quick: Project) -> None:
    _two_releases(quick)
    takedown(quick.context(), "d002.md", comment="why")
    quick.clock.advance(HOUR)
    restore(quick.context(), "d002.md")
    rows = quick.context().lake.journal.entries("takedown", "restore")
    assert [row.kind for row in rows] == ["takedown", "restore"]
    lake = quick.context().lake
    files = [lake.files.get(name) for name in lake.files.list("deny")]
    assert all(b"Policy" not in (data or b"") for data in files)


def test_a_hold_does_not_keep_it_in(quick: Project) -> None:
    _two_releases(quick)
    context = quick.context()
    index = context.settings.index("docs")
    rollback(context, index)
    takedown(quick.context(), "d002.md")
    assert quick.refresh().of("build").outcome == "held"
    assert "d002.md" not in everything(quick)
    resume(context, index)
    assert quick.refresh().status == 0
    assert "d002.md" not in quick.served_keys()
