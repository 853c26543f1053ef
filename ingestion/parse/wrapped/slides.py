"""Slides: charts become tables, diagrams and formulas text, where the slide shows them."""

from __future__ import annotations

import re
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingestion.parse.wrapped.drawings import CHART, CHART_EX, DIAGRAM, SIGNS, drawing
from ingestion.parse.wrapped.formulas import MATH, formula
from ingestion.parse.wrapped.markup import choose, lift

if TYPE_CHECKING:
    from ingestion.parse.package import Package

_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_TABLE = "http://schemas.openxmlformats.org/drawingml/2006/table"
_SIGNS = re.compile(
    rb'<mc:AlternateContent|<m:oMath|<a:off x="-|<a:off x="\d+" y="-|type="(?:sldNum|ftr|dt)"|'
    + SIGNS
)
_NUMBER, _REPEATED = "sldNum", frozenset({"ftr", "dt"})


def unwrap(package: Package) -> None:
    """Lay open what the slides of a presentation wrap; what all of them repeat stands once."""
    said: set[str] = set()
    for name, root in package.holding(package.slides(), _SIGNS):
        choose(root)
        for node in list(root.iter(f"{MATH}oMath")):
            _formula(node)
        _furniture(root, said)
        linked = package.linked(name)
        for node in list(root.iter(CHART, CHART_EX, DIAGRAM)):
            frame = next(node.iterancestors(f"{_P}graphicFrame"), None)
            if frame is not None:
                _drawn(frame, *drawing(node, package, linked))
        for place in root.iter(f"{_A}off"):
            # unstructured leaves out what begins above or left of the slide; what cannot be seen
            # at all is not here any more.
            for side in ("x", "y"):
                if (place.get(side) or "").startswith("-"):
                    place.set(side, "0")
        package.replace(name, root)


def _furniture(root: Any, said: set[str]) -> None:
    """Take out slides' numbers, and the footers and dates that another slide has."""
    for place in list(root.iter(f"{_P}ph")):
        kind = place.get("type")
        shape = next(place.iterancestors(f"{_P}sp"), None)
        if shape is None or (kind != _NUMBER and kind not in _REPEATED):
            continue
        text = " ".join("".join(t.text or "" for t in shape.iter(f"{_A}t")).split())
        if kind == _NUMBER or text in said:
            shape.getparent().remove(shape)
        said.add(text)


def _formula(node: Any) -> None:
    """Put a run in place of a formula, outside of what wraps it."""
    paragraph = next(node.iterancestors(f"{_A}p"), None)
    if paragraph is None:
        return
    while node.getparent() is not paragraph:
        node = node.getparent()
    run = etree.Element(f"{_A}r")
    etree.SubElement(run, f"{_A}t").text = formula(node)
    lift(node, [run])


def _drawn(frame: Any, lines: list[str], rows: list[list[str]]) -> None:
    """Put a box with the lines, and a table, in place of a chart or diagram."""
    place = frame.find(f"{_P}xfrm")
    if lines:
        frame.addprevious(_box(lines, place))
    data = frame.find(f"{_A}graphic/{_A}graphicData")
    if not rows or data is None:
        frame.getparent().remove(frame)
        return
    data.clear()
    data.set("uri", _TABLE)
    data.append(_table(rows))


def _box(lines: list[str], place: Any) -> Any:
    box = etree.Element(f"{_P}sp")
    names = etree.SubElement(box, f"{_P}nvSpPr")
    etree.SubElement(names, f"{_P}cNvPr", id="0", name="")
    etree.SubElement(names, f"{_P}cNvSpPr")
    etree.SubElement(names, f"{_P}nvPr")
    shape = etree.SubElement(box, f"{_P}spPr")
    if place is not None:
        frame = etree.SubElement(shape, f"{_A}xfrm")
        frame.extend(deepcopy(list(place)))
    text = etree.SubElement(box, f"{_P}txBody")
    etree.SubElement(text, f"{_A}bodyPr")
    text.extend(map(_paragraph, lines))
    return box


def _paragraph(text: str) -> Any:
    paragraph = etree.Element(f"{_A}p")
    run = etree.SubElement(paragraph, f"{_A}r")
    etree.SubElement(run, f"{_A}t").text = text
    return paragraph


def _table(rows: list[list[str]]) -> Any:
    table = etree.Element(f"{_A}tbl")
    grid = etree.SubElement(table, f"{_A}tblGrid")
    for _ in rows[0]:
        etree.SubElement(grid, f"{_A}gridCol", w="1")
    for row in rows:
        line = etree.SubElement(table, f"{_A}tr", h="1")
        for text in row:
            body = etree.SubElement(etree.SubElement(line, f"{_A}tc"), f"{_A}txBody")
            etree.SubElement(body, f"{_A}bodyPr")
            body.append(_paragraph(text))
    return table
