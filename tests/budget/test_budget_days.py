"""Whole days of edits, deletions and moves under a budget: no limit is passed, all gets in."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.project import Project, article, content

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

KEYS = [f"d{number}.md" for number in range(6)]
CHANGE = st.one_of(
    st.tuples(st.just("write"), st.sampled_from(KEYS), st.integers(1, 12)),
    st.tuples(st.just("delete"), st.sampled_from(KEYS), st.just(0)),
    st.tuples(st.just("rename"), st.sampled_from(KEYS), st.just(0)),
)
DAYS = st.lists(st.lists(CHANGE, max_size=3), min_size=1, max_size=3)


@settings(max_examples=3, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.integers(50, 900), days=DAYS, first=st.integers(0, 5))
def test_every_document_gets_in_and_no_day_is_overspent(
    tmp_path_factory: pytest.TempPathFactory,
    limit: int,
    days: list[list[tuple[str, str, int]]],
    first: int,
) -> None:
    root: Path = tmp_path_factory.mktemp("days")
    project = Project(root, engine="memory", changes={"budget": {"tokens_per_day": limit}})
    for number in range(first):
        project.write(KEYS[number], article(number, 3))
    project.write("always.md", article(99, 1))
    texts = 100
    for changes in days:
        for what, key, size in changes:
            texts += 1
            there = (project.docs / key).exists()
            if what == "write":
                project.write(key, article(texts, size), at=project.clock.now())
            elif what == "delete" and there:
                project.delete(key)
            elif what == "rename" and there:
                project.rename(key, f"moved/{texts}.md")
        assert project.refresh(later=timedelta(hours=20)).status == 0
    left = -1
    for _ in range(16):  # more than there are documents
        left = project.refresh(later=timedelta(days=1)).totals["deferred"]
        if not left:
            break
    assert left == 0
    clean = project.clean()
    clean.changes["budget"] = {}
    clean.refresh()
    assert content(project.context()) == content(clean.context())
    spent: dict[str, list[int]] = defaultdict(list)
    for row in project.context().lake.journal.entries("cost"):
        spent[f"{row.at:%Y%m%d}"].append(row.body["tokens"])
    ingests: dict[str, int] = defaultdict(int)
    for row in project.context().lake.journal.entries("listing", "partial_listing"):
        ingests[f"{row.at:%Y%m%d}"] += row.body["entered"]
    for day, tokens in spent.items():
        # Estimates err; a document that is larger than the limit goes alone.
        assert sum(tokens) <= 1.6 * limit or ingests[day] == 1, (day, tokens, limit)
