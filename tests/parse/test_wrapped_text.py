"""Text that office files wrap, in the place where a reader sees it; what is deleted stays away."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

import docx
import pptx
import pytest
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE
from pptx.util import Inches

from ingestion.parse.package import Package
from ingestion.parse.wrapped import word

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

pytestmark = pytest.mark.slow  # unstructured takes 3 s to import

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
SPACES = (
    f'xmlns:w="{W}" '
    'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml" '
    'xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:a14="http://schemas.microsoft.com/office/drawing/2010/main"'
)


def _word(body: str) -> bytes:
    """Return a Word file whose body is the mark-up."""
    document = docx.Document()
    root = document.element.body
    made = docx.oxml.parse_xml(f"<w:body {SPACES}>{body}</w:body>")
    for place, node in enumerate(list(made)):
        root.insert(place, node)
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def _run(text: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def _paragraph(*runs: str) -> str:
    return f"<w:p>{''.join(runs)}</w:p>"


BOX = f"""<w:r><mc:AlternateContent><mc:Choice Requires="wps"><w:drawing><wps:wsp><wps:txbx>
<w:txbxContent>{_paragraph(_run("In the box"))}</w:txbxContent></wps:txbx></wps:wsp></w:drawing>
</mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>{_paragraph(_run("In the box"))}
</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent></w:r>"""
CONTENTS = """<w:sdt><w:sdtPr><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>
</w:docPartObj></w:sdtPr><w:sdtContent><w:p><w:r><w:t>Cover 7</w:t></w:r></w:p></w:sdtContent>
</w:sdt>"""
PROMPT = """<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent><w:p><w:r>
<w:t>Click here to enter text.</w:t></w:r></w:p></w:sdtContent></w:sdt>"""
FORMULA = """<m:oMath><m:r><m:t>E=</m:t></m:r><m:f><m:num><m:r><m:t>m+n</m:t></m:r></m:num><m:den>
<m:r><m:t>2</m:t></m:r></m:den></m:f><m:sSup><m:e><m:r><m:t>c</m:t></m:r></m:e><m:sup><m:r>
<m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath>"""


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            _paragraph(
                _run("We pay "), f"<w:ins>{_run('500')}</w:ins>",
                "<w:del><w:r><w:delText>300</w:delText></w:r></w:del>", _run(" EUR."),
            ),
            "We pay 500 EUR.",
        ),
        (
            _paragraph(f"<w:moveTo>{_run('Here now.')}</w:moveTo>")
            + _paragraph(f"<w:moveFrom>{_run('Here before.')}</w:moveFrom>")
            + _paragraph(_run("The end.")),
            "Here now.\n\nThe end.",
        ),
        (
            _paragraph(
                _run("Name: "), f"<w:sdt><w:sdtContent>{_run('Ada')}</w:sdtContent></w:sdt>",
                f"<w:smartTag><w:smartTagPr/>{_run(' of London')}</w:smartTag>",
                f'<w:fldSimple w:instr="DATE">{_run(", 5 May")}</w:fldSimple>',
                f"<w:dir><w:bdo>{_run('.')}</w:bdo></w:dir>",
            ),
            "Name: Ada of London, 5 May.",
        ),
        (
            f"<w:sdt><w:sdtContent>{_paragraph(_run('A whole paragraph.'))}</w:sdtContent></w:sdt>"
            + CONTENTS + PROMPT,
            "A whole paragraph.",
        ),
        (
            ("<w:tbl><w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid><w:sdt><w:sdtContent>"
            f"<w:tr><w:tc>{_paragraph(_run('Event'))}</w:tc><w:sdt><w:sdtContent><w:tc>"
            f"{_paragraph(_run('Limit'))}</w:tc></w:sdtContent></w:sdt></w:tr></w:sdtContent>"
            f"</w:sdt><w:tr><w:tc>{_paragraph(_run('Fire'))}</w:tc><w:tc>"
            f"{_paragraph(f'<w:ins>{_run(str(900))}</w:ins>')}</w:tc></w:tr></w:tbl>"),
            "Event | Limit\nFire | 900",
        ),
        (
            _paragraph(_run("Beside it.", "<w:b/>"), BOX) + _paragraph(_run("Below it.")),
            "Beside it.\n\nIn the box\n\nBelow it.",
        ),
        (
            _paragraph(_run("It is "), FORMULA, _run(" or 5 "),
                       '<w:r><w:sym w:font="Symbol" w:char="F06D"/></w:r>', _run("m")),
            "It is E=(m+n)/2c^2 or 5 \u03bcm",
        ),
        (
            _paragraph(_run("An area of 12 m"), _run("2", '<w:vertAlign w:val="superscript"/>'),
                       _run(" and 10"), _run("6", '<w:vertAlign w:val="superscript"/>'),
                       _run(" atoms of H"), _run("2", '<w:vertAlign w:val="subscript"/>')),
            "An area of 12 m\xb2 and 10^6 atoms of H2",
        ),
        (
            _paragraph(_run("As agreed"), '<w:r><w:footnoteReference w:id="3"/></w:r>', _run(".")),
            "As agreed[3].",
        ),
        (
            _paragraph("<w:ruby><w:rt><w:r><w:t>kan</w:t></w:r></w:rt><w:rubyBase>"
                       f"{_run('Kanji')}</w:rubyBase></w:ruby>"),
            "Kanji",
        ),
    ],
    ids="tracked moved inline whole cells box formula scripts note ruby".split(),
)  # fmt: skip
def test_word(body: str, text: str, parsed: Callable[..., Document]) -> None:
    assert parsed(_word(body), "x.docx").text == text


def test_a_file_that_wraps_nothing_is_passed_on_as_it_is() -> None:
    data = _word(_paragraph(_run("Plain words.")))
    package = Package(data)
    word.unwrap(package)
    assert package.written() is data


def test_a_cell_merged_over_rows_stands_in_each_of_them(parsed: Callable[..., Document]) -> None:
    def row(text: str, mark: str) -> str:
        merged = f"<w:tc><w:tcPr><w:vMerge{mark}/></w:tcPr>{_paragraph(_run(text))}</w:tc>"
        return f"<w:tr><w:tc>{_paragraph(_run('A'))}</w:tc>{merged}</w:tr>"

    rows = row("North", ' w:val="restart"') + row("", "") * 1_000 + row("South", ' w:val="restart"')
    grid = "<w:tblPr/><w:tblGrid><w:gridCol/><w:gridCol/></w:tblGrid>"
    text = parsed(_word(f"<w:tbl>{grid}{rows}</w:tbl>"), "x.docx").text
    assert text == "A | North\n" * 1_001 + "A | South"


def _slides() -> tuple[Any, Any]:
    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "The year"
    return show, slide


def _saved(show: Any) -> bytes:
    stream = io.BytesIO()
    show.save(stream)
    return stream.getvalue()


def test_a_chart_is_a_table_with_a_title(
    parsed: Callable[..., Document], outline: Callable[..., list]
) -> None:
    show, slide = _slides()
    data = CategoryChartData(number_format="0.0%")
    data.categories = ["North", "South"]
    data.add_series("2025", (0.125, 0.5))
    data.add_series("2026", (0.2, 0.625))
    chart = slide.shapes.add_chart(
        XL_CHART_TYPE.COLUMN_CLUSTERED, Inches(1), Inches(2), Inches(5), Inches(3), data
    ).chart
    chart.has_title = True
    chart.chart_title.text_frame.text = "Claims by region"
    rows = " | 2025 | 2026\nNorth | 12.5% | 20.0%\nSouth | 50.0% | 62.5%"
    assert outline(parsed(_saved(show), "x.pptx")) == [
        ("title", "The year"),
        ("text", "Claims by region"),
        ("table", rows.strip()),
    ]


def test_shapes_in_alternatives_and_above_the_slide(parsed: Callable[..., Document]) -> None:
    show, slide = _slides()
    box = slide.shapes.add_textbox(Inches(-1), Inches(-0.5), Inches(5), Inches(4))
    box.text_frame.text = "Half beyond the edge"
    inner = slide.shapes.add_textbox(Inches(1), Inches(5), Inches(3), Inches(1))
    inner.text_frame.text = "For new programs"
    shape = inner._element
    choice = pptx.oxml.parse_xml(
        f'<mc:AlternateContent {SPACES}><mc:Choice Requires="a14"/><mc:Fallback><p:pic/>'
        "</mc:Fallback></mc:AlternateContent>"
    )
    shape.addprevious(choice)
    choice[0].append(shape)
    maths = slide.shapes.add_textbox(Inches(1), Inches(6), Inches(3), Inches(1))
    maths.text_frame.text = "So "
    maths.text_frame.paragraphs[0]._p.append(
        pptx.oxml.parse_xml(
            f'<mc:AlternateContent {SPACES}><mc:Choice Requires="a14"><a14:m>{FORMULA}</a14:m>'
            "</mc:Choice><mc:Fallback><a:r><a:t>&#160;</a:t></a:r></mc:Fallback>"
            "</mc:AlternateContent>"
        )
    )
    text = re.sub(r"\n+(?:- )?", "\n", parsed(_saved(show), "x.pptx").text)
    assert text == "The year\nHalf beyond the edge\nFor new programs\nSo E=(m+n)/2c^2"


def test_numbers_and_footers_of_slides(parsed: Callable[..., Document]) -> None:
    show = pptx.Presentation()
    for number in range(3):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = f"Title {number}"
        slide.placeholders[1].text = f"Body {number} of it"
        for kind, text in (("sldNum", f"{number + 7}"), ("ftr", "Internal use")):
            box = slide.shapes.add_textbox(0, 0, 900, 900)
            box.text_frame.text = text
            place = pptx.oxml.parse_xml(f'<p:ph {SPACES} type="{kind}" idx="30"/>')
            box._element.nvSpPr.nvPr.append(place)
    lines = parsed(_saved(show), "a.pptx").text.split("\n\n")
    assert [line.removeprefix("- ") for line in lines] == [
        "Title 0", "Internal use", "Body 0 of it", "Title 1", "Body 1 of it", "Title 2",
        "Body 2 of it",
    ]  # fmt: skip


def test_a_diagram_is_its_paragraphs(parsed: Callable[..., Document]) -> None:
    space = "http://schemas.openxmlformats.org/drawingml/2006/diagram"
    show, slide = _slides()
    points = "".join(
        f'<d:pt modelId="{n}" type="{kind}"><d:t><a:p><a:r><a:t>{text}</a:t></a:r></a:p></d:t>'
        "</d:pt>"
        for n, (kind, text) in enumerate(
            [("node", "Report"), ("parTrans", "never"), ("node", "Assess"), ("pres", "never")]
        )
    )
    part = pptx.opc.package.Part(
        pptx.opc.packuri.PackURI("/ppt/diagrams/data1.xml"),
        "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml",
        slide.part.package,
        f'<d:dataModel xmlns:d="{space}" {SPACES}><d:ptLst>{points}</d:ptLst>'.encode()
        + b"</d:dataModel>",
    )
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/diagramData"
    rel = slide.part.relate_to(part, kind)
    frame = slide.shapes.add_table(1, 1, Inches(1), Inches(2), Inches(4), Inches(2))._element
    data = frame.graphic.graphicData
    for child in list(data):
        data.remove(child)
    data.set("uri", space)
    data.append(
        pptx.oxml.parse_xml(
            f'<d:relIds xmlns:d="{space}" r:dm="{rel}" xmlns:r="http://schemas.openxmlformats.org/'
            'officeDocument/2006/relationships"/>'
        )
    )
    assert parsed(_saved(show), "x.pptx").text == "The year\n\n- Report\n- Assess"
