"""Whatever people decide is in the journal: what, who, when and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.clock import iso
from freshground.service.denial.takedown import restore, takedown
from freshground.service.plans import approvals
from freshground.service.releases.holding import resume, rollback
from tests.governance.asking import HOUR
from tests.project import Project, article

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.service.context import Context

pytestmark = pytest.mark.slow

_KINDS = ("takedown", "restore", "release", "resume", "rejection", "approval")


def test_every_decision_is_recorded(quick: Project) -> None:
    quick.fill(30)
    quick.refresh()
    quick.write("d000.md", article(70))
    quick.refresh()
    quick.delete(*(f"d{number:03d}.md" for number in range(5, 25)))
    assert quick.refresh().status == 4
    before = len(quick.context().lake.journal.entries(*_KINDS))
    decisions: dict[str, tuple[str, str, Callable[[Context, str], object]]] = {
        "takedown": ("takedown", "docs", lambda c, why: takedown(c, "d001.md", comment=why)),
        "restore": ("restore", "docs", lambda c, why: restore(c, "d001.md", comment=why)),
        "roll back": (
            "release",
            "docs",
            lambda c, why: rollback(c, c.settings.index("docs"), comment=why),
        ),
        "resume": ("resume", "docs", lambda c, why: resume(c, c.settings.index("docs"), why)),
        "reject": ("rejection", "docs", lambda c, why: approvals.reject(c, "docs", comment=why)),
        "approve": ("approval", "docs", lambda c, why: approvals.approve(c, "docs", comment=why)),
    }
    expected = []
    for who, (kind, subject, act) in decisions.items():
        quick.clock.advance(HOUR)
        context = quick.context()
        context.by = f"{who}er"
        act(context, f"why they {who}")
        at = iso(quick.clock.now())
        expected.append((kind, subject, at, f"{who}er", f"why they {who}", context.run_id))
    rows = quick.context().lake.journal.entries(*_KINDS)[before:]
    found = [
        (row.kind, row.subject, iso(row.at), row.body["by"], row.body["comment"], row.run_id)
        for row in rows
    ]
    assert found == expected
    assert rows[2].body["action"] == "rollback"
