"""What an approval holds for, who gave it, and when it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError
from freshground.service.plans import approvals
from freshground.service.plans.approvals import item, plan_digest
from tests.project import Project, article

ITEMS = st.dictionaries(st.sampled_from(["x", "y"]), st.frozensets(st.text(max_size=3)), max_size=2)


def _keys(first: int, last: int) -> list[str]:
    return [f"d{number:03d}.md" for number in range(first, last)]


def _stopped(project: Project) -> dict:
    (row,) = approvals.stopped(project.context())
    return row


@given(ITEMS, ITEMS)
def test_two_plans_are_one_only_if_they_are_the_same(one: dict, other: dict) -> None:
    def without_empty(items: dict) -> dict:
        return {guard: names for guard, names in items.items() if names}

    same = without_empty(one) == without_empty(other)
    assert (plan_digest(one) == plan_digest(other)) == same


def test_an_item_names_what_becomes_of_a_document() -> None:
    assert item("edit", "d", "h") != item("edit", "d", "g")
    assert item("edit", "d", "h") != item("delete", "d", "h")


@pytest.mark.slow
def test_an_approval_holds_for_no_larger_plan(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 10))
    assert quick.refresh().status == 4
    first = _stopped(quick)
    row = approvals.approve(quick.context(), "docs", by="ann", comment="archived")
    assert row["affected"] == {"mass_deletion": 10}
    assert _stopped(quick) | {"decided_at": None} == first | {
        "status": "approved", "by": "ann", "comment": "archived", "decided_at": None,
    }  # fmt: skip
    quick.delete("d010.md")
    run = quick.refresh()
    assert run.status == 4, "one more than was approved"
    assert _stopped(quick)["status"] == "waiting"
    quick.write("d010.md", article(10))
    quick.write("d009.md", article(9))
    run = quick.refresh()
    assert run.status == 0, "less than was approved"
    assert run.totals["removed"] == 9


@pytest.mark.slow
def test_an_approved_edit_is_that_edit(quick: Project) -> None:
    quick.fill(30)
    quick.refresh()
    for number in range(20):
        quick.write(f"d{number:03d}.md", article(100 + number))
    assert quick.refresh().status == 4
    approvals.approve(quick.context(), "docs")
    quick.write("d000.md", "boilerplate")
    assert quick.refresh().status == 4, "other bytes than were approved"
    quick.write("d000.md", article(100))
    assert quick.refresh().status == 0


@pytest.mark.slow
def test_an_approval_ends_with_the_next_complete_listing(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 10))
    assert quick.refresh().status == 4
    approvals.approve(quick.context(), "docs")
    for number in range(10):
        quick.write(f"d{number:03d}.md", article(number))
    assert quick.refresh().status == 0, "it mended itself"
    assert approvals.stopped(quick.context()) == []
    quick.delete(*_keys(0, 10))
    assert quick.refresh().status == 4, "that was another time"


@pytest.mark.slow
def test_a_rejected_plan_stays_stopped_and_says_why(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 10))
    assert quick.refresh().status == 4
    approvals.approve(quick.context(), "docs")
    approvals.reject(quick.context(), "docs", by="bob", comment="the share was unmounted")
    run = quick.refresh()
    assert run.status == 4
    assert "Rejected by bob: the share was unmounted." in run.messages
    assert _stopped(quick)["status"] == "rejected"
    approvals.approve(quick.context(), "docs", by="ann")
    assert quick.refresh().status == 0
    kinds = [
        row.kind
        for row in quick.context().lake.journal.entries("approval", "rejection", subject="docs")
    ]
    # Two of them were made at one moment: the journal promises no order of these.
    assert sorted(kinds) == ["approval", "approval", "rejection"], "every decision is kept"


@pytest.mark.slow
def test_the_journal_names_a_plan_once_however_often_it_is_stopped(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 10))
    for _ in range(3):
        assert quick.refresh().status == 4
    rows = quick.context().lake.journal.entries("guard", subject="docs")
    assert [("items" in row.body) for row in rows] == [True, False, False]
    assert len({row.body["plan"] for row in rows}) == 1


@pytest.mark.slow
def test_what_was_approved_does_not_count_again_in_the_window(quick: Project) -> None:
    quick.fill(60)
    quick.refresh()
    quick.delete(*_keys(0, 15))
    assert quick.refresh().status == 4
    approvals.approve(quick.context(), "docs")
    assert quick.refresh().status == 0
    quick.delete(*_keys(15, 18))
    assert quick.refresh().status == 0


@pytest.mark.slow
def test_approving_deletes_by_flag_lets_no_edit_pass(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    quick.delete(*_keys(0, 10))
    for number in range(10, 40):
        quick.write(f"d{number:03d}.md", article(100 + number))
    assert quick.refresh("docs").status == 4
    assert [g["guard"] for g in _stopped(quick)["guards"] if not g["approved"]] == ["mass_edit"]


@pytest.mark.slow
def test_nothing_and_something_else_cannot_be_approved(quick: Project) -> None:
    quick.fill(40)
    quick.refresh()
    with pytest.raises(ConfigError, match="No plan of source 'docs' is stopped"):
        approvals.approve(quick.context(), "docs")
    with pytest.raises(ConfigError, match="There is no source"):
        approvals.reject(quick.context(), "other")
    quick.delete(*_keys(0, 10))
    quick.refresh()
    seen = _stopped(quick)["plan"]
    quick.delete("d010.md")
    quick.refresh()
    with pytest.raises(ConfigError, match="no longer the one that is stopped"):
        approvals.approve(quick.context(), "docs", plan=seen)
