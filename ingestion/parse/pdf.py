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
from ctypes import c_double, c_ulong
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as pdfium_c

from freshground.core.errors import Quarantine
from ingestion.parse import ocr, pdf_fields
from ingestion.parse.blocks import Parsed, Raw
from ingestion.parse.hidden.pdf import measure_pictures, take
from ingestion.parse.layout import MARGIN, blocks_of
from ingestion.parse.pdfium_calls import Place, address, c_float, c_int, c_uint, c_void_p, plain
from ingestion.parse.segments import Page, Segment
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.core.records import Hidden

_LOCK = threading.Lock()
_BOX = Place(c_float, 4)
_MATRIX = Place(c_float, 6)
_box_of = plain(pdfium_c.FPDFText_GetLooseCharBox, c_int, c_void_p, c_int, c_void_p)
_size_of = plain(pdfium_c.FPDFText_GetFontSize, c_double, c_void_p, c_int)
_weight_of = plain(pdfium_c.FPDFText_GetFontWeight, c_int, c_void_p, c_int)
_angle_of = plain(pdfium_c.FPDFText_GetCharAngle, c_float, c_void_p, c_int)
_code_of = plain(pdfium_c.FPDFText_GetUnicode, c_uint, c_void_p, c_int)
_matrix_of = plain(pdfium_c.FPDFText_GetMatrix, c_int, c_void_p, c_int, c_void_p)
_font_of = plain(
    pdfium_c.FPDFText_GetFontInfo, c_ulong, c_void_p, c_int, c_void_p, c_ulong, c_void_p
)
_FLAGS = Place(c_int, 1)
_FONT_NAME = 256
_NAME = ctypes.create_string_buffer(_FONT_NAME)
_NAME_AT = ctypes.addressof(_NAME)
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_EVEN = re.compile(
    r"courier|mono|consol|menlo|cmtt|typewriter|inconsolata|source ?code|fira ?code|lettergothic",
    re.IGNORECASE,
)
_FIELDS = {"Author": "author", "Subject": "subject", "Keywords": "keywords"}
_FILE_NAME = re.compile(
    r"\.(?:docx?|pptx?|xlsx?|pdf|indd|qxd|tex|dvi|html?|rtf|odt)\b|[\\/]"
    r"|^untitled|^\(?(?:anonymous|unspecified)\)?$",
    re.IGNORECASE,
)
_Box = tuple[float, float, float, float]
_HYPHEN_MARKS = frozenset({0x02, 0xFFFE})
_LINE_ENDS = _HYPHEN_MARKS | {0x0D, 0x0A}
_MARKS = "\x02\ufffe"
_WORD = re.compile(r"([^\s\x02\ufffe]+)|([\r\n\x02\ufffe])|[^\S\r\n]+")
_ODD = re.compile("[\x00\u21b5\ud800-\udfff]")
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

    Raises `Quarantine` `encrypted`, `corrupt`, `too_large` for pictures of too many pixels, or
    `no_text_layer` where the pages are only images and OCR is not at hand or finds nothing.
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
        name: info[field]
        for field, name in _FIELDS.items()
        if field in info and info[field].strip("()") not in {"anonymous", "unspecified"}
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
        f"Pages without a text layer: {pages}, of which {scanned} scanned and the others blank."
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
        measure_pictures(page)
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
        document = pdfium.PdfDocument(data)
        document.init_forms()
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower() or "security" in str(error).lower():
            raise encrypted() from None
        raise _corrupt("its structure is damaged") from None
    return document


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
        # Lines are read along their type, however the page is turned to be shown: boxes are those
        # of the page unturned, and so is its size here.
        turn = _tilt(textpage.raw)
        width, height = page.get_size()
        if (page.get_rotation() + turn) % 180:
            width, height = height, width
        left, bottom = (page.get_mediabox() or (0.0, 0.0))[:2]
        frame = _Frame(turn, width, height, left, bottom)
        segments = _segments(textpage.raw, frame)
        textpage.close()
        pdf_fields.add(page, index + 1, frame.seen, segments, hidden)
        return Page(index + 1, width, height, tuple(segments))
    finally:
        page.close()


def _tilt(page: Any) -> int:
    """Return the quarter turn, in degrees, at which most of a page's type is set: mostly 0."""
    count = pdfium_c.FPDFText_CountChars(page)
    step = max(1, count // _TILT_SAMPLE)
    where = address(page)
    turns = Counter(
        round(-math.degrees(_angle_of(where, i)) / 90) % 4
        for i in range(0, count, step)
        if _code_of(where, i) > 0x20
    )
    if not turns or turns[0] >= sum(turns.values()) / 2:
        return 0
    return 90 * turns.most_common(1)[0][0]


class _Frame:
    """Turns a box in a page's own coordinates into one on the page with its type upright."""

    def __init__(self, turn: int, width: float, height: float, left: float, bottom: float) -> None:
        self.turn, self.width, self.height = turn, width, height
        self.left, self.bottom = left, bottom
        self.is_plain = not (turn or left or bottom)

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


def _segments(page: Any, frame: _Frame) -> list[Segment]:
    """Return runs of words on one line without a wide gap, in the order of the file."""
    line, boxes = _Line(page), _Boxes(page, frame)
    text = _whole_text(page)
    for start, end, word in _words(page) if text is None else _words_of(text):
        if word is None:
            line.finish()
        elif word[0] == " ":
            line.space(word)
        else:
            box = boxes.around(start, end)
            if box is None or end - start + 1 != len(word) or _is_whole(box, len(word)):
                line.add(start, end, word, box)
                continue
            for i, char in enumerate(word, start):
                line.add(i, i, char, boxes.around(i, i))
    line.finish()
    return line.found


def _whole_text(page: Any) -> str | None:
    """Return all characters of a page at once, None where they must be looked at one by one.

    One call is a hundred times as fast as one for each, but leaves out what has no code. Where the
    last character has the same place in the text as on the page, nothing was left out.
    """
    count = pdfium_c.FPDFText_CountChars(page)
    if count <= 0 or pdfium_c.FPDFText_GetTextIndexFromCharIndex(page, count - 1) != count - 1:
        return None
    buffer = (ctypes.c_ushort * (count + 1))()
    if pdfium_c.FPDFText_GetText(page, 0, count, buffer) != count + 1:
        return None
    text = bytes(buffer)[:-2].decode("utf-16-le", "surrogatepass")
    # Characters beyond the first plane count as two on the page; arrows may be lost ligatures.
    return None if len(text) != count or _ODD.search(text) else text


def _words_of(text: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield the words of a page's text as `_words` does; blanks beside each other as one."""
    for match in _WORD.finditer(text):
        start, end = match.span()
        sort = match.lastindex
        if sort == 1:
            divided = text[end : end + 1] in _MARKS and end < len(text)
            yield start, end - 1, match.group() + "-" if divided else match.group()
        elif sort is None:
            yield start, start, " " * (end - start)
        else:
            if text[start] in _MARKS and (start == 0 or text[start - 1].isspace()):
                yield start, start, "-"
            yield start, start, None


def _words(page: Any) -> Iterator[tuple[int, int, str | None]]:
    """Yield words with their first and last character, spaces as " ", line ends as None."""
    where = address(page)
    word: list[str] = []
    first = last = high = 0
    for i in range(pdfium_c.FPDFText_CountChars(page)):
        code = _code_of(where, i)
        if 0xD800 <= code < 0xDC00:
            high = code
            continue
        if 0xDC00 <= code < 0xE000 and high:
            code = 0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)
        high = 0
        if code == 0:
            if word and (lost := _lost_ligature(where, i)):
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


def _lost_ligature(page: int, i: int) -> str:
    """Return the ligature that a letter without any code is, "" where that is not sure.

    Some writers of TeX's fonts lose the code of "ffi" and "ffl", the only glyphs of three letters:
    as wide as most of the type, between small letters. "ffl" stands before vowels alone.
    """
    after = chr(_code_of(page, i + 1))
    if not ("a" <= after <= "z" and _box_of(page, i, _BOX.at)):
        return ""
    left, top, right, bottom = _BOX.read()
    width = (right - left) / max(1.0, top - bottom)
    if not _LIGATURE[0] < width < _LIGATURE[1]:
        return ""
    return "ffl" if after in "aeiou" else "ffi"


def _is_whole(box: _Box, letters: int) -> bool:
    """Whether a word is no wider than one word is, so that no gap of a column hides in it.

    Words run from 0.3 to 0.6 of the font size a letter.
    """
    x0, y0, x1, y1 = box
    high = max(y1 - y0, 1.0)
    return x1 - x0 <= _WIDE * high * letters + _GAP * high


class _Boxes:
    """The boxes of words: those around their first and last character."""

    def __init__(self, page: Any, frame: _Frame) -> None:
        self._page = address(page)
        self._seen = None if frame.is_plain else frame.seen

    def around(self, first: int, last: int) -> _Box | None:
        """Return the box around the first and last character of a word, None if one has none."""
        if not _box_of(self._page, first, _BOX.at):
            return None
        # Conditions are several times as fast as min and max, and this runs for every word.
        x0, y1, x1, y0 = _BOX.read()
        if last != first and _box_of(self._page, last, _BOX.at):
            left, top, right, bottom = _BOX.read()
            x0 = left if left < x0 else x0  # noqa: FURB136
            x1 = right if right > x1 else x1  # noqa: FURB136
            y0 = bottom if bottom < y0 else y0  # noqa: FURB136
            y1 = top if top > y1 else y1  # noqa: FURB136
        return (x0, y0, x1, y1) if self._seen is None else self._seen(x0, y0, x1, y1)


def _around(one: _Box, other: _Box) -> _Box:
    a0, b0, a1, b1 = one
    c0, d0, c1, d1 = other
    return (
        a0 if a0 < c0 else c0, b0 if b0 < d0 else d0,  # noqa: FURB136
        a1 if a1 > c1 else c1, b1 if b1 > d1 else d1,  # noqa: FURB136
    )  # fmt: skip


class _Line:
    """Gathers words until a line ends or a gap is as wide as one between columns."""

    def __init__(self, page: Any) -> None:
        self.found: list[Segment] = []
        self._page = address(page)
        self._text: list[str] = []
        self._bounds: _Box | None = None
        self._sizes: dict[float, int] = {}
        self._tall, self._size = (0.0, 0.0), 0.0
        self._first = self._last = 0

    def space(self, blanks: str) -> None:
        """Take what is blank between words."""
        if self._text:
            self._text.append(blanks)

    def add(self, first: int, last: int, text: str, box: _Box | None) -> None:
        """Take a word; end the segment before it where a wide gap parts them."""
        if box is None:
            self._text.append(text)
            return
        if self._bounds is not None and _is_apart(self._bounds, *box):
            self.finish()
        tall = (box[1], box[3])
        if tall != self._tall:
            # Words that reach as high and as low as the one before are set in the same size.
            self._tall, self._size = tall, _size_of(self._page, first)
        if self._bounds is None:
            self._first = first
            self._bounds = box
        else:
            self._bounds = _around(self._bounds, box)
        self._last = last
        self._sizes[self._size] = self._sizes.get(self._size, 0) + len(text)
        self._text.append(text)

    def finish(self) -> None:
        """Make a segment of what was gathered, if anything was."""
        if not self._text:
            return
        joined = "".join(self._text).strip()
        if joined and self._bounds is not None:
            # The size that most of its characters have: notes' marks are set smaller.
            size = max(self._sizes, key=self._sizes.__getitem__)
            size *= _scale(self._page, self._first)
            bold = _is_bold(self._page, self._first) and _is_bold(self._page, self._last)
            even = _is_even(self._page, self._first, self._last)
            self.found.append(Segment(joined, *self._bounds, round(size, 1), bold, even))
        self._text.clear()
        self._bounds = None
        self._sizes.clear()
        self._tall = (0.0, 0.0)


def _is_apart(bounds: _Box, x0: float, y0: float, x1: float, y1: float) -> bool:
    """Whether a character on the line of `bounds` stands a column's gap away from it."""
    _, low, right, high = bounds
    size = y1 - y0 if y1 - y0 > 1.0 else 1.0  # noqa: FURB136 - as above
    overlap = (high if high < y1 else y1) - (low if low > y0 else y0)  # noqa: FURB136
    if overlap < 0.3 * size:
        # Turned or raised text: PDFium's own line break is the better judge.
        return False
    return x0 - right > _GAP * size or x1 < bounds[0] - size


def _scale(page: int, index: int) -> float:
    """Return how much a character's matrix enlarges its font: some writers set all type so."""
    if not _matrix_of(page, index, _MATRIX.at):
        return 1.0
    _, _, c, d, _, _ = _MATRIX.read()
    return math.hypot(c, d) or 1.0


def _is_bold(page: int, index: int) -> bool:
    if _weight_of(page, index) > _BOLD_WEIGHT:
        return True
    return _font_of_character(page, index).bold


def _is_even(page: int, first: int, last: int) -> bool:
    """Whether a line is set in type of one width, as code is; prose may begin and end with some."""
    step = max(1, (last - first) // 4)
    return all(
        _font_of_character(page, index).even
        for index in (first, last, *range(first + step, last, step))
    )


class _Font(NamedTuple):
    bold: bool
    even: bool


def _font_of_character(page: int, index: int) -> _Font:
    length = _font_of(page, index, _NAME_AT, _FONT_NAME, _FLAGS.at)
    return _font(_NAME.value if 0 < length <= _FONT_NAME else b"")


@lru_cache(maxsize=1024)
def _font(name: bytes) -> _Font:
    """Return what a font's name says of it: pages have few fonts, and thousands of lines."""
    said = name.decode("utf-8", "replace")
    return _Font(_BOLD.search(said) is not None, _EVEN.search(said) is not None)
