"""Hidden text of presentations: hidden slides and shapes, tiny type, shapes off the slide."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from freshground.core.records import Hidden

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.parse.package import Package

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_SIGNS = re.compile(
    rb'show="0"|\bhidden="1"|\bdescr="|\bsz="\d{1,3}"|<a:off x="-|FFFFFF|"bg1"|<a:off '
)
MAX_SIZE = 200
"""Hundredths of a point below which type is not read."""
_SHAPES = ("sp", "graphicFrame", "pic", "grpSp", "cxnSp")


def take(package: Package) -> Iterator[Hidden]:
    """Yield the hidden text of a presentation, taken out of its slides."""
    size = _size(package)
    for name, root in package.holding(package.slides(), _SIGNS):
        taken = list(_slide(root, size))
        if any(piece.kind != "alt_text" for piece in taken):
            package.replace(name, root)
        yield from taken
    for name in package.names("ppt/comments/"):
        root = package.tree(name)
        for node in root.iter() if root is not None else ():
            if isinstance(node.tag, str) and node.tag.endswith(("}text", "}t")) and node.text:
                yield Hidden("comment", node.text)


def _slide(root: Any, size: tuple[int, int]) -> Iterator[Hidden]:
    if root.get("show") == "0":
        yield from _out(root, "invisible")
        return
    alone = _is_plain(root)
    for shape in [node for name in _SHAPES for node in root.iter(f"{_P}{name}")]:
        marks = next((node for node in shape.iter(f"{_P}cNvPr")), None)
        if marks is not None and marks.get("descr"):
            yield Hidden("alt_text", marks.get("descr"))
        if marks is not None and marks.get("hidden") == "1":
            yield from _out(shape, "invisible")
        elif _is_off(shape, size):
            yield from _out(shape, "off_page")
    for run in list(root.iter(f"{_A}r")):
        properties = run.find(f"{_A}rPr")
        if properties is None:
            continue
        points = properties.get("sz", "")
        if points.isdecimal() and int(points) <= MAX_SIZE:
            yield from _out(run, "tiny")
        elif alone and _is_white(properties):
            yield from _out(run, "white")


def _is_plain(root: Any) -> bool:
    """Whether a slide has no picture, no filled shape, and no ground of its own."""
    if root.find(f"{_P}cSld/{_P}bg") is not None or next(root.iter(f"{_P}pic"), None) is not None:
        return False
    return (
        not any(
            node.find(f"{_A}solidFill") is not None or node.find(f"{_A}gradFill") is not None
            for node in root.iter(f"{_P}spPr")
        )
        and next(root.iter(f"{_P}style"), None) is None
    )


def _is_white(properties: Any) -> bool:
    # "bg1" is the colour of the ground itself, whatever it is; white may stand on a dark theme.
    fill = properties.find(f"{_A}solidFill/{_A}schemeClr")
    return fill is not None and fill.get("val") == "bg1" and not len(fill)


def _is_off(shape: Any, size: tuple[int, int]) -> bool:
    place = shape.find(f"{_P}spPr/{_A}xfrm")
    place = shape.find(f"{_P}xfrm") if place is None else place
    if place is None:
        return False
    at, extent = place.find(f"{_A}off"), place.find(f"{_A}ext")
    if at is None or extent is None:
        return False
    x, y, wide, high = (int(float(node.get(name) or 0)) for node, name in
                        ((at, "x"), (at, "y"), (extent, "cx"), (extent, "cy")))  # fmt: skip
    inside_group = any(node.tag == f"{_P}grpSp" for node in shape.iterancestors())
    return not inside_group and (x >= size[0] or y >= size[1] or x + wide <= 0 or y + high <= 0)


def _size(package: Package) -> tuple[int, int]:
    root = package.tree("ppt/presentation.xml")
    node = root.find(f"{_P}sldSz") if root is not None else None
    return (int(node.get("cx")), int(node.get("cy"))) if node is not None else (1 << 62, 1 << 62)


def _out(node: Any, kind: str) -> Iterator[Hidden]:
    texts = list(node.iter(f"{_A}t"))
    text = " ".join(part.text or "" for part in texts).strip()
    for part in texts:
        part.text = ""
    if text:
        yield Hidden(kind, text)
