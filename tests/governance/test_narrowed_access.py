"""Narrowed access acts from the listing that sees it, on each release; widening waits for one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.core.errors import Fatal
from freshground.service import status
from freshground.service.releases.holding import rollback
from freshground.service.reports import Scope
from freshground.service.stages import ingest
from ingestion import bronze
from tests.governance.asking import HOUR, MODES, ask, everything, grant, keys
from tests.project import Project, article

pytestmark = pytest.mark.slow

HR, LAW, OTHER = frozenset({"hr"}), frozenset({"law"}), frozenset({"other"})


def _public(project: Project, count: int = 4) -> set[str]:
    project.source(access="from_source", exclude=["**/*.access.json"])
    project.fill(count)
    for number in range(count):
        grant(project, f"d{number:03d}.md")
    assert project.refresh().status == 0
    return {f"d{number:03d}.md" for number in range(count)}


def _list_only(project: Project) -> None:
    """See the sources, and build nothing: what a gate, a hold or a stopped scheduler would do."""
    project.clock.advance(HOUR)
    context = project.context()
    ingest(context, Scope(source="docs"))
    context.lake.journal.commit()


def _sees(project: Project, who: frozenset[str], **options) -> set[str]:
    found = {mode: keys(project, groups=who, mode=mode, **options) for mode in MODES}
    assert found["hybrid"] == found["vector"] == found["text"]
    return found["hybrid"]


def test_who_may_read_no_more_does_not_from_the_listing_on(either: Project) -> None:
    held = _public(either)
    then = either.clock.now()
    grant(either, "d001.md", "hr")
    _list_only(either)
    rest = held - {"d001.md"}
    for options in ({}, {"release": 1}, {"at": then}):
        assert _sees(either, OTHER, **options) == rest
        assert _sees(either, frozenset(), **options) == rest
        assert _sees(either, HR, **options) == held
        assert everything(either, **options) == held, "the owner sees all"
    assert either.refresh().status == 0
    assert _sees(either, OTHER) == rest
    assert _sees(either, OTHER, release=1) == rest, "the older release stays narrowed"
    context = either.context()
    rollback(context, context.settings.index("docs"))
    assert _sees(either, OTHER) == rest
    assert _sees(either, HR) == held


def test_filters_over_groups_see_the_groups_that_are_left(either: Project) -> None:
    _public(either)
    grant(either, "d001.md", "hr", "law")
    either.refresh()
    grant(either, "d001.md", "hr")
    _list_only(either)
    for mode in MODES:
        assert "d001.md" not in keys(either, where="groups/any(g: g eq 'law')", mode=mode)
        assert "d001.md" in keys(either, where="groups/any(g: g eq 'hr')", mode=mode)
        assert "d001.md" in keys(either, where="groups/all(g: g ne 'law')", mode=mode)
    shown = {tuple(hit["groups"]) for hit in ask(either, k=99) if hit["key"] == "d001.md"}
    assert shown == {("hr",)}
    assert "d001.md" in keys(either, release=1, where="groups/any(g: g eq 'hr')")
    assert "d001.md" not in keys(either, release=1, where="groups/any(g: g eq '*')")


def test_a_broken_rule_is_for_nobody_at_once(quick: Project) -> None:
    held = _public(quick)
    (quick.docs / "d001.md.access.json").write_text("{not json")
    _list_only(quick)
    for who in (HR, frozenset()):
        assert _sees(quick, who) == held - {"d001.md"}
    assert everything(quick) == held


def test_a_guard_does_not_delay_it(quick: Project) -> None:
    held = _public(quick, 40)
    grant(quick, "d001.md", "hr")
    gone = [f"d{number:03d}.md" for number in range(10, 30)]
    quick.delete(*gone, *(f"{key}.access.json" for key in gone))
    run = quick.refresh()
    assert run.status == 4
    rows = quick.context().ledger.objects("docs").values()
    assert {(row["state"], tuple(row["groups"])) for row in rows} == {("live", ("*",))}
    assert _sees(quick, OTHER) == held - {"d001.md"}
    quick.refresh()
    assert len(quick.context().lake.denials.active()) == 1, "one entry, however often it is seen"
    assert quick.refresh("docs").status == 0
    assert _sees(quick, OTHER) == held - {"d001.md"} - set(gone)
    assert _sees(quick, OTHER, release=1) == held - {"d001.md"}


@pytest.mark.parametrize("how", ["a group less", "no rule left", "a rule that cannot be read"])
def test_a_guard_delays_no_way_of_narrowing(quick: Project, how: str) -> None:
    quick.source(access="from_source", exclude=["**/*.access.json"])
    quick.fill(40)
    for number in range(40):
        grant(quick, f"d{number:03d}.md", "hr", "law")
    assert quick.refresh().status == 0
    held = _sees(quick, HR)
    rule = quick.docs / "d001.md.access.json"
    if how == "a group less":
        grant(quick, "d001.md", "law")
    elif how == "no rule left":
        rule.unlink()
    else:
        rule.unlink()
        rule.mkdir()
    quick.delete(*(f"d{number:03d}.md" for number in range(10, 30)))
    assert quick.refresh().status == 4
    assert _sees(quick, HR) == held - {"d001.md"}
    assert _sees(quick, HR, release=1) == held - {"d001.md"}
    assert ("d001.md" in _sees(quick, LAW)) == (how == "a group less")
    assert everything(quick) == held, "the owner sees all, and no document is gone"


def test_a_plan_that_is_out_of_date_does_not_delay_it(quick: Project) -> None:
    held = _public(quick)
    quick.write("d002.md", article(60))
    grant(quick, "d001.md", "hr")
    context = quick.context()
    context.expected_listings = {"docs": "what another listing saw"}
    assert ingest(context, Scope(source="docs")).outcome == "failed"
    assert _sees(quick, OTHER) == held - {"d001.md"}


def test_older_names_are_narrowed_along(quick: Project) -> None:
    held = _public(quick)
    quick.rename("d001.md", "new.md")
    quick.rename("d001.md.access.json", "new.md.access.json")
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER, release=1) == held
    grant(quick, "new.md", "hr")
    _list_only(quick)
    assert _sees(quick, OTHER) == held - {"d001.md"}
    assert _sees(quick, OTHER, release=1) == held - {"d001.md"}
    assert _sees(quick, HR, release=1) == held
    grant(quick, "new.md")
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER, release=1) == held, "taken back before a release held it"


def test_a_rename_that_narrows_narrows_the_old_name(quick: Project) -> None:
    held = _public(quick)
    quick.rename("d001.md", "new.md")
    (quick.docs / "d001.md.access.json").unlink()
    grant(quick, "new.md", "hr")
    _list_only(quick)
    assert _sees(quick, OTHER) == held - {"d001.md"}, "the live release has the old name still"
    assert _sees(quick, HR) == held
    assert quick.refresh().status == 0
    assert _sees(quick, HR) == held - {"d001.md"} | {"new.md"}
    assert _sees(quick, OTHER, release=1) == held - {"d001.md"}


def test_a_guard_does_not_delay_that_either(quick: Project) -> None:
    held = _public(quick, 40)
    quick.rename("d001.md", "new.md")
    (quick.docs / "d001.md.access.json").unlink()
    grant(quick, "new.md", "hr")
    quick.delete(*(f"d{number:03d}.md" for number in range(10, 30)))
    assert quick.refresh().status == 4
    assert _sees(quick, OTHER) == held - {"d001.md"}
    assert _sees(quick, HR) == held
    assert quick.refresh().status == 4
    assert len(quick.context().lake.denials.active()) == 1


def test_a_failure_after_the_listing_does_not_delay_it(quick: Project, monkeypatch) -> None:
    held = _public(quick)

    def full(*_arguments, **_options):
        raise Fatal("The disk is full.", "")

    monkeypatch.setattr(bronze, "write", full)
    grant(quick, "d001.md", "hr")
    assert quick.refresh().status == 1
    assert _sees(quick, OTHER) == held - {"d001.md"}
    monkeypatch.undo()
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER) == held - {"d001.md"}
    assert len(quick.context().lake.denials.active()) == 1


def test_widening_goes_through_a_release(quick: Project) -> None:
    held = _public(quick)
    grant(quick, "d001.md", "hr")
    assert quick.refresh().status == 0
    grant(quick, "d001.md", "hr", "law")
    _list_only(quick)
    assert _sees(quick, LAW) == held - {"d001.md"}, "no release says so yet"
    assert quick.refresh().status == 0
    assert _sees(quick, LAW) == held
    assert _sees(quick, OTHER) == held - {"d001.md"}
    assert _sees(quick, LAW, release=1) == held - {"d001.md"}, "on older ones it stays in force"
    assert _sees(quick, HR, release=1) == held
    grant(quick, "d001.md")
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER) == held
    grant(quick, "d001.md", "hr")
    _list_only(quick)
    assert _sees(quick, LAW) == held - {"d001.md"}, "narrowed again, to the same groups as before"


def test_what_is_taken_back_before_a_release_held_it_is_over(quick: Project) -> None:
    held = _public(quick, 40)
    gone = [f"d{number:03d}.md" for number in range(10, 30)]
    kept = {key: quick.read(key) for key in gone}
    quick.delete(*gone)
    grant(quick, "d001.md", "hr")
    assert quick.refresh().status == 4
    for key, text in kept.items():
        quick.write(key, text)
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER) == held - {"d001.md"}
    # Now the source takes the narrowing back while a guard still keeps it out of bronze.
    quick.delete(*gone)
    grant(quick, "d002.md", "hr")
    assert quick.refresh().status == 4
    grant(quick, "d002.md")
    assert quick.refresh().status == 4
    assert "d002.md" not in _sees(quick, OTHER), "nor does widening pass a guard"
    for key, text in kept.items():
        quick.write(key, text)
    assert quick.refresh().status == 0
    assert _sees(quick, OTHER) == held - {"d001.md"}


def test_another_source_that_publishes_meanwhile_widens_nothing(quick: Project) -> None:
    more = {"id": "more", "type": "files", "url": "more", "access": "public"}
    (quick.root / "more").mkdir()
    (quick.root / "more" / "m.md").write_text(article(50))
    quick.source(access="from_source", exclude=["**/*.access.json"])
    quick.changes["sources"] = [*quick.raw["sources"], more]
    quick.index(sources=["docs", "more"])
    held = _public(quick, 40) | {"m.md"}
    gone = [f"d{number:03d}.md" for number in range(10, 30)]
    quick.delete(*gone)
    grant(quick, "d001.md", "hr")
    (quick.root / "more" / "m.md").write_text(article(51))
    assert quick.refresh().status == 4
    assert quick.context().releases.live("docs")[1].release == 2, "the other source published"
    assert _sees(quick, OTHER) == held - {"d001.md"}


def test_settings_that_narrow_a_whole_source_are_one_entry(quick: Project) -> None:
    quick.fill(12)
    quick.refresh()
    quick.source(access={"groups": ["hr"]})
    _list_only(quick)
    assert _sees(quick, OTHER) == set()
    assert len(_sees(quick, HR)) == 12
    assert len(quick.context().lake.denials.active()) == 1


def test_entries_that_no_kept_release_needs_are_cleared_away(quick: Project) -> None:
    quick.index(keep_releases=3)
    _public(quick)
    grant(quick, "d001.md", "hr")
    quick.refresh()
    later = timedelta(hours=30)
    for number in range(3):
        assert len(quick.context().lake.denials.active()) == (number < 2)
        quick.write("d003.md", article(60 + number))
        assert quick.refresh(later=later).status == 0
    assert quick.context().lake.files.list("deny/entries") == []
    assert "d001.md" not in _sees(quick, OTHER)
    kept = [
        row["release"] for row in status.releases(quick.context(), quick.settings.index("docs"))
    ]
    for release in kept:
        assert "d001.md" not in _sees(quick, OTHER, release=release)
    quick.write("d003.md", article(70))
    quick.refresh(later=later)
    assert len(quick.context().lake.files.list("deny")) <= len(kept)
