"""PDF: what is filled in, code by its type, and pages that are turned to be shown."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

import fpdf
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Document

    Parsed = Callable[..., Document]
    Outline = Callable[..., list[tuple[str, str]]]


def _pdf(*objects: str) -> bytes:
    """Return a file of objects, the first of which is the catalogue."""
    out, places = BytesIO(b""), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, 1):
        places.append(out.tell())
        out.write(f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1"))
    start = out.tell()
    out.write(f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode())
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(f"trailer <</Size {len(objects) + 1} /Root 1 0 R>>\n".encode())
    out.write(f"startxref\n{start}\n%%EOF".encode())
    return out.getvalue()


def test_values_of_forms_and_text_typed_over_the_page(parsed: Parsed) -> None:
    words = "BT /F 12 Tf 50 700 Td (Name:) Tj 0 -40 Td (Agreed:) Tj 0 -40 Td (Thank you all.) Tj ET"
    field = "<</Type /Annot /Subtype /Widget /FT /Tx /T (%s) /V (%s) /Rect [%s] /F %d /Ff %d>>"
    document = parsed(
        _pdf(
            "<</Type /Catalog /Pages 2 0 R /AcroForm <</Fields [6 0 R 7 0 R 8 0 R 9 0 R]>>>>",
            "<</Type /Pages /Kids [3 0 R] /Count 1>>",
            "<</Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents 4 0 R /Resources "
            "<</Font <</F 5 0 R>>>> /Annots [6 0 R 7 0 R 8 0 R 9 0 R 10 0 R]>>",
            f"<</Length {len(words)}>>\nstream\n{words}\nendstream",
            "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>",
            field % ("n", "Erika Muster", "120 696 300 714", 4, 0),
            "<</Type /Annot /Subtype /Widget /FT /Btn /T (b) /V /On /AS /On /F 4 "
            "/Rect [120 656 134 670] /AP <</N <</On 4 0 R /Off 4 0 R>>>>>>",
            field % ("h", "Nobody should see this", "120 500 300 514", 2, 0),
            field % ("p", "secretword", "120 400 300 414", 4, 1 << 13),
            "<</Type /Annot /Subtype /FreeText /Contents (Typed over it) /Rect [50 560 300 580]>>",
        ),
        "form.pdf",
    )
    assert " ".join(document.text.replace("|", " ").split()) == (
        "Name: Erika Muster Agreed: \u2611 Thank you all. Typed over it"
    )
    assert [(h.kind, h.text) for h in document.hidden] == [("invisible", "Nobody should see this")]


def test_code_by_its_type(parsed: Parsed, outline: Outline) -> None:
    document = fpdf.FPDF()
    document.add_page()
    document.set_font("helvetica", size=11)
    document.text(20, 30, "The function below, which is called by all of the others, is this:")
    document.set_font("courier", size=10)
    for line, text in enumerate(["def f(x):", "    return x", "", "print(f(2))"]):
        document.text(20, 40 + 5 * line, text)
    document.set_font("helvetica", size=11)
    document.text(20, 70, "And that was all there is to say about the whole of it.")
    found = outline(parsed(bytes(document.output()), "a.pdf"))
    assert found[1] == ("code", "def f(x):\n    return x\n\nprint(f(2))")
    assert [kind for kind, _ in found] == ["text", "code", "text"]


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_pages_that_are_turned_to_be_shown(turn: int, parsed: Parsed, outline: Outline) -> None:
    """As LaTeX and scanners write landscape: the type is turned, and the page turned back."""
    rows = [("Region", "Claims", "Paid"), *((f"Area {n}", f"{n * 7}", f"{n}00") for n in range(6))]
    document = fpdf.FPDF(unit="pt", format=(600, 600))
    document.add_page()
    document.set_font("helvetica", size=11)
    with document.rotation(turn, 300, 300):
        for line, row in enumerate(rows):
            for place, cell in enumerate(row):
                document.text(100 + 120 * place, 100 + 20 * line, cell)
    data = bytes(document.output()).replace(b"/Type /Page\n", b"/Type /Page /Rotate %d\n" % turn)
    assert b"/Rotate" in data
    assert outline(parsed(data, "a.pdf")) == [("table", "\n".join(map(" | ".join, rows)))]
