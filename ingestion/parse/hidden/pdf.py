"""Hidden text of a PDF page: invisible by mode, transparent, tiny, off the page, without contrast.

Cheap signs name the suspects; whether one can really not be seen is decided by drawing the page
with and without them, which only pages that have suspects pay for. The layer of invisible text
under which a scanner puts the picture of a page is no hidden text: it is what the reader sees.
"""

# ruff: noqa: PLR2004 - colours, render modes

from __future__ import annotations

import ctypes
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2.raw as pdfium_c

from freshground.core.records import Hidden
from ingestion.parse import pictures
from ingestion.parse.pdfium_calls import Place, address, c_float, c_int, c_uint, c_void_p, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TINY = 2.0
"""Points below which type is not read."""
MAX_COVERS = 300
"""Pictures and filled shapes of one page that are looked under; drawings have thousands."""
SCAN_SHARE = 0.5
MAX_DEPTH = 4
CONTRAST = 20
"""The difference, of 255, that a text makes on the page where a reader sees it."""
MAX_PIXELS = 4_000_000
MAX_NOTES = 100

_Box = tuple[float, float, float, float]
_INVISIBLE, _CLIP = 3, 7
_TEXT, _PATH = pdfium_c.FPDF_PAGEOBJ_TEXT, pdfium_c.FPDF_PAGEOBJ_PATH
_IMAGE, _FORM = pdfium_c.FPDF_PAGEOBJ_IMAGE, pdfium_c.FPDF_PAGEOBJ_FORM

_COLOUR, _MATRIX, _SIZE = Place(c_uint, 4), Place(c_float, 6), Place(c_float, 1)
_SIDES, _MODES, _EXTENT = Place(c_float, 4), Place(c_int, 2), Place(c_uint, 2)
_kind_of = plain(pdfium_c.FPDFPageObj_GetType, c_int, c_void_p)
_mode_of = plain(pdfium_c.FPDFTextObj_GetTextRenderMode, c_int, c_void_p)
_size_of = plain(pdfium_c.FPDFTextObj_GetFontSize, c_int, c_void_p, c_void_p)
_matrix_of = plain(pdfium_c.FPDFPageObj_GetMatrix, c_int, c_void_p, c_void_p)
_colour_of = plain(pdfium_c.FPDFPageObj_GetFillColor, c_int, c_void_p, *[c_void_p] * 4)
_bounds_of = plain(pdfium_c.FPDFPageObj_GetBounds, c_int, c_void_p, *[c_void_p] * 4)
_draw_mode_of = plain(pdfium_c.FPDFPath_GetDrawMode, c_int, c_void_p, c_void_p, c_void_p)
_extent_of = plain(pdfium_c.FPDFImageObj_GetImagePixelSize, c_int, c_void_p, c_void_p, c_void_p)
_activate = plain(pdfium_c.FPDFPageObj_SetIsActive, c_int, c_void_p, c_int)
_text_of = plain(pdfium_c.FPDFTextObj_GetText, c_uint, c_void_p, c_void_p, c_void_p, c_uint)
_on_page = plain(pdfium_c.FPDFPage_GetObject, c_void_p, c_void_p, c_int)
_in_form = plain(pdfium_c.FPDFFormObj_GetObject, c_void_p, c_void_p, c_uint)
_count_of_form = plain(pdfium_c.FPDFFormObj_CountObjects, c_int, c_void_p)
_WHITE = (255, 255, 255)


class _Matrix(NamedTuple):
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float


class _Text(NamedTuple):
    raw: int
    order: int
    x: float
    y: float
    colour: tuple[int, ...]
    sure: str | None
    outer: _Matrix | None


class _Cover(NamedTuple):
    order: int
    box: _Box
    colour: tuple[int, ...] | None


def take(page: Any, number: int) -> list[Hidden]:
    """Make the hidden text of a page inactive, so that neither text nor picture has it; return it.

    `page` is pypdfium2's, just opened. Notes that readers see on a click are returned as comments.
    """
    found = [Hidden("comment", text, page=number) for text in _notes(page)]
    suspects, covers, seen = _look(page)
    if not suspects:
        return found
    width, height = page.get_size()
    scanned = sum((b[2] - b[0]) * (b[3] - b[1]) for _, b, c in covers if c is None)
    if scanned >= SCAN_SHARE * width * height and len(suspects) > seen:
        return found
    hidden = [(text, text.sure) for text in suspects if text.sure]
    doubtful = [text for text in suspects if not text.sure]
    hidden += [(text, "white") for text in _without_contrast(page, doubtful)]
    if hidden:
        hidden.sort(key=lambda each: each[0].order)
        found += _texts(page, hidden, number)
        for text, _ in hidden:
            _activate(text.raw, 0)
    return found


def _look(page: Any) -> tuple[list[_Text], list[_Cover], int]:
    """Return suspect texts, what may lie under or over them, and the count of the other texts."""
    suspects: list[_Text] = []
    texts: list[_Text] = []
    covers: list[_Cover] = []
    box = page.get_bbox()
    left, bottom, right, top = box
    unseen = frozenset({_INVISIBLE, _CLIP})
    written, colour = [0, 0, 0, 255], (0, 0, 0)
    for order, (raw, kind, outer) in enumerate(_objects(page.raw)):
        if kind != _TEXT:
            if len(covers) < MAX_COVERS and (cover := _cover(raw, kind, order, outer)):
                covers.append(cover)
            continue
        now = _COLOUR.read() if _colour_of(raw, *_COLOUR.each) else [0, 0, 0, 255]
        if now != written:
            written, colour = now, tuple(now[:3])
        _matrix_of(raw, _MATRIX.at)
        _size_of(raw, _SIZE.at)
        a, b, c, d, x, y = _MATRIX.read()
        high = a if b == c == 0 and a == d > 0 else max(abs(b), abs(c), abs(a), abs(d))
        high *= _SIZE.read()[0]
        if outer is not None:
            high *= max(abs(outer.a), abs(outer.b), abs(outer.c), abs(outer.d))
            x, y = _moved(outer, x, y)
        sure = None
        if written[3] < 12 or _mode_of(raw) in unseen:
            sure = "invisible"
        elif 0 < high < TINY:
            # Some fonts are drawn larger than their size says.
            low, tall = (sides := _bounds(raw, outer))[2] - sides[0], sides[3] - sides[1]
            sure = "tiny" if min(low, tall) < TINY else None
        elif not (
            left - high <= x <= right + high and bottom - high <= y <= top + high
        ) and _is_off(_bounds(raw, outer), box):
            sure = "off_page"
        text = _Text(raw, order, x, y, colour, sure, outer)
        (suspects if sure else texts).append(text)
    doubtful = _doubtful(texts, covers)
    return [*suspects, *doubtful], covers, len(texts) - len(doubtful)


def _doubtful(texts: list[_Text], covers: list[_Cover]) -> list[_Text]:
    """Return texts that may have no contrast: to the page, to what is under them or over them."""
    pale = {colour for colour in {text.colour for text in texts} if _is_near(colour, _WHITE)}
    if not covers:
        return [text for text in texts if text.colour in pale]
    # A page of text over a frame or two: what lies under no cover is compared with the page.
    low_x, low_y = min(c.box[0] for c in covers), min(c.box[1] for c in covers)
    high_x, high_y = max(c.box[2] for c in covers), max(c.box[3] for c in covers)
    found = []
    for text in texts:
        x, y = text.x + 1, text.y + 1
        if low_x <= x <= high_x and low_y <= y <= high_y:
            if _is_doubtful(text, x, y, covers):
                found.append(text)
        elif text.colour in pale:
            found.append(text)
    return found


def _is_doubtful(text: _Text, x: float, y: float, covers: list[_Cover]) -> bool:
    under: tuple[int, ...] | None = _WHITE
    for order, (x0, y0, x1, y1), colour in covers:
        if x0 <= x <= x1 and y0 <= y <= y1:
            if order > text.order:
                return True
            under = colour
    return under is not None and _is_near(text.colour, under)


def _is_near(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
    return abs(one[0] - other[0]) + abs(one[1] - other[1]) + abs(one[2] - other[2]) < 60


def _objects(page: Any) -> Iterator[tuple[int, int, _Matrix | None]]:
    """Yield a page's objects with kind and the matrix of the form that they stand in, or None."""

    def inside(
        count: int, get: Any, holder: int, outer: _Matrix | None, depth: int
    ) -> Iterator[tuple[int, int, _Matrix | None]]:
        for i in range(count):
            raw = get(holder, i)
            kind = _kind_of(raw)
            if kind != _FORM:
                yield raw, kind, outer
            elif depth < MAX_DEPTH:
                _matrix_of(raw, _MATRIX.at)
                own = _Matrix(*_MATRIX.read())
                own = own if outer is None else _joined(own, outer)
                yield from inside(_count_of_form(raw), _in_form, raw, own, depth + 1)

    return inside(pdfium_c.FPDFPage_CountObjects(page), _on_page, address(page), None, 0)


def _joined(inner: _Matrix, outer: _Matrix) -> _Matrix:
    return _Matrix(
        inner.a * outer.a + inner.b * outer.c, inner.a * outer.b + inner.b * outer.d,
        inner.c * outer.a + inner.d * outer.c, inner.c * outer.b + inner.d * outer.d,
        inner.e * outer.a + inner.f * outer.c + outer.e,
        inner.e * outer.b + inner.f * outer.d + outer.f,
    )  # fmt: skip


def _moved(matrix: _Matrix, x: float, y: float) -> tuple[float, float]:
    return x * matrix.a + y * matrix.c + matrix.e, x * matrix.b + y * matrix.d + matrix.f


def _bounds(raw: int, outer: _Matrix | None) -> _Box:
    _bounds_of(raw, *_SIDES.each)
    x0, y0, x1, y1 = _SIDES.read()
    if outer is None:
        return x0, y0, x1, y1
    corners = [_moved(outer, x, y) for x in (x0, x1) for y in (y0, y1)]
    xs, ys = [x for x, _ in corners], [y for _, y in corners]
    return min(xs), min(ys), max(xs), max(ys)


def _is_off(box: _Box, page: _Box) -> bool:
    return box[2] <= page[0] or box[0] >= page[2] or box[3] <= page[1] or box[1] >= page[3]


def _cover(raw: int, kind: int, order: int, outer: _Matrix | None) -> _Cover | None:
    """Return a picture (without a colour) or a filled shape, None for lines and shades."""
    if kind == _IMAGE:
        return _Cover(order, _bounds(raw, outer), None)
    if kind != _PATH:
        return None
    _draw_mode_of(raw, *_MODES.each)
    if not _MODES.read()[0]:
        return None
    box = _bounds(raw, outer)
    if box[3] - box[1] < 4 or not _colour_of(raw, *_COLOUR.each):
        return None
    *colour, alpha = _COLOUR.read()
    return _Cover(order, box, tuple(colour)) if alpha > 100 else None


def _without_contrast(page: Any, doubtful: list[_Text]) -> list[_Text]:
    """Return the texts that make no difference to the page as drawn."""
    if not doubtful:
        return []
    width, height = page.get_size()
    scale = min(1.0, (MAX_PIXELS / max(width * height, 1.0)) ** 0.5)
    wide, high = ceil(width * scale), ceil(height * scale)
    places = [_place(page, text, wide, high) for text in doubtful]
    # Only where they stand is drawn: the pictures elsewhere on a page cost most of it.
    left, top = min(p[0] for p in places), min(p[1] for p in places)
    right, bottom = max(p[2] for p in places), max(p[3] for p in places)
    if left >= right or top >= bottom:
        return doubtful
    # It is rounded up there: half a pixel less is the same pixel, whatever is lost in dividing.
    crop = tuple((side - 0.5) / scale for side in (left, high - bottom, wide - right, top))
    measure_pictures(page)
    before = _drawn(page, scale, crop)
    for text in doubtful:
        _activate(text.raw, 0)
    after = _drawn(page, scale, crop)
    for text in doubtful:
        _activate(text.raw, 1)
    changed = abs(before - after) >= CONTRAST
    if not changed.any():
        return doubtful
    return [
        text
        for text, (x0, y0, x1, y1) in zip(doubtful, places, strict=True)
        if not changed[y0 - top : y1 - top, x0 - left : x1 - left].any()
    ]


def measure_pictures(page: Any) -> None:
    """Raise `Quarantine` `too_large` for a page that is to be drawn with too large a picture."""
    for raw, kind, _ in _objects(page.raw):
        if kind == _IMAGE and _extent_of(raw, *_EXTENT.each):
            pictures.allow(*_EXTENT.read())


def _drawn(page: Any, scale: float, crop: tuple[float, ...]) -> Any:
    bitmap = page.render(scale=scale, grayscale=True, may_draw_forms=False, crop=crop)
    try:
        return bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width].astype("int16")
    finally:
        bitmap.close()


def _place(page: Any, text: _Text, wide: int, high: int) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a text on a page drawn so many pixels wide and high."""
    box = _bounds(text.raw, text.outer)
    points = []
    x, y = ctypes.c_int(), ctypes.c_int()
    for px, py in ((box[0], box[1]), (box[2], box[3])):
        pdfium_c.FPDF_PageToDevice(page.raw, 0, 0, wide, high, 0, px, py,
                                   ctypes.byref(x), ctypes.byref(y))  # fmt: skip
        points.append((x.value, y.value))
    (x0, y0), (x1, y1) = points
    return (
        min(max(min(x0, x1), 0), wide), min(max(min(y0, y1), 0), high),
        max(min(max(x0, x1) + 1, wide), 0), max(min(max(y0, y1) + 1, high), 0),
    )  # fmt: skip


def _texts(page: Any, hidden: Iterable[tuple[_Text, str | None]], number: int) -> list[Hidden]:
    """Return the texts joined where one follows another of its kind."""
    textpage = page.get_textpage()
    where = address(textpage.raw)
    joined: list[tuple[str, list[str]]] = []
    try:
        for text, kind in hidden:
            length = _text_of(text.raw, where, None, 0)
            buffer = ctypes.create_string_buffer(length)
            _text_of(text.raw, where, ctypes.addressof(buffer), length)
            words = buffer.raw[:length].decode("utf-16-le", "replace").rstrip("\x00")
            if joined and joined[-1][0] == kind:
                joined[-1][1].append(words)
            else:
                joined.append((kind or "invisible", [words]))
    finally:
        textpage.close()
    return [Hidden(kind, " ".join(" ".join(words).split()), page=number)
            for kind, words in joined if "".join(words).strip()]  # fmt: skip


def _notes(page: Any) -> Iterator[str]:
    for i in range(min(pdfium_c.FPDFPage_GetAnnotCount(page.raw), MAX_NOTES)):
        note = pdfium_c.FPDFPage_GetAnnot(page.raw, i)
        if not note:
            continue
        try:
            if pdfium_c.FPDFAnnot_GetSubtype(note) == pdfium_c.FPDF_ANNOT_FREETEXT:
                continue  # text that is typed over the page, for all to see
            length = pdfium_c.FPDFAnnot_GetStringValue(note, b"Contents", None, 0)
            if length > 2:
                buffer = ctypes.create_string_buffer(length)
                pdfium_c.FPDFAnnot_GetStringValue(
                    note,
                    b"Contents",
                    ctypes.cast(buffer, ctypes.POINTER(pdfium_c.FPDF_WCHAR)),
                    length,
                )
                yield buffer.raw[:length].decode("utf-16-le", "replace").rstrip("\x00")
        finally:
            pdfium_c.FPDFPage_CloseAnnot(note)
