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
from ingestion.parse.blocks import Parsed, Raw
from ingestion.parse.hidden.pdf import take
from ingestion.parse.layout import blocks_of
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
_HYPHEN_MARKS = frozenset({0x02, 0xFFFE})
_GAP = 0.6
_BOLD_WEIGHT = 600


def parse(raw: Raw) -> Parsed:
    """Return the text layer of a PDF with page numbers.

    Raises `Quarantine` `encrypted`, `corrupt`, or `no_text_layer` where the pages are only images.
    """
    with _LOCK:
        document = _open(raw.data)
        try:
            hidden: list[Hidden] = []
            pages = [_read_page(document, number, hidden) for number in range(len(document))]
            info = document.get_metadata_dict(skip_empty=True)
        finally:
            document.close()
    if not pages:
        raise _corrupt("it has no page")
    blank = sum(not page.segments for page in pages)
    if blank == len(pages):
        raise Quarantine(
            "no_text_layer",
            f"None of the {len(pages)} pages has text; they are images or blank.",
            "Run OCR over the document and store the result.",
        )
    metadata: dict[str, Any] = {
        name: info[field] for field, name in _FIELDS.items() if field in info
    }
    if blank:
        metadata["pages_without_text"] = blank
    return Parsed(
        blocks_of(pages), "application/pdf", _declared(info.get("Title")), len(pages), metadata,
        tuple(hidden),
    )


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
        segments = list(_segments(textpage.raw, _Frame(turn, width, height, left, bottom)))
        textpage.close()
        return Page(index + 1, width, height, tuple(segments))
    finally:
        page.close()


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
    """Yield runs of characters on one line without a wide gap, in the order of the file."""
    box = pdfium_c.FS_RECTF()
    place = ctypes.byref(box)
    text: list[str] = []
    bounds: list[float] = []
    sizes: Counter[float] = Counter()
    first = final = 0

    def finish() -> Iterator[Segment]:
        joined = "".join(text).strip()
        if joined and bounds:
            # The size that most of its characters have: notes' marks are set smaller.
            size = sizes.most_common(1)[0][0] * _scale(page, first)
            x0, y0, x1, y1 = bounds
            bold = _is_bold(page, first) and _is_bold(page, final)
            yield Segment(joined, x0, y0, x1, y1, round(size, 1), bold)
        text.clear()
        bounds.clear()
        sizes.clear()

    high = 0
    for i in range(pdfium_c.FPDFText_CountChars(page)):
        code = pdfium_c.FPDFText_GetUnicode(page, i)
        if code in {0x0D, 0x0A}:
            yield from finish()
            continue
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        if code in _HYPHEN_MARKS:
            # PDFium hides the line break after a hyphen that it takes for a divided word's.
            text.append("-")
            yield from finish()
            continue
        if code == 0:
            continue
        char = chr(code)
        if char.isspace():
            if text:
                text.append(" ")
            continue
        if not pdfium_c.FPDFText_GetLooseCharBox(page, i, place):
            text.append(char)
            continue
        x0, y0, x1, y1 = frame.seen(box.left, box.bottom, box.right, box.top)
        if bounds and _is_apart(bounds, x0, y0, x1, y1):
            yield from finish()
        if bounds:
            bounds[:] = (min(bounds[0], x0), min(bounds[1], y0), max(bounds[2], x1),
                         max(bounds[3], y1))  # fmt: skip
        else:
            bounds[:] = (x0, y0, x1, y1)
            first = i
        final = i
        sizes[pdfium_c.FPDFText_GetFontSize(page, i)] += 1
        text.append(char)
    yield from finish()


def _is_apart(bounds: list[float], x0: float, y0: float, x1: float, y1: float) -> bool:
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
