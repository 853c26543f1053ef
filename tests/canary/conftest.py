"""Projects whose releases go on canary first, made once and put back for each test."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from freshground.core.clock import ManualClock
from tests.canary.trials import MINUTE, edit
from tests.project import NOON, Project

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Project]:
    """Put a project back to what it was after its first or second refresh, and return it.

    Its folder is always the same: addresses of documents are part of what is served.
    """
    place = tmp_path_factory.mktemp("canary")

    def project(later: timedelta) -> Project:
        found = Project(place / "project", "memory", clock=ManualClock(NOON + later), _written=5)
        found.index(
            canary={"share": 0.5, "min_queries": 20, "max_duration": "1h"},
            gates={"drift": {"severity": "off"}},
        )
        return found

    first = project(timedelta(0))
    first.fill(4)
    assert first.refresh(later=MINUTE).status == 0
    shutil.copytree(place / "project", place / "1")
    edit(first)
    run = first.refresh(later=MINUTE)
    assert run.status == 0
    assert "on canary" in run.messages
    shutil.copytree(place / "project", place / "2")

    def put_back(refreshes: int) -> Project:
        shutil.rmtree(place / "project")
        shutil.copytree(place / str(refreshes), place / "project")
        return project(refreshes * MINUTE)

    return put_back


@pytest.fixture
def canaries(made: Callable[[int], Project]) -> Project:
    """The first release is live."""
    return made(1)


@pytest.fixture
def on_trial(made: Callable[[int], Project]) -> Project:
    """The second release, of one edited document, is on canary beside the first."""
    return made(2)
