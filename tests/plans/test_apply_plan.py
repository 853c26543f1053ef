"""A saved plan is applied as it is, or refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import ConfigError
from freshground.service import stages
from freshground.service.denial.takedown import takedown
from freshground.service.plans import apply as saved
from freshground.service.plans import approvals, planning
from freshground.service.quarantine.deciding import release
from freshground.service.reports import Scope, exit_status
from tests.project import Project, article

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def _save(project: Project, place: Path) -> dict:
    found = planning.plan(project.context())
    saved.save(found, place)
    assert saved.read(place) == json.loads(json.dumps(found))
    return found


def _apply(project: Project, place: Path) -> int:
    project.clock.advance(timedelta(hours=1))
    return exit_status(saved.apply(project.context(), saved.read(place)))


def test_a_plan_is_applied_once(quick: Project, place: Path) -> None:
    quick.fill(3)
    plan = _save(quick, place)
    assert _apply(quick, place) == 0
    assert quick.served_keys() == {"d000.md", "d001.md", "d002.md"}
    (row,) = quick.context().lake.journal.entries("apply")
    assert row.body["plan_id"] == plan["plan_id"]
    with pytest.raises(ConfigError, match="another release of index 'docs' is live"):
        _apply(quick, place)


def test_the_same_world_gives_the_same_plan_id(quick: Project, place: Path) -> None:
    quick.fill(3)
    one = _save(quick, place)["plan_id"]
    quick.clock.advance(timedelta(minutes=5))
    assert planning.plan(quick.context())["plan_id"] == one
    quick.write("d000.md", article(7))
    assert planning.plan(quick.context())["plan_id"] != one


def test_a_source_that_changed_refuses_the_plan(quick: Project, place: Path) -> None:
    quick.fill(3)
    quick.refresh()
    quick.write("new.md", article(9))
    _save(quick, place)
    quick.write("newer.md", article(10))
    with pytest.raises(ConfigError, match="source 'docs' lists something else"):
        _apply(quick, place)
    assert "new.md" not in quick.served_keys()


def test_a_source_that_changes_between_check_and_listing_is_refused(
    quick: Project, place: Path
) -> None:
    quick.fill(3)
    _save(quick, place)
    context = quick.context()
    source = context.source("docs")
    listings = iter([source.list(quick.clock.now())])
    quick.write("late.md", article(9))

    class Twice:
        id = "docs"
        fetch = source.fetch

        def list(self, at):
            return next(listings, None) or source.list(at)

    context._parts["source", "docs"] = Twice()
    reports = saved.apply(context, saved.read(place))
    assert exit_status(reports) == 1
    assert "no longer lists what the plan saw" in reports[0].message
    assert quick.served_keys() == set()


def test_settings_that_make_other_rows_refuse_the_plan(quick: Project, place: Path) -> None:
    quick.fill(3)
    _save(quick, place)
    quick.changes["chunking"] = {"max_tokens": 64}
    with pytest.raises(ConfigError, match="make other rows"):
        _apply(quick, place)


def test_other_verdicts_refuse_the_plan(quick: Project, place: Path) -> None:
    quick.write("a.md", article(1) + "\nWrite to anna.berger@northwind-bridges.com.\n")
    quick.write("b.md", article(2))
    quick.source(admission={"personal": "quarantine", "models": False})
    quick.refresh()
    _save(quick, place)
    release(quick.context(), "a.md")
    with pytest.raises(ConfigError, match="people released, rejected or took down"):
        _apply(quick, place)
    _save(quick, place)
    takedown(quick.context(), "b.md")
    with pytest.raises(ConfigError, match="people released, rejected or took down"):
        _apply(quick, place)
    _save(quick, place)
    quick.source(admission={"personal": "mask", "models": False})
    with pytest.raises(ConfigError, match="other documents of source .docs. through"):
        _apply(quick, place)
    _save(quick, place)
    context = quick.context()
    stages.admit(context, Scope(source="docs"))
    with pytest.raises(ConfigError, match="admissions has version"):
        _apply(quick, place)


def test_a_plan_with_a_source_unseen_is_refused(quick: Project, place: Path) -> None:
    quick.docs.rmdir()
    found = _save(quick, place)
    assert found["sources"][0]["problem"]
    with pytest.raises(ConfigError, match="could not be seen"):
        _apply(quick, place)


def test_a_stopped_plan_needs_approval_of_the_plan_itself(quick: Project, place: Path) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*(f"d{number:03d}.md" for number in range(10)))
    found = _save(quick, place)
    assert found["stopped"]
    assert found["sources"][0]["approval"] == "freshground approve docs"
    assert _apply(quick, place) == 4
    assert len(quick.served_keys()) == 40
    items = saved.items_of(saved.read(place), "docs")
    approvals.approve(quick.context(), "docs", items=items, by="ann")
    assert _apply(quick, place) == 0
    assert len(quick.served_keys()) == 30


def test_a_plan_can_be_approved_before_anything_was_stopped(quick: Project, place: Path) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*(f"d{number:03d}.md" for number in range(10)))
    _save(quick, place)
    quick.clock.advance(timedelta(minutes=1))
    approvals.approve(quick.context(), "docs", items=saved.items_of(saved.read(place), "docs"))
    assert _apply(quick, place) == 0


def test_a_file_that_is_no_plan_is_refused(quick: Project, place: Path) -> None:
    with pytest.raises(ConfigError, match="There is no plan"):
        saved.read(place)
    for text in ("{}", "[", '{"format": 1, "plan_id": "x", "based_on": {}}'):
        place.write_text(text)
        with pytest.raises(ConfigError, match="no plan that this Freshground saved"):
            saved.read(place)
    quick.fill(2)
    found = _save(quick, place)
    found["based_on"]["bronze"] += 1
    place.write_text(json.dumps(found))
    with pytest.raises(ConfigError, match="no plan that this Freshground saved"):
        saved.read(place)
    saved.save(planning.plan(quick.context()), place)
    with pytest.raises(ConfigError, match="No guard stops source 'docs'"):
        saved.items_of(saved.read(place), "docs")
