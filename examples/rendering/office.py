"""Word documents, slides and workbooks, the same bytes in every run."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import openpyxl
from docx import Document
from openpyxl.styles import Font
from pptx import Presentation
from pptx.util import Emu, Inches

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from docx.document import Document as WordDocument
    from pptx.slide import Slide

    from .manuscript import Block

_AUTHOR = "Tarnbrook Mutual"
_ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:\2>)")
_TITLE_SLIDE, _BULLETS, _TITLE_ONLY = 0, 1, 5


def word(blocks: Sequence[Block], foot: str, created: datetime) -> bytes:
    """Return a DOCX with heading styles, bulleted lists, tables and a footer."""
    document = Document()
    document.core_properties.author = _AUTHOR
    document.core_properties.title = blocks[0].text
    document.sections[0].footer.paragraphs[0].text = foot
    for block in blocks:
        if block.kind == "heading":
            # Level 0 is Word's Title style: the first heading of a manuscript is its title.
            document.add_heading(block.text, level=block.level - 1)
        elif block.kind == "bullet":
            document.add_paragraph(block.text, style="List Bullet")
        elif block.kind == "table":
            _word_table(document, block.rows)
        else:
            document.add_paragraph(block.text)
    out = BytesIO()
    document.save(out)
    return repeatable(out.getvalue(), created)


def _word_table(document: WordDocument, rows: Sequence[Sequence[str]]) -> None:
    table = document.add_table(rows=0, cols=len(rows[0]), style="Table Grid")
    for cells in rows:
        for place, cell in zip(table.add_row().cells, cells, strict=True):
            place.text = cell
    for place in table.rows[0].cells:
        place.paragraphs[0].runs[0].bold = True
    document.add_paragraph()


def slides(blocks: Sequence[Block], created: datetime) -> bytes:
    """Return a PPTX: a title slide, then a slide for each heading of level 2, with its notes."""
    deck = Presentation()
    deck.core_properties.author = _AUTHOR
    deck.core_properties.title = blocks[0].text
    for page in _pages(blocks):
        kinds = {block.kind for block in page}
        layout = _TITLE_SLIDE if page[0].level == 1 else _BULLETS
        chosen = _TITLE_ONLY if "table" in kinds else layout
        slide = deck.slides.add_slide(deck.slide_layouts[chosen])
        slide.shapes.title.text = page[0].text
        bullets = [block.text for block in page if block.kind in {"bullet", "paragraph"}]
        if bullets:
            slide.placeholders[1].text_frame.text = "\n".join(bullets)
        for block in page:
            if block.kind == "notes":
                slide.notes_slide.notes_text_frame.text = block.text
            elif block.kind == "table":
                _slide_table(slide, block.rows, deck.slide_width)
    out = BytesIO()
    deck.save(out)
    return repeatable(out.getvalue(), created)


def _pages(blocks: Sequence[Block]) -> list[list[Block]]:
    pages: list[list[Block]] = []
    for block in blocks:
        if block.kind == "heading":
            pages.append([])
        pages[-1].append(block)
    return pages


def _slide_table(slide: Slide, rows: Sequence[Sequence[str]], width: int) -> None:
    margin = Inches(0.6)
    table = slide.shapes.add_table(
        len(rows), len(rows[0]), margin, Inches(1.8), Emu(width - 2 * margin), Inches(0.4)
    ).table
    for row, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            table.cell(row, column).text = cell


def workbook(
    sheets: Mapping[str, Sequence[Sequence[str | float]]], title: str, created: datetime
) -> bytes:
    """Return an XLSX with one sheet for each name; the first row is the header."""
    book = openpyxl.Workbook()
    book.properties.creator = _AUTHOR
    book.properties.title = title
    book.remove(book.worksheets[0])
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for cell in sheet[1]:
            cell.font = Font(bold=True)
        sheet.freeze_panes = "A2"
    out = BytesIO()
    book.save(out)
    return repeatable(out.getvalue(), created)


def repeatable(package: bytes, created: datetime) -> bytes:
    """Return an office package whose bytes do not depend on when it was written."""
    stamp = created.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = BytesIO()
    with zipfile.ZipFile(BytesIO(package)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.infolist():
            data = old.read(member)
            if member.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>" + stamp + rb"\g<3>", data)
            info = zipfile.ZipInfo(member.filename, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = 0o600 << 16
            new.writestr(info, data)
    return out.getvalue()
