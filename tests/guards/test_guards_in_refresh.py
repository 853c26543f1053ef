"""Each guard through a refresh: it stops with everything as it was, or just does not."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from freshground.service.plans import approvals
from tests.project import Project, article

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow


def lake_bytes(project: Project) -> dict[str, str]:
    """Return path -> hash of every file of the lake but the journal's."""
    root = project.root / project.lake
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "tables/journal" not in str(path)
    }


def stops(project: Project, guard: str, change: Callable[[], None]) -> None:
    """Make a change; assert that the guard stops it and all is as it was; then approve it."""
    before, files, keys = project.content(), lake_bytes(project), project.served_keys()
    change()
    run = project.refresh()
    assert run.status == 4
    assert run.of("ingest").outcome == "guard"
    assert lake_bytes(project) == files
    assert project.content() == before
    assert project.served_keys() == keys
    (waiting,) = approvals.stopped(project.context())
    assert guard in [g["guard"] for g in waiting["guards"] if g["tripped"]]
    assert project.refresh().status == 4, "it stays stopped"
    approvals.approve(project.context(), "docs")
    assert project.refresh().status == 0
    assert approvals.stopped(project.context()) == []
    assert project.content() != before


def access(project: Project, first: int, last: int, *groups: str) -> None:
    for number in range(first, last):
        place = project.docs / f"d{number:03d}.md.access.json"
        place.write_text(json.dumps({"groups": list(groups)}))


def edit(project: Project, first: int, last: int, by: int = 500) -> None:
    for number in range(first, last):
        project.write(f"d{number:03d}.md", article(by + number, 2))


def test_mass_deletion(quick: Project) -> None:
    quick.fill(50)
    quick.refresh()
    quick.delete(*(f"d{number:03d}.md" for number in range(10)))
    assert quick.refresh().status == 0, "a fifth may go in a day"
    stops(quick, "mass_deletion", lambda: quick.delete("d010.md"))


def test_an_empty_listing(quick: Project) -> None:
    quick.fill(3)
    other = quick.raw["sources"][0] | {"id": "more", "url": "more"}
    quick.changes["sources"] = [quick.raw["sources"][0], other]
    quick.index(sources=["docs", "more"])
    quick.write("../more/m.md", article(90))
    quick.refresh()
    quick.delete("d000.md", "d001.md")
    assert quick.refresh().status == 0, "one is left"
    before, files = quick.content(), lake_bytes(quick)
    quick.delete("d002.md")
    run = quick.refresh()
    assert run.status == 4
    assert run.of("ingest", "docs").outcome == "guard"
    assert (quick.content(), lake_bytes(quick)) == (before, files)
    approvals.approve(quick.context(), "docs")
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"m.md"}


def test_mass_edit(quick: Project) -> None:
    quick.fill(42)
    quick.refresh()
    edit(quick, 0, 21)
    assert quick.refresh().status == 0, "half of them may change"
    stops(quick, "mass_edit", lambda: edit(quick, 10, 32, by=700))


def test_touching_every_file_is_no_edit(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    for number in range(40):
        quick.touch(f"d{number:03d}.md", quick.clock.now())
    run = quick.refresh()
    assert run.status == 0
    assert run.totals["touched"] == 40


def test_sudden_growth(quick: Project) -> None:
    quick.source(guards={"growth": {"share": 2.0, "at_least": 20}})
    quick.fill(10)
    assert quick.refresh().status == 0, "a first load has nothing to grow from"
    for number in range(20):
        quick.write(f"more/{number}.md", article(100 + number, 1))
    assert quick.refresh().status == 0, "twice as many may come"

    def grow() -> None:
        for number in range(61):
            quick.write(f"flood/{number}.md", article(200 + number, 1))

    stops(quick, "sudden_growth", grow)


def test_the_rest_of_a_first_load_is_no_growth(quick: Project) -> None:
    quick.source(guards={"growth": {"share": 2.0, "at_least": 5}})
    quick.fill(2)
    run = quick.refresh()
    assert run.status == 0
    journal = quick.root / "lake" / "tables" / "journal"
    for part in sorted(journal.rglob("*"), reverse=True):
        part.unlink() if part.is_file() else part.rmdir()  # as if killed before its record
    journal.rmdir()
    quick.fill(20)
    assert quick.refresh().status == 0


def test_renaming_everything_is_neither_growth_nor_deletion(quick: Project) -> None:
    quick.source(guards={"growth": {"share": 0.5, "at_least": 5}})
    quick.fill(20)
    quick.refresh()
    for number in range(20):
        quick.rename(f"d{number:03d}.md", f"new/{number}.md")
    assert quick.refresh().status == 0


def test_mass_widening(quick: Project) -> None:
    quick.source(access="from_source")
    quick.fill(50)
    access(quick, 0, 50, "a")
    quick.refresh()
    access(quick, 0, 5, "a", "b")
    assert quick.refresh().status == 0, "a tenth may be opened"
    access(quick, 0, 50, "a")
    assert quick.refresh().status == 0, "narrowing is never stopped"
    stops(quick, "mass_widening", lambda: access(quick, 0, 6, "a", "b"))


def test_a_setting_that_opens_a_source_is_a_widening(quick: Project) -> None:
    quick.fill(12)
    quick.source(access={"groups": ["a"]})
    quick.refresh()
    stops(quick, "mass_widening", lambda: quick.source(access="public"))


def test_moving_files_to_where_more_people_read_is_a_widening(quick: Project) -> None:
    quick.source(access="from_source")
    quick.fill(12)
    (quick.docs / "_access.json").write_text(json.dumps({"groups": ["a"]}))
    (quick.docs / "open").mkdir()
    (quick.docs / "open" / "_access.json").write_text(json.dumps({"public": True}))
    assert quick.refresh().status == 0

    def move() -> None:
        for number in range(6):
            quick.rename(f"d{number:03d}.md", f"open/{number}.md")

    stops(quick, "mass_widening", move)


def test_a_giant_warns(quick: Project) -> None:
    quick.fill(25)
    quick.refresh()
    quick.write("large.md", article(300, 100))
    quick.refresh()
    quick.delete("large.md")
    quick.refresh()
    assert quick.context().lake.journal.entries("guard", subject="docs") == []
    quick.write("giant.md", article(300, 200))
    run = quick.refresh()
    assert run.status == 0
    (row,) = run.context.lake.journal.entries("guard", subject="docs")
    assert not row.body["stopped"]
    assert row.body["guards"][0]["guard"] == "size_outlier"


def test_a_giant_stops_if_told(quick: Project) -> None:
    quick.source(guards={"size": {"stop": True}})
    quick.fill(25)
    quick.refresh()
    quick.write("large.md", article(300, 100))
    assert quick.refresh().status == 0
    quick.delete("large.md")
    quick.refresh()
    stops(quick, "size_outlier", lambda: quick.write("giant.md", article(300, 200)))


def test_two_guards_are_approved_together(quick: Project) -> None:
    quick.source(access={"groups": ["a"]})
    quick.fill(40)
    quick.refresh()

    def both() -> None:
        quick.source(access="public")
        edit(quick, 0, 25)

    stops(quick, "mass_edit", both)
