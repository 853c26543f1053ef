"""Pictures of too many pixels are refused by their headers, before anything decodes them."""

from __future__ import annotations

from io import BytesIO
from zlib import crc32

import pypdfium2 as pdfium
import pytest
from fpdf import FPDF
from PIL import Image

from freshground.core.errors import Quarantine
from ingestion.parse import ocr, parse, pdf, pictures
from ingestion.parse.blocks import Raw


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PIXELS", 1_000)


def _image(kind: str, *sizes: tuple[int, int]) -> bytes:
    stream = BytesIO()
    first, *others = [Image.new("L", size) for size in sizes]
    first.save(stream, kind, **({"save_all": True, "append_images": others} if others else {}))
    return stream.getvalue()


def _refused(data: bytes) -> str:
    with pytest.raises(Quarantine) as refusal:
        pictures.measure(data)
    return refusal.value.rule


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "BMP", "GIF"])
def test_each_kind_is_measured(kind: str) -> None:
    pictures.measure(_image(kind, (30, 30)))
    assert _refused(_image(kind, (40, 40))) == "too_large"


def test_each_page_of_a_picture_is_measured() -> None:
    assert _refused(_image("TIFF", (10, 10), (10, 10), (100, 100))) == "too_large"


def test_a_header_is_enough_to_refuse_a_bomb(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = bytearray(_image("PNG", (1, 1)))
    bomb[16:24] = (60_000).to_bytes(4) * 2
    bomb[29:33] = _checksum(bytes(bomb[12:29]))
    assert _refused(bytes(bomb)) == "too_large"
    monkeypatch.setattr(ocr, "is_ready", lambda _languages: True)
    with pytest.raises(Quarantine, match="pixels"):
        ocr.parse(Raw(bytes(bomb)))


def _checksum(chunk: bytes) -> bytes:
    return crc32(chunk).to_bytes(4)


def test_what_is_no_picture_passes() -> None:
    pictures.measure(b"\x89PNG\r\n\x1a\nnothing")


def _page(*, white: bool) -> bytes:
    file = FPDF()
    file.add_page()
    file.set_font("Helvetica", size=12)
    file.image(Image.new("L", (90, 90)), x=20, y=200, w=40, h=40)
    file.text(20, 40, "Only visible words.")
    if white:
        file.set_text_color(255, 255, 255)
        file.text(20, 60, "Doubtful words.")
    return bytes(file.output())


def test_a_page_is_not_drawn_with_too_large_a_picture() -> None:
    assert parse(_page(white=False), "a.pdf").text == "Only visible words."
    with pytest.raises(Quarantine) as refusal:
        parse(_page(white=True), "a.pdf")
    assert refusal.value.rule == "too_large"
    with pytest.raises(Quarantine):
        pdf._picture(pdfium.PdfDocument(_page(white=False)), 1)
