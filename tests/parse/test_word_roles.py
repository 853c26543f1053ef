"""Word: roles by styles that are not Word's own, and pieces of other formats in the text."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import docx
import pytest
from docx.enum.style import WD_STYLE_TYPE
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.opc.packuri import PackURI
from docx.opc.part import Part

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

    Parsed = Callable[..., Document]
    Outline = Callable[..., list[tuple[str, str]]]

pytestmark = pytest.mark.slow  # unstructured takes 3 s to import


def _saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _level(properties: Any, level: int) -> None:
    node = docx.oxml.OxmlElement("w:outlineLvl")
    node.set(docx.oxml.ns.qn("w:val"), str(level))
    properties.append(node)


def test_roles_by_styles(parsed: Parsed, outline: Outline) -> None:
    document = docx.Document()
    add = document.styles.add_style
    section = add("Section of ours", WD_STYLE_TYPE.PARAGRAPH)
    _level(section.element.get_or_add_pPr(), 1)
    document.add_paragraph("Our section", style="Section of ours")
    document.add_paragraph("A long clause of the contract.", style="Section of ours")
    _level(document.add_paragraph("By itself").paragraph_format.element.get_or_add_pPr(), 0)
    listing = add("Listing of ours", WD_STYLE_TYPE.PARAGRAPH)
    listing.font.name = "Courier New"
    for line in ("def f():", "", "    return 1"):
        document.add_paragraph(line, style="Listing of ours")
    document.add_paragraph().add_run("make all").font.name = "Consolas"
    document.add_paragraph("Text with ").add_run("code").font.name = "Consolas"
    document.add_paragraph("Figure 1: Roofs", style="Caption")
    assert outline(parsed(_saved(document), "a.docx")) == [
        ("heading", "Our section"), ("text", "A long clause of the contract."),
        ("heading", "By itself"), ("code", "def f():\n\n    return 1\nmake all"),
        ("text", "Text with code"), ("caption", "Figure 1: Roofs"),
    ]  # fmt: skip


def test_a_document_set_in_one_width_is_no_code(parsed: Parsed, outline: Outline) -> None:
    document = docx.Document()
    document.styles["Normal"].font.name = "Courier New"
    document.add_paragraph("Typed on a machine, as it were.")
    assert outline(parsed(_saved(document), "a.docx"))[0][0] == "text"


def test_pieces_of_other_formats(parsed: Parsed, outline: Outline) -> None:
    document = docx.Document()
    document.add_paragraph("Before")
    page = b"<h2>Piece</h2><p>Of a page.</p><table><tr><td>a</td><td>b</td></tr></table>"
    for number, (kind, data) in enumerate([("html", page), ("rtf", rb"{\rtf1 Of RTF.\par}")]):
        part = Part(PackURI(f"/word/piece{number}.{kind}"), f"text/{kind}", data)
        link = document.part.relate_to(part, RELATIONSHIP_TYPE.A_F_CHUNK)
        node = docx.oxml.OxmlElement("w:altChunk")
        node.set(docx.oxml.ns.qn("r:id"), link)
        document.element.body.insert(number + 1, node)
    document.add_paragraph("After")
    assert outline(parsed(_saved(document), "a.docx")) == [
        ("text", "Before"), ("title", "Piece"), ("text", "Of a page."), ("table", "a | b"),
        ("text", "Of RTF."), ("text", "After"),
    ]  # fmt: skip
