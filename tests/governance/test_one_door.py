"""Releases are opened for readers in one place, so that nothing goes round the overlay."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOORS = {"freshground/service/asking/serving.py"}
BUILDERS = "freshground/service/stages/"
"""The build stage copies and judges candidates; what it reads, it shows to nobody."""

WITH_TEXT = {
    "freshground/service/lineage/explain.py",
    "freshground/service/quarantine/evidence.py",
    "freshground/service/views/documents/catalogue.py",
    "freshground/service/views/documents/one.py",
}
"""They read passages and titles, and withhold what is denied and what others may read alone: see
`test_takedown.py` and `test_documents_access.py`."""


@cache
def _sources() -> list[tuple[str, ast.Module]]:
    files = [*(ROOT / "freshground" / "service").rglob("*.py"), *(ROOT / "dags").rglob("*.py")]
    found = [(path.relative_to(ROOT).as_posix(), ast.parse(path.read_text())) for path in files]
    assert len(found) > 20
    return found


def _calls(tree: ast.Module, name: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == name
        for node in ast.walk(tree)
    )


def test_only_one_module_opens_releases_for_readers() -> None:
    opening = {name for name, tree in _sources() if _calls(tree, "engine") and _calls(tree, "open")}
    assert opening >= DOORS
    assert {name for name in opening if not name.startswith(BUILDERS)} == DOORS


def _defines(tree: ast.Module, name: str) -> bool:
    return any(isinstance(n, ast.FunctionDef) and n.name == name for n in ast.walk(tree))


def test_what_is_in_memory_is_viewed_by_the_catalog_alone() -> None:
    """A snapshot shows every row: the catalog narrows it before anybody asks it."""
    viewing = {name for name, tree in _sources() if _calls(tree, "view")}
    # A client's index is viewed whole where its documents are merged with what comes in.
    merging = "freshground/service/api/clients/collection.py"
    assert viewing == {"freshground/service/api/served/catalog.py", merging}
    loading = {
        name
        for name, tree in _sources()
        if not _defines(tree, "load_release")
        and any(isinstance(n, ast.Name) and n.id == "load_release" for n in ast.walk(tree))
    }
    assert loading == {"freshground/service/api/served/follow.py"}


def test_only_known_modules_read_passages_from_the_lake() -> None:
    reading = {
        name
        for name, tree in _sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.startswith("SELECT")
        and {"text", "title"} & set(node.value.replace(",", " ").split())
    }
    assert reading >= WITH_TEXT
    assert {name for name in reading if not name.startswith(BUILDERS)} <= WITH_TEXT
