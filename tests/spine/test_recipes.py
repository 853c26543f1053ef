"""Encoders, chunking, fields, several indexes and sources: what each change makes anew."""

from __future__ import annotations

import json

import pytest

from freshground.core.errors import ConfigError
from freshground.service.asking.query import query
from tests.project import Project, article

pytestmark = pytest.mark.slow


def test_another_encoder_embeds_everything_anew_and_mixes_nothing(either: Project) -> None:
    either.fill(3)
    either.refresh()
    old = either.context().releases.live("docs")[1]
    count = len(either.content())
    either.changes["encoder"] = {"model": "hashing-128"}
    # Not refreshed yet: the release's vectors are of another space than the settings' encoder.
    with pytest.raises(ConfigError, match="hashing-64"):
        query(either.context(), either.settings.index("docs"), "storm", mode="vector")
    run = either.refresh()
    assert run.status == 0, run.messages
    new = either.context().releases.live("docs")[1]
    assert new.space["id"] != old.space["id"]
    assert run.totals["texts_embedded"] == count
    assert {len(row[7]) for row in either.content()} == {128}
    assert query(either.context(), either.settings.index("docs"), "storm", mode="vector").hits
    either.changes["encoder"] = {"model": "hashing-64"}
    back = either.refresh()
    assert back.totals["texts_embedded"] == 0, "vectors of each space are kept"
    assert {len(row[7]) for row in either.content()} == {64}


def test_other_chunking_cuts_anew_and_embeds_only_new_texts(quick: Project) -> None:
    quick.fill(3, paragraphs=12)
    quick.write("short.md", "# Short\n\nOne line on keys.\n")
    quick.refresh()
    before = {row[1] for row in quick.content()}
    quick.changes["chunking"] = {"max_tokens": 60}
    run = quick.refresh()
    after = {row[1] for row in quick.content()}
    assert run.of("gold").counts["documents"] == 4
    assert len(after) > len(before)
    assert before & after, "the short document is cut as before"
    texts = quick.encoder.texts_encoded
    assert len(texts) == len(set(texts))
    clean = quick.clean()
    clean.refresh()
    assert quick.content() == clean.content()


def test_two_indexes_over_one_source_share_vectors(quick: Project) -> None:
    one = quick.raw["indexes"][0]
    other = {**one, "id": "fine", "chunking": {"max_tokens": 60}}
    quick.changes["indexes"] = [one, {**one, "id": "twin"}, other]
    quick.fill(3)
    run = quick.refresh()
    assert run.status == 0
    assert quick.content("docs") == quick.content("twin")
    assert len(quick.content("fine")) > len(quick.content("docs"))
    assert run.of("embed", "twin").counts["texts_embedded"] == 0
    texts = quick.encoder.texts_encoded
    assert len(texts) == len(set(texts))
    quick.write("d000.md", article(70))
    quick.refresh(indexes=["docs"])
    assert quick.content("docs") != quick.content("twin")
    quick.refresh()
    assert quick.content("docs") == quick.content("twin")


def test_two_sources_in_one_index_keep_their_documents_apart(quick: Project) -> None:
    first = quick.raw["sources"][0]
    quick.changes["sources"] = [first, {**first, "id": "more", "url": "more"}]
    quick.index(sources=["docs", "more"])
    quick.write("same.md", article(1))
    quick.write("../more/same.md", article(1))
    run = quick.refresh()
    assert run.status == 0
    assert len(quick.content()) == 2 * run.totals["texts_embedded"]
    quick.delete("../more/same.md")
    assert quick.refresh("more").status == 0
    assert len(quick.content()) == run.totals["texts_embedded"]


def test_a_field_of_the_wrong_type_names_the_document(quick: Project) -> None:
    quick.fill(2)
    (quick.docs / "d001.md.meta.json").write_text(json.dumps({"year": "last year"}))
    quick.refresh()
    before = quick.content()
    quick.index(fields={"year": {"type": "int"}})
    run = quick.refresh()
    assert run.status == 1
    assert "d001.md" in run.messages
    assert "'last year', which is no int" in run.messages
    assert quick.content() == before
    (quick.docs / "d001.md.meta.json").write_text(json.dumps({"year": 2025}))
    assert quick.refresh().status == 0
    answer = query(quick.context(), quick.settings.index("docs"), "storm", where="year eq 2025")
    assert {hit["key"] for hit in answer.hits} == {"d001.md"}


def test_metadata_changes_are_published_without_embedding(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    embedded = len(quick.encoder.texts_encoded)
    (quick.docs / "d001.md.meta.json").write_text(json.dumps({"year": 2025}))
    run = quick.refresh()
    assert run.of("build").outcome == "done"
    assert len(quick.encoder.texts_encoded) == embedded
    assert any(json.loads(row[4]).get("year") == 2025 for row in quick.content())


def test_a_lake_of_a_newer_format_is_refused_and_left_alone(quick: Project) -> None:
    from freshground.core.errors import Fatal

    quick.fill(2)
    quick.refresh()
    mark = quick.root / "lake" / "lake.json"
    mark.write_text(json.dumps({"format": 999}))
    before = {p: p.stat().st_mtime_ns for p in (quick.root / "lake").rglob("*")}
    with pytest.raises(Fatal, match=r"format 999.*newer Freshground"):
        quick.refresh()
    assert {p: p.stat().st_mtime_ns for p in (quick.root / "lake").rglob("*")} == before


def test_a_folder_that_is_no_lake_is_refused(quick: Project) -> None:
    (quick.root / "lake").mkdir()
    (quick.root / "lake" / "lake.json").write_text("{}")
    quick.fill(1)
    with pytest.raises(ConfigError, match="not the mark of a lake"):
        quick.refresh()
