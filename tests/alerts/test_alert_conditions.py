"""Each thing that can be wrong is found, said with what to do, and found no more when mended."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.service.alerts.conditions import Condition, conditions, deadlines
from freshground.service.plans.approvals import approve, reject, stopped
from freshground.service.releases.holding import resume, rollback
from indexes.encoders.hashing import HashEncoder

if TYPE_CHECKING:
    from tests.project import Project

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def found(project: Project) -> dict[str, Condition]:
    return {made.key: made for made in conditions(project.context())}


def test_nothing_is_wrong_with_what_was_just_published(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    assert found(quick) == {}


def test_what_serves_nothing_has_as_long_as_it_promises(quick: Project) -> None:
    start = quick.clock.now()
    assert found(quick) == {}
    assert deadlines(quick.context()) == {"docs": start + DAY}
    quick.clock.advance(DAY)
    made = found(quick)["unknown.docs"]
    assert made.since == start + DAY
    assert "serves nothing yet, though 1d is promised" in made.found
    assert "docs was never listed" in made.found
    quick.fill(1)
    quick.refresh()
    assert "unknown.docs" not in found(quick)
    assert deadlines(quick.context()) == {"docs": quick.clock.now() + DAY}


def test_an_as_of_from_the_future_is_unknown(quick: Project) -> None:
    quick.fill(1)
    quick.refresh(later=400 * DAY)
    quick.clock.advance(-400 * DAY)
    made = found(quick)["unknown.docs"]
    assert "lies in the future" in made.found
    assert deadlines(quick.context()) == {}


def test_late_by_the_clock_alone_and_by_a_source_of_its_own_sla(quick: Project) -> None:
    quick.source(sla={"max_staleness": "2h"})
    quick.fill(1)
    quick.refresh()
    at = quick.clock.now()
    quick.clock.advance(timedelta(hours=3))
    made = found(quick)
    assert list(made) == ["late.docs.docs"]
    assert made["late.docs.docs"].since == at + timedelta(hours=2)
    assert "Source 'docs' in index 'docs' is late" in made["late.docs.docs"].found
    quick.clock.advance(DAY)
    assert {"late.docs", "late.docs.docs", "burn.docs"} <= set(found(quick))


def test_a_budget_that_burns_too_quickly_though_it_is_fresh_now(quick: Project) -> None:
    quick.index(sla={"max_staleness": "24h", "objective": 0.9})
    quick.fill(1)
    quick.refresh()
    quick.refresh(later=DAY + timedelta(hours=8))
    made = found(quick)
    assert list(made) == ["burn.docs"]
    assert made["burn.docs"].kind == "burn"
    quick.changes["alerts"] = {"burn_1h": 50, "burn_24h": 50}
    assert found(quick) == {}


def test_a_stopped_plan_until_somebody_decides(quick: Project) -> None:
    quick.fill(14)
    quick.refresh()
    quick.delete(*(f"d{number:03d}.md" for number in range(12)))
    quick.refresh()
    at = quick.clock.now()
    made = found(quick)["guard.docs"]
    assert made.since == at
    assert "waits for a person" in made.found
    (row,) = stopped(quick.context())
    assert f"`freshground approve docs --plan-digest {row['plan']}`" in made.do
    quick.refresh()
    assert found(quick)["guard.docs"].since == at
    reject(quick.context(), "docs")
    assert found(quick) == {}
    quick.write("d000.md", "# Back\n\nText.\n")
    quick.refresh()
    assert "guard.docs" in found(quick)
    approve(quick.context(), "docs")
    quick.refresh()
    assert found(quick) == {}


def test_a_failed_gate_until_the_next_release(quick: Project, shifted: None) -> None:
    quick.fill(3)
    quick.refresh()
    quick.write("d001.md", "# Poison\n\nIt is all poison here, from end to end.\n")
    quick.refresh()
    at = quick.clock.now()
    quick.refresh()
    made = found(quick)["gate.docs"]
    assert made.since == at, "of the first of several"
    assert "the candidate was stopped by" in made.found
    assert "`freshground releases --index docs`" in made.do
    quick.write("d001.md", "# Cure\n\nAll is well again.\n")
    quick.refresh()
    assert found(quick) == {}


def test_a_rollback_mends_no_failed_gate(quick: Project, shifted: None) -> None:
    quick.fill(3)
    quick.refresh()
    quick.write("new.md", "# New\n\nText.\n")
    quick.refresh()
    quick.write("d001.md", "# Poison\n\nIt is all poison here, from end to end.\n")
    quick.refresh()
    quick.clock.advance(timedelta(minutes=5))
    context = quick.context()
    rollback(context, context.settings.index("docs"), 1)
    assert {"gate.docs", "hold.docs"} <= set(found(quick))


def test_a_failed_gate_until_the_source_is_as_it_was(quick: Project, shifted: None) -> None:
    quick.fill(3)
    quick.refresh()
    before = quick.read("d001.md")
    quick.write("d001.md", "# Poison\n\nIt is all poison here, from end to end.\n")
    quick.refresh()
    assert "gate.docs" in found(quick)
    quick.write("d001.md", before)
    assert quick.refresh().of("build").release["release"] == 1
    assert found(quick) == {}


def test_a_source_that_fails_until_it_is_listed(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    shutil.move(quick.docs, quick.root / "away")
    quick.refresh()
    at = quick.clock.now()
    quick.refresh()
    made = found(quick)
    assert list(made) == ["source.docs"]
    assert made["source.docs"].since == at
    assert made["source.docs"].found.startswith("Source 'docs' failed 2 times in a row: ")
    shutil.move(quick.root / "away", quick.docs)
    quick.refresh()
    assert found(quick) == {}


def test_a_stage_that_failed_until_it_went_well(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freshground.core.errors import Fatal

    def broken(*_):
        raise Fatal("The model is gone.", "Bring it back.")

    quick.fill(2)
    quick.refresh()
    quick.write("new.md", "# New\n\nSomething of which there is no vector.\n")
    with monkeypatch.context() as patch:
        patch.setattr(HashEncoder, "encode", broken)
        quick.refresh()
    made = found(quick)
    assert list(made) == ["refresh.embed.docs"]
    assert (
        "The stage embed of index docs failed: The model is gone."
        in made["refresh.embed.docs"].found
    )
    quick.refresh()
    assert found(quick) == {}


def test_a_hold_until_somebody_resumes(quick: Project) -> None:
    quick.fill(1)
    quick.refresh()
    quick.write("new.md", "# New\n\nText.\n")
    quick.refresh()
    context = quick.context()
    index = context.settings.index("docs")
    rollback(context, index, 1, comment="bad batch")
    made = found(quick)["hold.docs"]
    assert made.since == quick.clock.now()
    assert "bad batch" in made.found
    assert "`freshground resume docs`" in made.do
    resume(quick.context(), index)
    assert "hold.docs" not in found(quick)
