"""Word: what wraps paragraphs and runs goes, what stands in drawings follows its paragraph.

Tracked insertions count as made, deletions as gone, as for a reader who looks at the result.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from lxml import etree

from ingestion.parse.bounds import too_many_cells
from ingestion.parse.raised import lowered, raised
from ingestion.parse.wrapped.chunks import insert
from ingestion.parse.wrapped.drawings import CHART, CHART_EX, DIAGRAM, SIGNS, drawing
from ingestion.parse.wrapped.formulas import MATH, formula
from ingestion.parse.wrapped.markup import choose, lift
from ingestion.parse.wrapped.roles import mark
from ingestion.parse.wrapped.symbols import symbol

if TYPE_CHECKING:
    from ingestion.parse.package import Package

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PARTS = ("word/document.xml", "word/footnotes.xml", "word/endnotes.xml")
_SIGNS = re.compile(
    rb"<w:(?:ins|del|moveTo|moveFrom|sdt|smartTag|customXml|fldSimple|dir|bdo|ruby|sym|txbxContent"
    rb"|footnoteReference|endnoteReference|vMerge|altChunk)\b|<w:vertAlign |<mc:AlternateContent"
    rb"|<m:oMath|" + SIGNS
)
_GONE = tuple(f"{_W}{name}" for name in ("del", "moveFrom", "rt"))
_WRAPS = tuple(
    f"{_W}{name}" for name in (
        "ins", "moveTo", "smartTag", "customXml", "fldSimple", "dir", "bdo", "ruby", "rubyBase",
        "sdt",
    )
)  # fmt: skip
_INLINE = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}inline"
_NOTES = (f"{_W}footnoteReference", f"{_W}endnoteReference")
MAX_REPEATED = 20_000_000
"""Characters of merged cells, with those that are repeated."""
_SCRIPTS = {"superscript": raised, "subscript": lowered}


def unwrap(package: Package) -> None:
    """Lay open what the body and the notes of a document wrap, and mark what styles make of it."""
    for name, root in package.holding(_PARTS, _SIGNS):
        choose(root)
        for node in list(root.iter(*_GONE)):
            node.getparent().remove(node)
        for node in list(root.iter(*_WRAPS)):
            lift(node, _held(node))
        _characters(root)
        _repeat(root)
        linked = package.linked(name)
        insert(root, package, linked, _paragraph, _table)
        _follow(root, package, linked)
        package.replace(name, root)
    mark(package)


def _held(node: Any) -> list[Any]:
    """Return what stands in place of what wraps it."""
    if node.tag != f"{_W}sdt":
        return [child for child in node if not str(child.tag).endswith("Pr")]
    kind = node.find(f"{_W}sdtPr/{_W}docPartObj/{_W}docPartGallery")
    is_contents = kind is not None and kind.get(f"{_W}val") == "Table of Contents"
    is_prompt = node.find(f"{_W}sdtPr/{_W}showingPlcHdr") is not None
    # A table of contents says the headings twice; "Click here to enter text" says nothing.
    content = None if is_contents or is_prompt else node.find(f"{_W}sdtContent")
    return [] if content is None else list(content)


def _characters(root: Any) -> None:
    """Put text in place of what stands for characters: symbols, marks of notes, formulas."""
    for node in list(root.iter(f"{_W}sym")):
        text = symbol(node.get(f"{_W}font", ""), node.get(f"{_W}char", ""))
        lift(node, [_text(text)] if text else ())
    for node in list(root.iter(*_NOTES)):
        lift(node, [_text(f"[{node.get(f'{_W}id')}]")])
    for node in list(root.iter(f"{MATH}oMath")):
        run = etree.Element(f"{_W}r")
        run.append(_text(formula(node)))
        lift(node, [run])
    for node in list(root.iter(f"{MATH}oMathPara")):
        lift(node, node)
    for node in root.iter(f"{_W}vertAlign"):
        written = _SCRIPTS.get(node.get(f"{_W}val", ""))
        texts = node.getparent().getparent().findall(f"{_W}t")
        if written is not None and len(texts) == 1:
            before = _before(node.getparent().getparent())
            texts[0].text = written(texts[0].text or "", before)


def _before(run: Any) -> str:
    """Return the character before a run, "" at the beginning of its paragraph."""
    other = run.getprevious()
    while other is not None and other.tag != f"{_W}r":
        other = other.getprevious()
    texts = () if other is None else other.findall(f"{_W}t")
    return (texts[-1].text or "")[-1:] if texts else ""


def _repeat(root: Any) -> None:
    """Put what a cell says that is merged over rows into each of them.

    The library looks for the first of such cells from each of the others, row by row: minutes for
    some hundreds.
    """
    room = MAX_REPEATED
    for table in root.iter(f"{_W}tbl"):
        above: dict[int, str] = {}
        for row in table.iterchildren(f"{_W}tr"):
            column = _number(row.find(f"{_W}trPr/{_W}gridBefore"), 0)
            for cell in row.iterchildren(f"{_W}tc"):
                mark = cell.find(f"{_W}tcPr/{_W}vMerge")
                if mark is None:
                    above.pop(column, None)
                elif mark.get(f"{_W}val") == "restart":
                    above[column] = " ".join(map(_said, cell.iter(f"{_W}p")))
                elif text := above.get(column):
                    room -= len(text)
                    if room < 0:
                        raise too_many_cells()
                    for old in list(cell.iterchildren(f"{_W}p")):
                        cell.remove(old)
                    cell.append(_paragraph(text))
                if mark is not None:
                    mark.getparent().remove(mark)
                column += _number(cell.find(f"{_W}tcPr/{_W}gridSpan"), 1)


def _said(paragraph: Any) -> str:
    return "".join(node.text or "" for node in paragraph.iter(f"{_W}t"))


def _number(node: Any, usual: int) -> int:
    value = "" if node is None else node.get(f"{_W}val", "")
    return int(value) if value.isdecimal() else usual


def _follow(root: Any, package: Package, linked: dict[str, str]) -> None:
    """Move what text boxes, charts and diagrams say behind the paragraph that they hang on."""
    last: dict[Any, Any] = {}
    for node in list(root.iter(f"{_W}txbxContent", CHART, CHART_EX, DIAGRAM)):
        anchor = next(node.iterancestors(f"{_W}p"), None)
        if anchor is None or _is_inline(node):
            continue
        if node.tag == f"{_W}txbxContent":
            blocks = list(node)
        else:
            lines, rows = drawing(node, package, linked)
            blocks = [*map(_paragraph, lines), *([_table(rows)] if rows else [])]
        for block in blocks:
            last.get(anchor, anchor).addnext(block)
            last[anchor] = block


def _is_inline(node: Any) -> bool:
    """Whether a box stands among the words of its paragraph, where unstructured reads it."""
    return node.tag == f"{_W}txbxContent" and next(node.iterancestors(_INLINE), None) is not None


def _text(text: str) -> Any:
    node = etree.Element(f"{_W}t")
    node.text = text
    return node


def _paragraph(text: str) -> Any:
    paragraph = etree.Element(f"{_W}p")
    etree.SubElement(paragraph, f"{_W}r").append(_text(text))
    return paragraph


def _table(rows: list[list[str]]) -> Any:
    table = etree.Element(f"{_W}tbl")
    etree.SubElement(table, f"{_W}tblPr")
    grid = etree.SubElement(table, f"{_W}tblGrid")
    for _ in rows[0]:
        etree.SubElement(grid, f"{_W}gridCol")
    for row in rows:
        line = etree.SubElement(table, f"{_W}tr")
        for text in row:
            etree.SubElement(line, f"{_W}tc").append(_paragraph(text))
    return table
