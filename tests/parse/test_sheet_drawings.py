"""What sheets show besides cells, and charts of the newer kinds."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import openpyxl
from lxml import etree
from openpyxl.chart import BarChart, Reference

from ingestion.parse.package import Package
from ingestion.parse.wrapped.drawings import CHART_EX, drawing

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

BOX = (
    '<xdr:oneCellAnchor xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/'
    'spreadsheetDrawing" xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<xdr:from><xdr:col>1</xdr:col></xdr:from><xdr:sp><xdr:nvSpPr><xdr:cNvPr id="9" name="x" %s/>'
    "</xdr:nvSpPr><xdr:txBody><a:p><a:r><a:t>%s</a:t></a:r></a:p></xdr:txBody></xdr:sp>"
    "<xdr:clientData/></xdr:oneCellAnchor></%s>"
)


def _chart(title: str) -> BarChart:
    chart = BarChart()
    chart.title = title
    return chart


def test_text_boxes_and_titles_of_charts(parsed: Callable[..., Document]) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Claims"
    for row in (("Region", "Paid"), ("North", 3), ("South", 5)):
        sheet.append(row)
    chart = _chart("Paid by region")
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "E5")
    book.create_chartsheet("Alone").add_chart(_chart("A sheet of its own"))
    unseen = book.create_sheet("Unseen")
    unseen.add_chart(_chart("Not shown"), "A1")
    unseen.sheet_state = "hidden"
    made, patched = io.BytesIO(), io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as before, zipfile.ZipFile(patched, "w") as after:
        for name in before.namelist():
            data = before.read(name)
            if name == "xl/drawings/drawing1.xml":
                text = data.decode()
                end = text.rsplit("</", 1)[1].removesuffix(">")
                for words, hidden in (("In a box", ""), ("Hidden box", 'hidden="1"')):
                    text = text.rsplit("</", 1)[0] + BOX % (hidden, words, end)
                data = text.encode()
            after.writestr(name, data)
    assert parsed(patched.getvalue(), "a.xlsx").text.split("\n\n") == [
        "Claims", "Region | Paid\nNorth | 3\nSouth | 5", "Paid by region", "In a box",
        "A sheet of its own",
    ]  # fmt: skip


def test_charts_of_the_newer_kinds() -> None:
    space = "http://schemas.microsoft.com/office/drawing/2014/chartex"
    chart = (
        f'<cx:chartSpace xmlns:cx="{space}"><cx:chartData><cx:data id="0"><cx:strDim type="cat">'
        '<cx:lvl><cx:pt idx="0">Offer</cx:pt><cx:pt idx="1">Sale</cx:pt></cx:lvl></cx:strDim>'
        '<cx:numDim type="val"><cx:lvl><cx:pt idx="0">9</cx:pt><cx:pt idx="1">4</cx:pt></cx:lvl>'
        "</cx:numDim></cx:data></cx:chartData><cx:chart><cx:title><cx:tx><cx:txData><cx:v>Funnel"
        "</cx:v></cx:txData></cx:tx></cx:title></cx:chart></cx:chartSpace>"
    )
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("ppt/charts/chartEx1.xml", chart)
    link = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    node = etree.Element(CHART_EX, {link: "r1"})
    said = drawing(node, Package(made.getvalue()), {"r1": "ppt/charts/chartEx1.xml"})
    assert said == (["Funnel"], [["Offer", "9"], ["Sale", "4"]])
