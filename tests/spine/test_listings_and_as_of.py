"""The as-of moves with complete listings alone; an incomplete one deletes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.service.freshness.as_of import freshness
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _freshness(project: Project):
    context = project.context()
    index = context.settings.index("docs")
    live = context.releases.live("docs")
    return freshness(context, index, live[1] if live else None)


def test_a_refresh_that_finds_nothing_moves_the_as_of(quick: Project) -> None:
    quick.index(sla={"max_staleness": "2h"})
    assert _freshness(quick).sla == "unknown"
    quick.fill(2)
    quick.refresh()
    published = quick.clock.now()
    quick.clock.advance(timedelta(hours=3))
    assert (_freshness(quick).sla, _freshness(quick).as_of) == ("late", published)
    quick.refresh()
    found = _freshness(quick)
    assert (found.sla, found.as_of, found.release) == ("fresh", quick.clock.now(), 1)
    assert found.staleness_s == 0
    quick.clock.advance(timedelta(minutes=5))
    assert _freshness(quick).staleness_s == 300


def test_a_listing_with_a_hole_deletes_nothing_and_moves_no_as_of(quick: Project) -> None:
    quick.source(follow_symlinks=True)
    quick.fill(3)
    quick.refresh()
    at = _freshness(quick).as_of
    quick.delete("d000.md")
    quick.write("new.md", article(50))
    (quick.docs / "hole.md").symlink_to("/nowhere/at/all")
    run = quick.refresh()
    assert run.status == 1
    assert "incomplete" in run.messages
    assert "hole.md" in run.messages
    assert quick.served_keys() == {"d000.md", "d001.md", "d002.md", "new.md"}
    assert _freshness(quick).as_of == at
    (quick.docs / "hole.md").unlink()
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"d001.md", "d002.md", "new.md"}
    assert _freshness(quick).as_of == quick.clock.now()


def test_a_missing_folder_is_no_empty_folder(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    quick.docs.rename(quick.root / "elsewhere")
    run = quick.refresh()
    assert run.status == 1
    assert "does not exist" in run.messages
    assert len(quick.served_keys()) == 3
    (quick.root / "elsewhere").rename(quick.docs)
    assert quick.refresh().status == 0
    assert len(quick.context().lake.pointers.history("docs")) == 1


def test_an_index_is_as_fresh_as_its_stalest_source(quick: Project) -> None:
    first = quick.raw["sources"][0]
    quick.changes["sources"] = [first, {**first, "id": "more", "url": "more"}]
    quick.index(sources=["docs", "more"])
    quick.fill(2)
    quick.write("../more/m.md", article(80))
    quick.refresh()
    at = quick.clock.now()
    quick.refresh(sources=["docs"])
    assert _freshness(quick).as_of == at
    quick.refresh(sources=["more"])
    assert _freshness(quick).as_of == quick.clock.now() - timedelta(hours=1)


def test_a_run_is_one_commit_of_the_journal(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    for _ in range(2):
        before = quick.context().lake.journal.table.version
        quick.refresh()
        assert quick.context().lake.journal.table.version == before + 1
