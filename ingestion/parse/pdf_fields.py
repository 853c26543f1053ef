"""What is filled in on a page of a PDF: values of form fields, and text typed over the page.

A page's own text knows nothing of them. They are set among its lines: behind what stands to their
left on their line, else above the first line that lies below them.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2.raw as pdfium_c

from freshground.core.records import Hidden
from ingestion.parse.segments import Segment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Seen = Callable[[float, float, float, float], tuple[float, float, float, float]]

MAX_FIELDS = 1_000
"""Annotations of a page that are looked at; links and notes are such too."""

MAX_SIZE = 11.0
_SHARE = 0.7
"""How much of a field's height its type takes, at most `MAX_SIZE` points."""

_OUT_OF_SIGHT = pdfium_c.FPDF_ANNOT_FLAG_HIDDEN | pdfium_c.FPDF_ANNOT_FLAG_NOVIEW
_PASSWORD = 1 << 13
_TICKED = "\u2611"
_WRITTEN = (pdfium_c.FPDF_FORMFIELD_TEXTFIELD, pdfium_c.FPDF_FORMFIELD_COMBOBOX,
            pdfium_c.FPDF_FORMFIELD_LISTBOX)  # fmt: skip
_BOXES = (pdfium_c.FPDF_FORMFIELD_CHECKBOX, pdfium_c.FPDF_FORMFIELD_RADIOBUTTON)


class _Filled(NamedTuple):
    text: str
    box: tuple[float, float, float, float]
    shown: bool


def add(page: Any, number: int, seen: Seen, segments: list[Segment], hidden: list[Hidden]) -> None:
    """Set what is filled in on page `number` among its segments, and what is not shown apart."""
    for text, box, shown in _filled(page):
        if not shown:
            hidden.append(Hidden("invisible", " ".join(text.split()), page=number))
            continue
        x0, y0, x1, y1 = seen(*box)
        lines = text.split("\n")
        size = min(MAX_SIZE, _SHARE * (y1 - y0) / len(lines))
        step = (y1 - y0) / len(lines)
        for place, line in enumerate(lines):
            middle = y1 - (place + 0.5) * step
            if line.strip():
                at = (x0, middle - 0.5 * size, x1, middle + 0.5 * size)
                _place(Segment(line.strip(), *at, round(size, 1)), segments)


def _place(field: Segment, segments: list[Segment]) -> None:
    middle = (field.y0 + field.y1) / 2
    beside = [
        (segment.x1, place) for place, segment in enumerate(segments)
        if segment.y0 <= middle <= segment.y1 and segment.x0 < field.x0
    ]  # fmt: skip
    if beside:
        place = max(beside)[1] + 1
    else:
        below = (place for place, segment in enumerate(segments) if segment.y1 <= middle)
        place = next(below, len(segments))
    segments.insert(place, field)


def _filled(page: Any) -> Iterator[_Filled]:
    form = page.formenv.raw if page.formenv else None
    for i in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MAX_FIELDS)):
        note = pdfium_c.FPDFPage_GetAnnot(page.raw, i)
        if not note:
            continue
        try:
            kind = pdfium_c.FPDFAnnot_GetSubtype(note)
            if kind == pdfium_c.FPDF_ANNOT_FREETEXT:
                text = _text(lambda to, size, note=note: pdfium_c.FPDFAnnot_GetStringValue(
                    note, b"Contents", to, size))  # fmt: skip
            elif kind == pdfium_c.FPDF_ANNOT_WIDGET and form:
                text = _value(form, note)
            else:
                continue
            if text.strip():
                shown = not pdfium_c.FPDFAnnot_GetFlags(note) & _OUT_OF_SIGHT
                yield _Filled(text.replace("\r\n", "\n").replace("\r", "\n"), _box(note), shown)
        finally:
            pdfium_c.FPDFPage_CloseAnnot(note)


def _value(form: Any, note: Any) -> str:
    kind = pdfium_c.FPDFAnnot_GetFormFieldType(form, note)
    if kind in _BOXES:
        return _TICKED if pdfium_c.FPDFAnnot_IsChecked(form, note) else ""
    if kind not in _WRITTEN or pdfium_c.FPDFAnnot_GetFormFieldFlags(form, note) & _PASSWORD:
        return ""
    return _text(lambda to, size: pdfium_c.FPDFAnnot_GetFormFieldValue(form, note, to, size))


def _text(ask: Callable[[Any, int], int]) -> str:
    length = ask(None, 0)
    if length <= 2:  # noqa: PLR2004 - the end mark alone
        return ""
    buffer = ctypes.create_string_buffer(length)
    ask(ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)), length)
    return buffer.raw[:length].decode("utf-16-le", "replace").rstrip("\x00")


def _box(note: Any) -> tuple[float, float, float, float]:
    box = pdfium_c.FS_RECTF()
    pdfium_c.FPDFAnnot_GetRect(note, ctypes.byref(box))
    return box.left, box.bottom, box.right, box.top
