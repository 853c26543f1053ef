"""What the ledger keeps is what it would read: a commit of another source changes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.lake.ledger import Ledger
from tests.project import Project

pytestmark = pytest.mark.slow


def _two(quick: Project) -> None:
    quick.changes["sources"] = [
        quick.raw["sources"][0],
        {"id": "news", "type": "files", "url": "news", "access": "public"},
    ]
    quick.index(sources=["docs", "news"])
    quick.fill(3)
    quick.write("../news/n1.md", "# News\n\nNothing happened today.\n")


def test_only_the_source_that_changed_is_read_anew(quick: Project, monkeypatch) -> None:
    _two(quick)
    quick.refresh()
    reader = quick.context()
    silver = {s: reader.silver_id(s) for s in ("docs", "news")}
    read: list[str] = []
    plainly = Ledger._read_objects

    def noted(self, source_id: str):
        read.append(source_id)
        return plainly(self, source_id)

    def look() -> None:
        fresh = quick.context().ledger
        for source, silver_id in silver.items():
            assert reader.ledger.current(source, silver_id) == fresh.current(source, silver_id)
            assert reader.ledger.objects(source) == fresh.objects(source)

    look()
    monkeypatch.setattr(Ledger, "_read_objects", noted)
    for step, source in enumerate(("docs", "news", "docs")):
        read.clear()
        quick.write(f"../{source}/new{step}.md", f"# New {step}\n\nSomething of step {step}.\n")
        quick.refresh(later=timedelta(minutes=5), sources=[source])
        read.clear()
        reader.ledger.current("docs", silver["docs"])
        reader.ledger.current("news", silver["news"])
        assert read == [source]
        look()
    read.clear()
    quick.context().lake.bronze.compact()
    reader.ledger.objects("docs")
    assert read == [], "a compaction brings no rows"
    look()


def test_answers_of_a_table_are_kept_until_its_next_commit(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    table = quick.context().lake.publications
    asked: list[int] = []

    def read() -> list[int]:
        asked.append(1)
        return [len(asked)]

    assert table.kept("one", read) == table.kept("one", read) == [1]
    for number in range(40):
        table.kept(number, read)
    assert len(table._kept[1]) <= 16
    assert table.kept("one", read) == [42]
    quick.write("d000.md", "# Other\n\nOther words.\n")
    quick.refresh()
    assert table.kept("one", read) == [43]
