"""Scans and pictures: recognised as such, read where tesseract is, and else named as the lack.

The stand-in for tesseract keeps to its command line and its table: it says how large the picture
is that it was given, so that the tests see which pages come to it, and how.
"""

from __future__ import annotations

import random
import sys
from io import BytesIO
from typing import TYPE_CHECKING

import fpdf
import pytest
from PIL import Image

from freshground.core.errors import Quarantine
from ingestion.parse import parse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from freshground.core.records import Document

PROGRAM = """#!{python}
import sys
if "--list-langs" in sys.argv:
    print("List of available languages (2):\\ndeu\\neng")
    sys.exit()
head = sys.stdin.buffer.read()[:40].split()
size = head[1:3] if head[0] == b"P5" else [b"image", b"file"]
rows = [("level", "page_num", "block_num", "par_num", "line_num", "word_num", "left", "top",
         "width", "height", "conf", "text"), (1, 1, 0, 0, 0, 0, 0, 0, 9, 9, -1, "")]
words = [(1, 1, "Read"), (1, 1, sys.argv[sys.argv.index("-l") + 1]), (1, 2, size[0].decode()),
         (1, 2, size[1].decode()), (2, 1, "Another"), (2, 1, "para-"), (2, 2, "graph."),
         (2, 2, "~")]
for number, (par, line, text) in enumerate(words):
    rows.append((5, 1, 1, par, line, number, 0, 0, 9, 9, 3 if text == "~" else 91, text))
print("\\n".join("\\t".join(map(str, row)) for row in rows))
"""


@pytest.fixture
def tesseract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "tesseract"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")


def _picture() -> bytes:
    noise = random.Random(5).randbytes(120 * 160)
    stream = BytesIO()
    Image.frombytes("L", (120, 160), noise).save(stream, "png")
    return stream.getvalue()


def _scan(*, stamp: bool = False, text: str = "") -> bytes:
    document = fpdf.FPDF(unit="pt", format=(600, 800))
    document.set_font("helvetica", size=9)
    if text:
        document.add_page()
        document.text(60, 300, text)
    document.add_page()
    document.image(BytesIO(_picture()), 0, 0, 600, 800)
    if stamp:
        document.text(40, 30, "Received on 3 May")
    return bytes(document.output())


def _refusal(data: bytes, name: str, **options: str) -> Quarantine:
    with pytest.raises(Quarantine) as refusal:
        parse(data, name, **options)
    return refusal.value


@pytest.mark.parametrize("stamp", [False, True])
def test_a_scan_is_refused_by_name_where_there_is_no_ocr(stamp: bool, bare: None) -> None:
    refusal = _refusal(_scan(stamp=stamp), "x.pdf")
    assert refusal.rule == "no_text_layer"
    assert "tesseract, which is not on this machine" in str(refusal)


@pytest.mark.parametrize("stamp", [False, True])
def test_a_scan_is_read_at_300_dots_an_inch(
    stamp: bool, tesseract: None, outline: Callable[[Document], list]
) -> None:
    document = parse(_scan(stamp=stamp), "x.pdf", ocr="deu+eng")
    assert outline(document) == [
        ("text", "Read deu+eng 2500 3334"),
        ("text", "Another para-graph."),
    ]
    assert document.elements[0].page == 1
    assert document.metadata["pages_by_ocr"] == 1


def test_only_the_pages_without_text_are_read(
    tesseract: None, outline: Callable[[Document], list]
) -> None:
    document = parse(_scan(text="The first page has a text layer."), "x.pdf")
    assert [text for _, text in outline(document)] == [
        "The first page has a text layer.", "Read eng 2500 3334", "Another para-graph.",
    ]  # fmt: skip
    assert [element.page for element in document.elements] == [1, 2, 2]


def test_text_pages_are_served_and_the_scan_counted_where_there_is_no_ocr(bare: None) -> None:
    document = parse(_scan(text="The first page has a text layer."), "x.pdf")
    assert document.text == "The first page has a text layer."
    assert document.metadata["pages_without_text"] == 1


def test_an_image_file(tesseract: None) -> None:
    assert parse(_picture(), "x.bin").text == "Read eng image file\n\nAnother para-graph."


def test_what_ocr_lacks_is_named(tesseract: None) -> None:
    assert "tesseract's data for jpn" in str(_refusal(_picture(), "x.png", ocr="eng+jpn"))
    assert "switched off" in str(_refusal(_picture(), "x.png", ocr=""))
