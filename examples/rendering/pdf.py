"""Policy booklets as PDF, one of them locked, and a page that only looks like text.

The core fonts of PDF are used, so that no font is embedded and files stay small; a manuscript may
therefore hold Latin-1 characters only.
"""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING

from fpdf import FPDF
from fpdf.enums import EncryptionMethod, XPos, YPos
from fpdf.fonts import FontFace
from PIL import Image, ImageDraw, ImageFont

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from .manuscript import Block

_FONT = "Helvetica"
_PAGE_MM = (148, 210)
_HEADING_POINTS = {1: 20, 2: 14, 3: 11}
_LINE_MM = 5.0
_CLAUSE = re.compile(r"^(\d+\.\d+) (.*)$")
_CLAUSE_INDENT_MM = 11
_SCAN_SIZE = (1000, 1414)
_SCAN_LINE = 44


class _Booklet(FPDF):
    """An A5 booklet with the same header and a numbered footer on each page."""

    def __init__(self, head: str, foot: str, created: datetime) -> None:
        super().__init__(format=_PAGE_MM)
        self._head = head
        self._foot = foot
        self.set_creation_date(created)
        self.set_author("Tarnbrook Mutual")
        self.set_margins(16, 20)
        self.set_auto_page_break(auto=True, margin=20)

    def header(self) -> None:
        self.set_y(9)
        self.set_font(_FONT, size=8)
        self.cell(0, 4, self._head, align="R", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        self.ln(6)

    def footer(self) -> None:
        self.set_y(-13)
        self.set_font(_FONT, size=8)
        self.cell(0, 4, f"{self._foot}   Page {self.page_no()} of {{nb}}", align="C")


def booklet(
    blocks: Sequence[Block], head: str, foot: str, created: datetime, password: str | None = None
) -> bytes:
    """Return a PDF of the blocks. With a password nobody opens it without that password."""
    pdf = _Booklet(head, foot, created)
    if password is not None:
        # RC4 needs no random numbers, so two runs give the same bytes.
        pdf.set_encryption(
            owner_password=f"{password}-owner",
            user_password=password,
            encryption_method=EncryptionMethod.RC4,
        )
    pdf.set_title(blocks[0].text)
    pdf.add_page()
    for block in blocks:
        _draw(pdf, block)
    return bytes(pdf.output())


def _draw(pdf: _Booklet, block: Block) -> None:
    if block.kind == "heading":
        if pdf.get_y() > pdf.eph - 15:
            pdf.add_page()
        points = _HEADING_POINTS[block.level]
        pdf.ln(3)
        pdf.set_font(_FONT, "B", points)
        _paragraph(pdf, block.text, points * 0.5)
    elif block.kind == "table":
        _table(pdf, block.rows)
    else:
        pdf.set_font(_FONT, size=10)
        clause = _CLAUSE.match(block.text)
        mark, text = (clause[1], clause[2]) if clause else ("", block.text)
        if block.kind == "bullet":
            mark = "\u00b7"
        if mark:
            pdf.cell(_CLAUSE_INDENT_MM, _LINE_MM, mark)
            pdf.set_left_margin(pdf.l_margin + _CLAUSE_INDENT_MM)
        _paragraph(pdf, text, _LINE_MM)
        if mark:
            pdf.set_left_margin(pdf.l_margin - _CLAUSE_INDENT_MM)
            pdf.set_x(pdf.l_margin)


def _paragraph(pdf: _Booklet, text: str, line_mm: float) -> None:
    pdf.multi_cell(0, line_mm, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(1.5)


def _table(pdf: _Booklet, rows: Sequence[Sequence[str]]) -> None:
    pdf.ln(1)
    pdf.set_font(_FONT, size=9)
    with pdf.table(
        line_height=5, headings_style=FontFace(emphasis="BOLD"), text_align="LEFT", padding=0.6
    ) as table:
        for cells in rows:
            row = table.row()
            for cell in cells:
                row.cell(cell)
    pdf.ln(3)


def scan(lines: Sequence[str], created: datetime) -> bytes:
    """Return a PDF of one page that is nothing but a picture of the lines, a little askew."""
    page = Image.new("L", _SCAN_SIZE, 255)
    draw = ImageDraw.Draw(page)
    font = ImageFont.load_default(size=26)
    for number, line in enumerate(lines):
        draw.text((90, 110 + number * _SCAN_LINE), line, fill=30, font=font)
    askew = page.rotate(0.6, fillcolor=255, resample=Image.Resampling.BILINEAR)
    picture = BytesIO()
    askew.convert("1", dither=Image.Dither.NONE).save(picture, format="PNG", optimize=True)
    pdf = FPDF(format="A4")
    pdf.set_creation_date(created)
    pdf.set_margin(0)
    pdf.add_page()
    pdf.image(BytesIO(picture.getvalue()), x=0, y=0, w=pdf.w)
    return bytes(pdf.output())
