"""What the tests of this folder ask a project."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.asking.query import query, searcher

if TYPE_CHECKING:
    from tests.project import Project

HOUR = timedelta(hours=1)
MODES = ("hybrid", "vector", "text")
TEXT = "Which claims does the policy cover, storm, water and theft?"


def ask(project: Project, text: str = TEXT, **options: Any) -> list[dict[str, Any]]:
    """Ask in a process of its own, as it were: nothing is kept from before."""
    context = project.context()
    return query(context, context.settings.index("docs"), text, **options).hits


def keys(project: Project, text: str = TEXT, *, k: int = 1000, **options: Any) -> set[str]:
    return {hit["key"] for hit in ask(project, text, k=k, **options)}


def everything(project: Project, **release: Any) -> set[str]:
    """Return the keys that the owner can read by any means, all of which must agree."""
    context = project.context()
    opened = searcher(context, context.settings.index("docs"), **release)
    by_rows = {row["key"] for row in opened.reader.rows(["key"]).to_pylist()}
    by_scan = {r["key"] for b in opened.reader.scan(["key"]) for r in b.to_pylist()}
    assert by_rows == by_scan
    assert opened.reader.count() == opened.reader.rows(["key"]).num_rows
    for mode in MODES:
        assert keys(project, mode=mode, **release) == by_rows, mode
    return by_rows


def grant(project: Project, key: str, *groups: str) -> None:
    """Say in the sidecar who may read a document; no groups: everybody."""
    rule = {"groups": list(groups)} if groups else {"public": True}
    (project.docs / f"{key}.access.json").write_text(json.dumps(rule))
