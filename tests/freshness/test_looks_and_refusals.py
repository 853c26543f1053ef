"""Looks take nothing in, holds are kept and looked behind, and a stale answer may be refused."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.core.clock import iso
from freshground.core.errors import TooStale
from freshground.service import stages
from freshground.service.asking.query import query
from freshground.service.freshness import governor
from freshground.service.freshness.as_of import served_as_of
from freshground.service.freshness.sla import report
from freshground.service.refresh import refresh
from freshground.service.releases.holding import resume, rollback
from freshground.service.reports import Scope
from tests.project import Project, article

pytestmark = pytest.mark.slow
HOUR = timedelta(hours=1)


def look(project: Project, after: timedelta) -> str:
    """Look at the source later on; return the outcome of the ingest stage."""
    project.clock.advance(after)
    return refresh(project.context(), sources=["docs"], looks={"docs"})[0].outcome


def decision(project: Project) -> governor.Decision:
    return governor.govern(project.context())[0]


def test_a_look_at_what_did_not_change_moves_the_as_of(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    assert look(quick, HOUR) == "nothing"
    [index, source] = report(quick.context())
    assert index["as_of"] == source["as_of"] == iso(quick.clock.now())


def test_a_look_at_what_changed_takes_nothing_in_and_says_so(quick: Project) -> None:
    quick.changes["governor"] = {"looks": 3}
    quick.fill(2)
    quick.refresh()
    quick.clock.advance(6 * HOUR)
    assert decision(quick).action == "look"
    quick.write("d000.md", article(9), quick.clock.now())
    bronze = quick.context().lake.bronze.version
    context = quick.context()
    seen = stages.look(context, Scope(source="docs"))
    context.lake.journal.commit()
    assert "taken in when it is due" in seen.message
    assert quick.context().lake.bronze.version == bronze
    [index, _] = report(quick.context())
    assert index["staleness_s"] == 6 * 3600, "the release does not hold the change"
    quick.clock.advance(6 * HOUR)
    assert decision(quick).action == "wait", "it knows that something changed, and gathers more"
    quick.clock.advance(10 * HOUR)
    assert decision(quick).action == "refresh"


def test_a_look_that_cannot_see_everything_fails(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.source(url="elsewhere")
    assert look(quick, HOUR) == "failed"


def test_an_index_on_hold_is_held_in_words_and_its_source_looked_at(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    quick.write("d000.md", article(9))
    quick.refresh()
    context = quick.context()
    rollback(context, context.settings.index("docs"), comment="wrong prices")
    quick.clock.advance(timedelta(minutes=30))
    made = decision(quick)
    assert made.action == "hold"
    assert "wrong prices" in made.reason
    assert any("wrong prices" in text for text in report(quick.context())[0]["held_by"])
    quick.clock.advance(timedelta(minutes=30))
    assert decision(quick).action == "look"
    context = quick.context()
    resume(context, context.settings.index("docs"))
    quick.clock.advance(30 * HOUR)
    assert decision(quick).action == "refresh"


def test_each_source_of_an_index_has_its_own_as_of(quick: Project) -> None:
    (quick.root / "more").mkdir()
    (quick.root / "more" / "m.md").write_text(article(5))
    first = quick.raw["sources"][0]
    quick.changes["sources"] = [first, {**first, "id": "more", "url": "more"}]
    quick.index(sources=["docs", "more"])
    quick.fill(2)
    quick.refresh()
    begun = quick.clock.now()
    quick.clock.advance(HOUR)
    refresh(quick.context(), sources=["docs"], indexes=["docs"])
    context = quick.context()
    manifest = context.releases.live("docs")[1]
    assert served_as_of(context, manifest, "docs") == begun + HOUR
    assert served_as_of(context, manifest, "more") == begun
    assert served_as_of(context, manifest) == begun, "as fresh as its stalest source"


def test_a_caller_gets_a_refusal_instead_of_stale_grounding(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    context = quick.context()
    index = context.settings.index("docs")
    quick.clock.advance(6 * HOUR)
    assert query(context, index, "articles", max_staleness=6 * HOUR).hits
    with pytest.raises(TooStale, match="Release 1 of index 'docs' is 21600 s old .* at most 21599"):
        query(context, index, "articles", max_staleness=6 * HOUR - timedelta(seconds=1))


def test_queries_are_counted_for_the_governor(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    context = quick.context()
    for _ in range(48):
        query(context, context.settings.index("docs"), "articles")
    context.lake.queries.flush()
    assert decision(quick).inputs["queries_per_hour"] == 2.0
