"""A service that follows releases for long keeps the last few in memory, and no more."""

from __future__ import annotations

import gc
import weakref

import pytest

from freshground.service.api.principal import Principal
from freshground.service.api.service import Service
from tests.project import Project

pytestmark = pytest.mark.slow


def test_releases_that_were_left_leave_memory(quick: Project) -> None:
    from freshground.service.api.served.follow import KEPT

    quick.source(guards={"edit": {"share": 1.0}})
    service = Service(quick.context())
    seen = []
    for edition in range(KEPT + 4):
        quick.write("a.md", f"# A\n\nEdition {edition}.\n")
        quick.refresh()
        service.follower.look()
        for groups in (None, frozenset(), frozenset({"claims"})):  # each caller's view is kept
            service.catalog.open("docs", Principal("k", "query", groups))
        loaded = service.follower.lines["docs"].live
        assert loaded is not None
        seen.append(weakref.ref(loaded.snapshot))
        del loaded
    gc.collect()
    assert [ref() is not None for ref in seen] == [False] * 4 + [True] * KEPT
    service.close()
