"""What a workbook's sheets show besides cells: text boxes, and the titles of charts.

A chart's values are those of cells, which are there already.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingestion.parse.blocks import Block
from ingestion.parse.wrapped.drawings import CHART, CHART_EX, DIAGRAM, drawing
from ingestion.parse.wrapped.markup import choose, name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.parse.package import Package

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
MAX_TEXTS = 5_000
"""Boxes, charts and diagrams of a workbook that are read."""


def texts(package: Package) -> dict[str, list[Block]]:
    """Return what is drawn on each sheet that readers see, by the sheet's name."""
    if not package.names("xl/drawings/drawing"):
        return {}
    parts = package.linked("xl/workbook.xml")
    book = package.tree("xl/workbook.xml")
    found: dict[str, list[Block]] = {}
    for sheet in book.iter() if book is not None else ():
        if name_of(sheet) == "sheet" and sheet.get("state", "visible") == "visible":
            drawn = list(_drawn(package, parts.get(sheet.get(_LINK), "")))
            if drawn:
                found[sheet.get("name", "")] = drawn
    return found


def _drawn(package: Package, sheet: str) -> Iterator[Block]:
    for part in package.linked(sheet).values():
        root = package.tree(part) if part.startswith("xl/drawings/drawing") else None
        if root is None:
            continue
        choose(root)
        linked = package.linked(part)
        for place, node in enumerate(_nodes(root)):
            if place >= MAX_TEXTS:
                return
            if name_of(node) == "txBody":
                lines = ["".join(t.text or "" for t in p.iter(f"{_A}t"))
                         for p in node.iter(f"{_A}p")]  # fmt: skip
                said = "\n".join(line for line in lines if line.strip())
            else:
                said = "\n".join(drawing(node, package, linked).lines)
            if said.strip():
                yield Block("text", said)


def _nodes(root: Any) -> Iterator[Any]:
    for node in root.iter():
        is_text = name_of(node) == "txBody"
        if not is_text and node.tag not in {CHART, CHART_EX, DIAGRAM}:
            continue
        if not any(_is_hidden(above) for above in node.iterancestors()):
            yield node


def _is_hidden(node: Any) -> bool:
    """Whether a shape says of itself that it is not shown."""
    return any(
        name_of(inner) == "cNvPr" and inner.get("hidden") in {"1", "true"}
        for outer in node
        if name_of(outer).startswith("nv")
        for inner in outer
    )
