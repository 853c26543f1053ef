"""What readers do not see is no part of a document's text, and is kept for admission to look at."""

from __future__ import annotations

from io import BytesIO

import docx
import openpyxl
import pptx
import pytest
from docx.shared import Pt, RGBColor
from fpdf import FPDF
from hypothesis import given
from hypothesis import strategies as st
from pptx.util import Inches
from pptx.util import Pt as SlidePt

from freshground.core.records import Document, Hidden
from ingestion.parse import parse
from ingestion.parse.hidden.bounded import MAX_CHARS, MAX_PIECES, bounded
from ingestion.parse.hidden.characters import spelt
from ingestion.parse.hidden.colours import colour

pytestmark = pytest.mark.slow
SECRET = "speak of the purple heron"


def kinds(document: Document) -> dict[str, str]:
    assert SECRET not in document.text
    assert "visible words" in document.text
    return {piece.kind: piece.text for piece in document.hidden if SECRET in piece.text}


HTML = {
    "invisible": [
        '<p style="display:none">{}</p>', "<p hidden>{}</p>",
        '<p style="visibility: hidden">{}</p>',
        '<p style="opacity:0.01">{}</p>', "<template>{}</template>", "<noscript>{}</noscript>",
        '<style>.gone {{display:none}}</style><p class="a gone">{}</p>',
    ],
    "white": [
        '<span style="color:#fefefe">{}</span>', '<font color="white">{}</font>',
        '<div style="background:#102030"><b style="color:rgb(16,32,48)">{}</b></div>',
        '<p style="color:transparent">{}</p>',
        '<style>p.w {{color: white}}</style><p class="w">{}</p>',
    ],
    "tiny": ['<p style="font-size:1px">{}</p>', '<p style="height:0;overflow:hidden">{}</p>'],
    "off_page": [
        '<p style="position:absolute; left:-9999px">{}</p>', '<p style="text-indent:-500em">{}</p>',
        '<style>#far {{position:fixed;top:-4000px}}</style><p id="far">{}</p>',
    ],
    "comment": ["<!-- {} -->"],
    "alt_text": ['<img src="a.png" alt="{}">', '<p title="{}">words</p>'],
    "metadata": ['<meta name="robots" content="{}">'],
}  # fmt: skip


@pytest.mark.parametrize(("kind", "markup"), [(k, m) for k, all_ in HTML.items() for m in all_])
def test_html(kind: str, markup: str) -> None:
    page = f"<html><body><p>Only visible words.</p>{markup.format(SECRET)}<p>More of it.</p></body>"
    document = parse(page.encode(), "page.html")
    assert kinds(document) == {kind: SECRET}
    assert document.text.endswith("More of it.")


@pytest.mark.parametrize(
    "markup",
    [
        '<div style="background:#123"><p style="color:white">{}</p></div>',
        '<td bgcolor="navy"><font color="#ffffff">{}</font></td>',
        '<div style="background:url(a.png)"><p style="color:#fff">{}</p></div>',
        '<p style="opacity:0; transition: opacity 1s">{}</p>',
        '<style>@media print {{ .x {{display:none}} }}</style><p class="x">{}</p>',
        '<p style="font-size:0.9em; margin-left:-20px">{}</p>',
    ],
)
def test_what_a_reader_sees_stays(markup: str) -> None:
    page = f"<html><body><table><tr>{markup.format(SECRET)}</tr></table><p>Words.</p></body>"
    assert SECRET in parse(page.encode(), "page.html").text


def test_a_page_that_scripts_reveal_keeps_its_text() -> None:
    div = f'<div style="opacity:0"><p>{"visible words " * 20}</p></div>'
    page = f"<body><p>Start.</p>{div}<script>reveal()</script></body>"
    assert "visible words" in parse(page.encode(), "page.html").text
    still = f"<body><p>Start.</p>{div}</body>"
    assert parse(still.encode(), "page.html").text == "Start."


@pytest.mark.parametrize(
    ("sheet", "style", "inner"),
    [
        ("", "font-size:0", 'style="font-size:16px"'),
        (".s{font:14px/1.2 Arial}", "font-size:0", 'class="s"'),
        (".z{font-size:1px} .s{font-size:1rem}", "", 'class="s"'),
    ],
)
def test_what_is_larger_again_within_tiny_type_is_read(sheet: str, style: str, inner: str) -> None:
    """Mails set whole tables to no size, to lose the gaps between cells."""
    cells = f"<td {inner}>October 6, online</td><td>{SECRET} words</td>"
    table = f'<table class="z" style="{style}"><tr>{cells}</tr></table>'
    page = f"<html><head><style>{sheet}</style></head><body><p>Ready.</p>{table}</body></html>"
    document = parse(page.encode(), "page.html")
    assert document.text == "Ready.\n\nOctober 6, online"
    assert [(piece.kind, piece.text) for piece in document.hidden] == [("tiny", f"{SECRET} words")]


def test_a_share_of_no_size_is_none() -> None:
    page = f'<p>Ready.</p><div style="font-size:0">a<b style="font-size:2em">{SECRET}</b></div>'
    assert parse(page.encode(), "page.html").text == "Ready."


def test_markdown_comments() -> None:
    text = (
        f"# Title\n\n<!-- {SECRET} one -->\n\nvisible words <!-- {SECRET} two --> end\n\n"
        f"[//]: # ({SECRET} three)\n"
    )
    document = parse(text.encode(), "page.md")
    assert SECRET not in document.text
    assert document.text.endswith("visible words end")
    assert [piece.text[-3:].strip() for piece in document.hidden] == ["one", "two", "ree"]
    assert {piece.at for piece in document.hidden} == {0}


def spelling(text: str) -> dict[str, str]:
    selectors = "".join(chr(0xFE00 + b if b < 16 else 0xE0100 + b - 16) for b in text.encode())
    bits = "".join("\u200b\u200c"[bit == "1"] for byte in text.encode() for bit in f"{byte:08b}")
    return {
        "tags": "".join(chr(0xE0000 + ord(c)) for c in text),
        "zero_width": bits,
        "selectors": f"\U0001f600{selectors}",
        "bidi": f"\u202e{text[::-1]}\u202c",
    }


@pytest.mark.parametrize("name", ["tags", "zero_width", "selectors", "bidi"])
def test_characters_that_show_nothing(name: str) -> None:
    document = parse(f"Some visible words{spelling(SECRET)[name]} and more.".encode(), "a.txt")
    kind = "zero_width" if name == "selectors" else name
    assert kinds(document) == {kind: SECRET}
    assert not {c for c in document.text if ord(c) >= 0xE0000 or c in "\u200b\u200c\u202e"}


@given(st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=0x3FF), max_size=200))
def test_plain_writing_spells_nothing(text: str) -> None:
    assert list(spelt(text)) == []


def test_pdf() -> None:
    book = FPDF()
    book.add_page()
    book.set_font("helvetica", size=12)
    book.text(20, 20, "Only visible words")
    book.set_text_color(255, 255, 255)
    book.text(20, 40, f"{SECRET} white")
    book.set_fill_color(0, 0, 120)
    book.rect(15, 50, 120, 20, style="F")
    book.text(20, 60, "White on blue is seen")
    book.set_text_color(0, 0, 120)
    book.text(20, 66, f"{SECRET} blue")
    book.set_text_color(0)
    book.text(900, 60, f"{SECRET} far")
    book.text(20, 100, f"{SECRET} covered")
    book.set_fill_color(200, 0, 0)
    book.rect(10, 90, 150, 20, style="F")
    with book.local_context(text_mode="INVISIBLE"):
        book.text(20, 140, f"{SECRET} mode")
    with book.local_context(fill_opacity=0.0):
        book.text(20, 150, f"{SECRET} clear")
    book.set_font_size(1)
    book.text(20, 170, f"{SECRET} tiny")
    book.set_font_size(12)
    book.text(20, 200, "The last line is seen")
    document = parse(bytes(book.output()), "a.pdf")
    assert document.text.split("\n\n")[0] == "Only visible words"
    assert "White on blue is seen" in document.text
    assert "The last line is seen" in document.text
    assert SECRET not in document.text
    found = {(piece.kind, word) for piece in document.hidden for word in piece.text.split()[5:]}
    assert {("white", "white"), ("white", "blue"), ("white", "covered"), ("off_page", "far"),
            ("invisible", "mode"), ("invisible", "clear"), ("tiny", "tiny")} <= found  # fmt: skip
    assert {piece.page for piece in document.hidden} == {1}


def test_word() -> None:
    file = docx.Document()
    paragraph = file.add_paragraph("Only visible words.")
    hidden = paragraph.add_run(f" {SECRET} marked")
    hidden.font.hidden = True
    paragraph.add_run(f" {SECRET} white").font.color.rgb = RGBColor(255, 255, 255)
    paragraph.add_run(f" {SECRET} tiny").font.size = Pt(1)
    paragraph.add_run(" The end.")
    held = BytesIO()
    file.save(held)
    document = parse(held.getvalue(), "a.docx")
    assert document.text == "Only visible words. The end."
    assert {p.kind: p.text.split()[-1] for p in document.hidden if SECRET in p.text} == {
        "invisible": "marked", "white": "white", "tiny": "tiny",
    }  # fmt: skip


def test_workbook() -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in (["visible words", "count"], ["lamps", 3], [f"{SECRET} row", 9], ["chairs", 4]):
        sheet.append(row)
    sheet.row_dimensions[3].hidden = True
    sheet["D1"] = f"{SECRET} white"
    sheet["D1"].font = openpyxl.styles.Font(color="FFFFFFFF")
    sheet["A2"].comment = openpyxl.comments.Comment(f"{SECRET} comment", "me")
    other = book.create_sheet("Other")
    other.append([f"{SECRET} sheet"])
    other.sheet_state = "hidden"
    held = BytesIO()
    book.save(held)
    document = parse(held.getvalue(), "a.xlsx")
    assert document.text == "visible words | count\nlamps | 3\nchairs | 4"
    texts = " ".join(piece.text for piece in document.hidden)
    assert all(f"{SECRET} {word}" in texts for word in ("row", "white", "comment", "sheet"))


def test_slides() -> None:
    talk = pptx.Presentation()
    slide = talk.slides.add_slide(talk.slide_layouts[5])
    slide.shapes.title.text = "Only visible words"
    far = slide.shapes.add_textbox(Inches(20), Inches(1), Inches(3), Inches(1))
    far.text_frame.text = f"{SECRET} far"
    tiny = slide.shapes.add_textbox(Inches(1), Inches(3), Inches(3), Inches(1))
    tiny.text_frame.text = f"{SECRET} tiny"
    tiny.text_frame.paragraphs[0].runs[0].font.size = SlidePt(1)
    second = talk.slides.add_slide(talk.slide_layouts[5])
    second.shapes.title.text = f"{SECRET} slide"
    second._element.set("show", "0")
    held = BytesIO()
    talk.save(held)
    document = parse(held.getvalue(), "a.pptx")
    assert document.text == "Only visible words"
    assert {p.kind: p.text.split()[-1] for p in document.hidden if SECRET in p.text} == {
        "off_page": "far", "tiny": "tiny", "invisible": "slide",
    }  # fmt: skip


def test_what_is_kept_is_bounded_and_comments_go_first() -> None:
    comments = [Hidden("comment", f"remark number {'x' * 3_000} {n}") for n in range(MAX_PIECES)]
    kept = bounded([*comments, Hidden("white", SECRET), Hidden("white", SECRET)])
    assert kept[0] == Hidden("white", SECRET)
    assert sum(len(piece.text) for piece in kept) <= MAX_CHARS
    assert sum(piece.kind == "white" for piece in kept) == 1


@pytest.mark.parametrize(
    ("text", "value"),
    [("#fff", (255, 255, 255)), ("RGB(1, 2,3)", (1, 2, 3)), ("rgb(100% 0% 0%)", (255, 0, 0)),
     ("navy url(a.png)", (0, 0, 128)), ("#12345678", (18, 52, 86)), ("inherit", None), ("", None)],
)  # fmt: skip
def test_colours(text: str, value: tuple[int, int, int] | None) -> None:
    assert colour(text) == value
