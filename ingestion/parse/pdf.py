"""PDF by pypdfium2: characters with their boxes become lines; `layout` makes elements of them.

See docs/adr/0006-pdf-library.md for why this library. PDFium is not safe for threads, so one
document is read at a time within a process.
"""

# ruff: noqa: PLR2004 - quarter turns and code points

from __future__ import annotations

import ctypes
import math
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from freshground.core.errors import Quarantine
from ingestion.parse import ocr
from ingestion.parse.blocks import Parsed, Raw
from ingestion.parse.hidden.pdf import take
from ingestion.parse.layout import MARGIN, blocks_of
from ingestion.parse.segments import Page, Segment
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Hidden

_LOCK = threading.Lock()
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_FIELDS = {"Author": "author", "Subject": "subject", "Keywords": "keywords"}
_FILE_NAME = re.compile(
    r"\.(?:docx?|pptx?|xlsx?|pdf|indd|qxd|tex|dvi|html?|rtf|odt)\b|^untitled|[\\/]", re.IGNORECASE
)
_Box = tuple[float, float, float, float]
_HYPHEN_MARKS = frozenset({0x02, 0xFFFE})
_LINE_ENDS = _HYPHEN_MARKS | {0x0D, 0x0A}
_GAP = 0.6
_SCAN_SHARE = 0.5
_STAMP = 300
_WIDE = 0.55
_TILT_SAMPLE = 60
_ARROW = 0x21B5
_LIGATURE = (0.55, 1.1)
_BOLD_WEIGHT = 600


def parse(raw: Raw) -> Parsed:
    """Return the text of a PDF with page numbers; scanned pages are read by OCR where there is one.

    Raises `Quarantine` `encrypted`, `corrupt`, or `no_text_layer` where the pages are only images
    and OCR is not at hand or finds nothing.
    """
    with _LOCK:
        document = _open(raw.data)
        try:
            hidden: list[Hidden] = []
            pages = [_read_page(document, number, hidden) for number in range(len(document))]
            info = document.get_metadata_dict(skip_empty=True)
            scanned = [page.number for page in pages if _is_scan(document, page)]
            # One picture in memory at a time: a page is 9 MB.
            recognised = {
                number: ocr.blocks_of(_picture(document, number), raw.ocr, number)
                for number in (scanned if scanned and ocr.is_ready(raw.ocr) else ())
            }
        finally:
            document.close()
    if not pages:
        raise _corrupt("it has no page")
    # Text of a scan stands in its margins: a stamp, which the picture shows as well.
    blocks = blocks_of([page for page in pages if not recognised.get(page.number)])
    for number, found in recognised.items():
        place = next((i for i, b in enumerate(blocks) if (b.page or 0) > number), len(blocks))
        blocks[place:place] = found
    textless = sum(
        page.number in scanned or not page.segments
        for page in pages
        if not recognised.get(page.number)
    )
    if not blocks or (len(scanned) == len(pages) and not any(recognised.values())):
        raise _no_text(len(pages), len(scanned), raw.ocr)
    metadata: dict[str, Any] = {
        name: info[field] for field, name in _FIELDS.items() if field in info
    }
    if textless:
        metadata["pages_without_text"] = textless
    if recognised:
        metadata["pages_by_ocr"] = sum(map(bool, recognised.values()))
    title = _declared(info.get("Title"))
    return Parsed(blocks, "application/pdf", title, len(pages), metadata, tuple(hidden))


def _no_text(pages: int, scanned: int, languages: str) -> Quarantine:
    return Quarantine(
        "no_text_layer",
        f"None of the {pages} pages has a text layer; {scanned} are scans, the others blank."
        + ocr.missing(languages),
        "Store the document with a text layer, or let it be read by OCR (see docs/documents.md).",
    )


def _is_scan(document: pdfium.PdfDocument, page: Page) -> bool:
    """Whether a page is one large picture, with no text but perhaps a stamp in its margin."""
    if sum(len(segment.text) for segment in page.segments) > _STAMP or any(
        page.height * MARGIN < s.y0 and s.y1 < page.height * (1 - MARGIN) for s in page.segments
    ):
        return False
    shown = document[page.number - 1]
    try:
        boxes = [
            item.get_bounds()
            for item in shown.get_objects(filter=(pdfium_c.FPDF_PAGEOBJ_IMAGE,), max_depth=3)
        ]
    finally:
        shown.close()
    covered = sum((x1 - x0) * (y1 - y0) for x0, y0, x1, y1 in boxes)
    return covered >= _SCAN_SHARE * page.width * page.height


def _picture(document: pdfium.PdfDocument, number: int) -> bytes:
    """Return a page as a grey picture of 300 dots an inch, smaller where the page is huge."""
    page = document[number - 1]
    try:
        width, height = page.get_size()
        scale = min(ocr.DPI / 72, math.sqrt(ocr.MAX_PIXELS / max(1.0, width * height)))
        bitmap = page.render(scale=scale, grayscale=True)
        try:
            rows = bitmap.to_numpy().reshape(bitmap.height, -1)[:, : bitmap.width]
            return b"P5 %d %d 255\n" % (bitmap.width, bitmap.height) + rows.tobytes()
        finally:
            bitmap.close()
    finally:
        page.close()


def _open(data: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise encrypted() from None
        raise _corrupt("its structure is damaged") from None


def _corrupt(why: str) -> Quarantine:
    return Quarantine(
        "corrupt", f"The PDF cannot be read: {why}.", "Write it again from its origin."
    )


def _declared(title: str | None) -> str | None:
    """Return the declared title unless it is a file's name or a placeholder, as it often is."""
    return None if not title or _FILE_NAME.search(title) or title.isdigit() else title


def _read_page(document: pdfium.PdfDocument, index: int, hidden: list[Hidden]) -> Page:
    try:
        page = document[index]
    except pdfium.PdfiumError:
        # Text of the other pages alone would look like the whole document.
        raise _corrupt(f"page {index + 1} of {len(document)} is damaged") from None
    try:
        hidden += take(page, index + 1)
        textpage = page.get_textpage()
        turn = page.get_rotation()
        width, height = page.get_size()
        left, bottom = (page.get_mediabox() or (0.0, 0.0))[:2]
        if tilt := _tilt(textpage.raw):
            turn = (turn + tilt) % 360
            if tilt != 180:
                width, height = height, width
        segments = list(_segments(textpage.raw, _Frame(turn, width, height, left, bottom)))
        textpage.close()
        return Page(index + 1, width, height, tuple(segments))
    finally:
        page.close()


def _tilt(page: Any) -> int:
    """Return the quarter turn, in degrees, at which most of a page's type is set: mostly 0."""
    count = pdfium_c.FPDFText_CountChars(page)
    step = max(1, count // _TILT_SAMPLE)
    turns = Counter(
        round(-math.degrees(pdfium_c.FPDFText_GetCharAngle(page, i)) / 90) % 4
        for i in range(0, count, step)
        if pdfium_c.FPDFText_GetUnicode(page, i) > 0x20
    )
    if not turns or turns[0] >= sum(turns.values()) / 2:
        return 0
    return 90 * turns.most_common(1)[0][0]


class _Frame:
    """Turns a box in a page's own coordinates into one as the reader sees the page."""

    def __init__(self, turn: int, width: float, height: float, left: float, bottom: float) -> None:
        self.turn, self.width, self.height = turn, width, height
        self.left, self.bottom = left, bottom

    def seen(self, x0: float, y0: float, x1: float, y1: float) -> tuple[float, float, float, float]:
        """Return x0, y0, x1, y1 with the origin at the lower left of the page as shown."""
        x0, x1, y0, y1 = x0 - self.left, x1 - self.left, y0 - self.bottom, y1 - self.bottom
        if self.turn == 90:
            return y0, self.height - x1, y1, self.height - x0
        if self.turn == 180:
            return self.width - x1, self.height - y1, self.width - x0, self.height - y0
        if self.turn == 270:
            return self.width - y1, x0, self.width - y0, x1
        return x0, y0, x1, y1


def _segments(page: Any, frame: _Frame) -> Iterator[Segment]:
    """Yield runs of words on one line without a wide gap, in the order of the file."""
    line = _Line(page)
    for start, end, word in _words(page):
        if word == " ":
            line.space()
        elif word is None:
            yield from line.finish()
        else:
            for first, last, text in _unbroken(page, frame, start, end, word):
                yield from line.add(first, last, text, _box(page, frame, first, last))
    yield from line.finish()


def _words(page: Any) -> Iterator[tuple[int, int, str | None]]:
    """Yield words with their first and last character, spaces as " ", line ends as None."""
    code_at = pdfium_c.FPDFText_GetUnicode
    word: list[str] = []
    first = last = high = 0
    for i in range(pdfium_c.FPDFText_CountChars(page)):
        code = code_at(page, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        if code == 0:
            if word and (lost := _lost_ligature(page, i)):
                word.append(lost)
                last = i
            continue
        if code == _ARROW and word and word[-1].islower():
            # TeX's "ff" under the name that an older table gives its place.
            word.append("ff")
            last = i
            continue
        char = chr(code)
        ends, spaced = code in _LINE_ENDS, char.isspace()
        if ends or spaced:
            if code in _HYPHEN_MARKS:
                # PDFium hides the line break after a hyphen that it takes for a divided word's.
                word.append("-")
            if word:
                yield first, last, "".join(word)
                word = []
            yield i, i, None if ends else " "
            continue
        if not word:
            first = i
        last = i
        word.append(char)
    if word:
        yield first, last, "".join(word)


def _lost_ligature(page: Any, i: int) -> str:
    """Return the ligature that a letter without any code is, "" where that is not sure.

    Some writers of TeX's fonts lose the code of "ffi" and "ffl", the only glyphs of three letters:
    as wide as most of the type, between small letters. "ffl" stands before vowels alone.
    """
    place = pdfium_c.FS_RECTF()
    after = chr(pdfium_c.FPDFText_GetUnicode(page, i + 1))
    if not ("a" <= after <= "z" and pdfium_c.FPDFText_GetLooseCharBox(page, i, place)):
        return ""
    width = (place.right - place.left) / max(1.0, place.top - place.bottom)
    if not _LIGATURE[0] < width < _LIGATURE[1]:
        return ""
    return "ffl" if after in "aeiou" else "ffi"


def _unbroken(
    page: Any, frame: _Frame, first: int, last: int, word: str
) -> Iterator[tuple[int, int, str]]:
    """Yield a word as it is, or character by character where it is too wide to be one word.

    Words run from 0.3 to 0.6 of the font size a letter; a gap of a column may hide in a wider one.
    """
    box = _box(page, frame, first, last)
    if box is None or last - first + 1 != len(word):
        yield first, last, word
        return
    x0, y0, x1, y1 = box
    high = max(y1 - y0, 1.0)
    if x1 - x0 <= _WIDE * high * len(word) + _GAP * high:
        yield first, last, word
    else:
        yield from ((first + i, first + i, char) for i, char in enumerate(word))


def _box(page: Any, frame: _Frame, first: int, last: int) -> _Box | None:
    """Return the box around the first and the last character of a word, None where one has none."""
    place = pdfium_c.FS_RECTF()
    here = ctypes.byref(place)
    box_at = pdfium_c.FPDFText_GetLooseCharBox
    if not box_at(page, first, here):
        return None
    found = (place.left, place.bottom, place.right, place.top)
    if last != first and box_at(page, last, here):
        found = _around(found, (place.left, place.bottom, place.right, place.top))
    return frame.seen(*found)


def _around(one: _Box, other: _Box) -> _Box:
    # Conditions are several times as fast as min and max, and this runs for every word.
    a0, b0, a1, b1 = one
    c0, d0, c1, d1 = other
    return (
        a0 if a0 < c0 else c0, b0 if b0 < d0 else d0,  # noqa: FURB136
        a1 if a1 > c1 else c1, b1 if b1 > d1 else d1,  # noqa: FURB136
    )  # fmt: skip


class _Line:
    """Gathers words until a line ends or a gap is as wide as one between columns."""

    def __init__(self, page: Any) -> None:
        self._page = page
        self._text: list[str] = []
        self._bounds: _Box | None = None
        self._sizes: Counter[float] = Counter()
        self._first = self._last = 0

    def space(self) -> None:
        """Take a blank between words."""
        if self._text:
            self._text.append(" ")

    def add(self, first: int, last: int, text: str, box: _Box | None) -> Iterator[Segment]:
        """Take a word; yield the segment before it when a wide gap parts them."""
        if box is None:
            self._text.append(text)
            return
        if self._bounds is not None and _is_apart(self._bounds, *box):
            yield from self.finish()
        if self._bounds is None:
            self._first = first
            self._bounds = box
        else:
            self._bounds = _around(self._bounds, box)
        self._last = last
        self._sizes[pdfium_c.FPDFText_GetFontSize(self._page, first)] += len(text)
        self._text.append(text)

    def finish(self) -> Iterator[Segment]:
        """Yield what was gathered, if anything was."""
        joined = "".join(self._text).strip()
        if joined and self._bounds is not None:
            page, first = self._page, self._first
            # The size that most of its characters have: notes' marks are set smaller.
            size = self._sizes.most_common(1)[0][0] * _scale(page, first)
            bold = _is_bold(page, first) and _is_bold(page, self._last)
            yield Segment(joined, *self._bounds, round(size, 1), bold)
        self._text.clear()
        self._bounds = None
        self._sizes.clear()


def _is_apart(bounds: _Box, x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a character on the line of `bounds` stands a column's gap away from it."""
    size = max(y1 - y0, 1.0)
    overlap = min(bounds[3], y1) - max(bounds[1], y0)
    if overlap < 0.3 * size:
        # Turned or raised text: PDFium's own line break is the better judge.
        return False
    return x0 - bounds[2] > _GAP * size or x1 < bounds[0] - size


def _scale(page: Any, index: int) -> float:
    """Return how much a character's matrix enlarges its font: some writers set all type so."""
    matrix = pdfium_c.FS_MATRIX()
    if not pdfium_c.FPDFText_GetMatrix(page, index, ctypes.byref(matrix)):
        return 1.0
    return math.hypot(matrix.c, matrix.d) or 1.0


def _is_bold(page: Any, index: int) -> bool:
    if pdfium_c.FPDFText_GetFontWeight(page, index) > _BOLD_WEIGHT:
        return True
    flags = ctypes.c_int()
    length = pdfium_c.FPDFText_GetFontInfo(page, index, None, 0, ctypes.byref(flags))
    if not length:
        return False
    name = ctypes.create_string_buffer(length)
    pdfium_c.FPDFText_GetFontInfo(page, index, name, length, ctypes.byref(flags))
    return bool(_BOLD.search(name.value.decode("utf-8", "replace")))
