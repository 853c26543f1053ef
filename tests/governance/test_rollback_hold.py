"""A rollback stands until somebody resumes, or until what was blamed is gone."""

from __future__ import annotations

import time

import pytest

from freshground.core.errors import ConfigError
from freshground.service import stages
from freshground.service.releases.holding import resume, rollback
from freshground.service.reports import Scope
from freshground.service.stages.build import build
from freshground.service.views.overview import overview
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _bad_release(project: Project) -> None:
    project.fill(4)
    assert project.refresh().status == 0
    project.write("d001.md", article(66))
    assert project.refresh().status == 0


def _back(project: Project, **options) -> dict:
    context = project.context()
    return rollback(context, context.settings.index("docs"), **options)


def _live(project: Project) -> int:
    return project.context().releases.live("docs")[1].release


def test_refreshes_build_nothing_until_it_is_resumed(quick: Project) -> None:
    _bad_release(quick)
    row = _back(quick, comment="wrong prices")
    assert (row["release"], row["was"]) == (1, 2)
    quick.write("d002.md", article(67))
    for _ in range(2):
        run = quick.refresh()
        built = run.of("build")
        assert (run.status, built.outcome) == (0, "held")
        assert "wrong prices" in built.message
        assert "freshground resume docs" in built.message
    assert _live(quick) == 1
    assert "on hold" in overview(quick.context())[0]["hold"]
    context = quick.context()
    resume(context, context.settings.index("docs"))
    assert overview(quick.context())[0]["hold"] is None
    assert quick.refresh().status == 0
    assert _live(quick) == 3
    with pytest.raises(ConfigError, match="not on hold"):
        resume(context, context.settings.index("docs"))


def test_it_ends_by_itself_when_the_versions_blamed_are_gone(quick: Project) -> None:
    _bad_release(quick)
    _back(quick, blame=["d001.md"])
    assert quick.refresh().of("build").outcome == "held"
    quick.write("d002.md", article(67))
    assert quick.refresh().of("build").outcome == "held", "another document changes nothing"
    quick.write("d001.md", article(68))
    run = quick.refresh()
    assert (run.status, run.of("build").outcome) == (0, "done")
    ended = quick.context().lake.journal.entries("resume")
    assert [row.body["comment"] for row in ended] == ["the versions blamed are gone"]
    quick.write("d001.md", article(66))
    assert quick.refresh().of("build").outcome == "done", "a hold that ended has ended"


def test_a_deleted_document_is_gone_too(quick: Project) -> None:
    _bad_release(quick)
    _back(quick, blame=["d001.md", "d002.md"])
    quick.delete("d001.md")
    assert quick.refresh().of("build").outcome == "held", "one of two is left"
    quick.write("d002.md", article(70))
    assert quick.refresh().of("build").outcome == "done"


def test_sources_that_hold_what_is_served_confirm_under_a_hold(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    before = quick.read("d001.md")
    quick.write("d001.md", article(66))
    quick.refresh()
    _back(quick)
    quick.write("d001.md", before)
    assert quick.refresh().of("build").outcome == "nothing"
    assert quick.context().lake.journal.latest("confirmation")["docs"].body["release"] == 1


def test_a_build_that_was_under_way_does_not_overtake_it(quick: Project, monkeypatch) -> None:
    _bad_release(quick)
    quick.write("d003.md", article(71))
    quick.clock.advance(quick.settings.index("docs").sla.max_staleness / 24)
    context = quick.context()
    publish = type(context.releases).publish

    def late(self, *arguments):
        monkeypatch.undo()
        _back(quick)
        return publish(self, *arguments)

    for stage in (stages.ingest, stages.silver, stages.admit, stages.gold):
        stage(context, Scope(source="docs"))
    stages.embed(context, Scope(index="docs"))
    monkeypatch.setattr(type(context.releases), "publish", late)
    assert build(context, Scope(index="docs")).outcome == "held"
    assert _live(quick) == 1


def test_a_rollback_that_cannot_be_leaves_no_hold(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    with pytest.raises(ConfigError, match="no earlier release"):
        _back(quick)
    with pytest.raises(ConfigError, match="names 0 documents"):
        _back(quick, blame=["nothing.md"])
    assert overview(quick.context())[0]["hold"] is None


@pytest.mark.slow
def test_it_takes_less_than_a_second(either: Project) -> None:
    either.fill(30)
    either.refresh()
    either.write("d001.md", article(66))
    either.refresh()
    context = either.context()
    context.releases.live("docs")
    started = time.perf_counter()
    rollback(context, context.settings.index("docs"))
    taken = time.perf_counter() - started
    print(f"rollback: {taken * 1000:.0f} ms")
    assert taken < 1
