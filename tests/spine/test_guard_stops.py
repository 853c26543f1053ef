"""The delete guard within a refresh: what it stops stays as it was, until somebody approves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from tests.project import Project, article

if TYPE_CHECKING:
    from freshground.service.context import Context

pytestmark = pytest.mark.slow


def _versions(context: Context) -> tuple[int, ...]:
    lake = context.lake
    return tuple(t.version for t in (lake.bronze, lake.silver, lake.gold, lake.vectors))


def _keys(first: int, last: int) -> list[str]:
    return [f"d{number:03d}.md" for number in range(first, last)]


def test_a_mass_deletion_is_stopped_until_it_is_approved(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    before, versions = quick.content(), _versions(quick.context())
    quick.delete(*_keys(0, 10))
    quick.write("new.md", article(99))
    run = quick.refresh()
    assert run.status == 4
    assert run.of("ingest").outcome == "guard"
    assert "freshground approve docs" in run.messages
    assert quick.content() == before
    assert _versions(quick.context()) == versions, "a stopped plan writes nothing"
    approved = quick.refresh("docs")
    assert approved.status == 0
    assert approved.totals["removed"] == 10
    assert quick.served_keys() == {*_keys(10, 40), "new.md"}


def test_an_approval_holds_for_one_refresh(quick: Project) -> None:
    quick.fill(60)
    quick.refresh()
    quick.delete(*_keys(0, 15))
    assert quick.refresh("docs").status == 0
    quick.delete(*_keys(15, 18))
    assert quick.refresh().status == 0, "what was approved does not count again"
    quick.delete(*_keys(18, 30))
    assert quick.refresh().status == 4


def test_few_or_small_deletions_pass(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 8))
    assert quick.refresh().status == 0, "20% is not more than 20%"
    assert len(quick.served_keys()) == 32


def test_nine_of_ten_pass_since_they_are_fewer_than_ten(quick: Project) -> None:
    quick.fill(10)
    quick.refresh()
    quick.delete(*_keys(0, 9))
    assert quick.refresh().status == 0


def test_creeping_past_the_guard_is_stopped_within_a_day(quick: Project) -> None:
    quick.fill(50)
    quick.refresh()
    for hour in range(2):
        quick.delete(*_keys(hour * 5, hour * 5 + 5))
        assert quick.refresh().status == 0
    quick.delete(*_keys(10, 15))
    assert quick.refresh().status == 4
    assert len(quick.served_keys()) == 40
    assert quick.refresh(later=timedelta(hours=25)).status == 0
    assert len(quick.served_keys()) == 35


def test_an_empty_listing_is_stopped_however_small(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    quick.delete(*_keys(0, 3))
    run = quick.refresh()
    assert run.status == 4
    assert "lists nothing" in run.messages
    assert len(quick.served_keys()) == 3
    assert quick.refresh("docs").status in (0, 5), "an index may not become empty by itself"


def test_moving_every_file_is_no_deletion(quick: Project) -> None:
    quick.fill(30)
    quick.refresh()
    embedded = len(quick.encoder.texts_encoded)
    for key in _keys(0, 30):
        quick.rename(key, f"archive/{key}")
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert run.totals["moved"] == 30
    assert len(quick.encoder.texts_encoded) == embedded


def test_a_guard_on_one_source_leaves_the_others_free(quick: Project) -> None:
    first = quick.raw["sources"][0]
    quick.changes["sources"] = [first, {**first, "id": "more", "url": "more"}]
    quick.index(sources=["docs", "more"])
    quick.fill(20)
    quick.write("../more/m.md", article(80))
    quick.refresh()
    quick.delete(*_keys(0, 15))
    quick.write("../more/n.md", article(81))
    run = quick.refresh()
    assert run.status == 4
    assert run.of("ingest", "more").outcome == "done"
    assert "n.md" in quick.served_keys()
    assert len(quick.served_keys()) == 22
