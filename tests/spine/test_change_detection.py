"""Work follows change: what a listing makes of files, and what each change costs."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from freshground.service.asking.query import query
from ingestion.changes import compare
from ingestion.sources import open_source
from tests.project import NOON, Project, article

pytestmark = pytest.mark.slow


def test_an_unchanged_source_costs_nothing_but_a_confirmation(either: Project) -> None:
    either.fill(5)
    first = either.refresh()
    assert first.status == 0
    assert first.totals["texts_embedded"] == len(set(either.encoder.texts_encoded)) > 0
    content = either.content()
    again = either.refresh()
    assert {report.outcome for report in again.reports} == {"nothing"}
    assert again.totals["texts_embedded"] == 0
    assert either.content() == content
    assert len(either.context().lake.pointers.history("docs")) == 1


def test_touched_files_are_recorded_and_publish_nothing(quick: Project) -> None:
    quick.fill(4)
    quick.refresh()
    embedded = len(quick.encoder.texts_encoded)
    for number in range(4):
        quick.touch(f"d{number:03d}.md", NOON - timedelta(days=3))
    run = quick.refresh()
    assert run.totals["touched"] == 4
    assert run.of("build").outcome == "nothing"
    assert len(quick.encoder.texts_encoded) == embedded
    assert quick.refresh().totals["touched"] == 0


def test_an_edit_embeds_what_changed_and_keeps_the_rest(either: Project) -> None:
    either.fill(4, paragraphs=24)
    either.refresh()
    before = {row[0]: row for row in either.content()}
    either.write("d001.md", either.read("d001.md") + "\n\nGlaciers are insured as well.\n")
    run = either.refresh()
    after = {row[0]: row for row in either.content()}
    assert run.totals["changed"] == 1
    assert 1 <= run.totals["texts_embedded"] <= 2
    new = after.keys() - before.keys()
    assert any("Glaciers" in after[chunk][1] for chunk in new)
    assert len(before.keys() - after.keys()) <= 2
    assert all(after[chunk] == before[chunk] for chunk in before.keys() & after.keys())


def test_a_same_size_edit_within_the_clock_grain_is_seen(quick: Project) -> None:
    quick.write("a.md", "# Cover\n\nThe excess is 100 euros.\n", at=quick.clock.now())
    quick.refresh(later=timedelta(seconds=1))
    place = quick.docs / "a.md"
    stamp = place.stat().st_mtime_ns
    quick.write("a.md", "# Cover\n\nThe excess is 900 euros.\n", at=NOON)
    assert place.stat().st_mtime_ns == stamp
    run = quick.refresh()
    assert run.totals["changed"] == 1
    assert "900" in quick.content()[0][1]


def test_a_same_size_edit_with_an_old_time_is_found_when_all_is_verified(quick: Project) -> None:
    quick.write("a.md", "# Cover\n\nThe excess is 100 euros.\n")
    quick.refresh()
    stamp = (quick.docs / "a.md").stat().st_mtime
    place = quick.write("a.md", "# Cover\n\nThe excess is 900 euros.\n")
    import os

    os.utime(place, (stamp, stamp))
    assert quick.refresh().totals["changed"] == 0
    assert quick.refresh(later=timedelta(days=7)).totals["changed"] == 1


def test_an_etag_is_believed(quick: Project) -> None:
    """What a store says of the content counts; the time does not."""
    from dataclasses import replace

    quick.write("a.md", "# Cover\n\nThe excess is 100 euros.\n")
    source = open_source(quick.settings.source("docs"), quick.settings.resolve)
    listing = source.list(NOON)
    stat = replace(listing.objects[0], etag="one")
    run = quick.refresh()
    row = next(iter(run.context.ledger.live("docs").values()))
    row = {**row, "etag": "one"}
    week = timedelta(days=7)
    later = replace(stat, modified_at=NOON)
    assert compare(replace(listing, objects=(later,)), {row["doc_id"]: row}, week).unchanged == 1
    other = replace(stat, etag="two")
    assert compare(replace(listing, objects=(other,)), {row["doc_id"]: row}, week).suspects == (
        other,
    )


def test_access_changes_reach_queries_without_embedding(either: Project) -> None:
    either.source(access="from_source")
    either.fill(3)
    sidecar = either.docs / "_access.json"
    sidecar.write_text(json.dumps({"groups": ["claims"]}))
    either.refresh()
    embedded = len(either.encoder.texts_encoded)
    index = either.settings.index("docs")

    def found(group: str) -> int:
        groups = frozenset([group])
        return len(query(either.context(), index, "storm and theft", groups=groups).hits)

    assert (found("claims"), found("sales")) == (5, 0)
    sidecar.write_text(json.dumps({"groups": ["sales"]}))
    run = either.refresh()
    assert run.of("ingest").counts["described"] == 3
    assert len(either.encoder.texts_encoded) == embedded
    assert (found("claims"), found("sales")) == (0, 5)
    sidecar.unlink()
    either.refresh()
    assert (found("claims"), found("sales")) == (0, 0)


def test_a_move_keeps_its_vectors_and_its_history(either: Project) -> None:
    either.fill(3)
    either.refresh()
    embedded = len(either.encoder.texts_encoded)
    either.rename("d001.md", "archive/old.md")
    run = either.refresh()
    assert (run.totals["moved"], run.totals["removed"], run.totals["added"]) == (1, 1, 1)
    assert len(either.encoder.texts_encoded) == embedded
    assert either.served_keys() == {"d000.md", "d002.md", "archive/old.md"}
    moved = {row["key"]: row["moved_from"] for row in run.context.ledger.live("docs").values()}
    assert moved["archive/old.md"] is not None
    assert moved["d000.md"] is None


def test_duplicates_are_embedded_once_and_served_at_each_address(quick: Project) -> None:
    for key in ("a.md", "b.md", "c.md"):
        quick.write(key, article(7))
    run = quick.refresh()
    assert quick.served_keys() == {"a.md", "b.md", "c.md"}
    assert run.totals["texts_embedded"] * 3 == len(quick.content())


def test_a_file_that_vanishes_between_listing_and_reading_stops_nothing(quick: Project) -> None:
    quick.fill(5)
    quick.refresh()
    quick.write("d001.md", article(91))
    quick.write("new.md", article(92))
    quick.write("other.md", article(93))
    quick.clock.advance(timedelta(hours=1))
    context = quick.context()
    source = context.source("docs")
    listed = source.list

    def then_vanish(at):
        listing = listed(at)
        quick.delete("d001.md", "new.md")
        return listing

    source.list = then_vanish
    from freshground.service.refresh import refresh
    from freshground.service.reports import exit_status

    reports = refresh(context)
    assert exit_status(reports) == 0, [report.message for report in reports]
    assert "other.md" in quick.served_keys()
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"d000.md", "d002.md", "d003.md", "d004.md", "other.md"}
