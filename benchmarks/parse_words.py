"""Words of a file by a second, independent reader of its format: what text there is to be found."""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import email
import email.policy
import json
import re
import unicodedata
import zipfile
from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING, Any

from lxml import etree
from lxml import html as lxml_html

from ingestion.parse.charset import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_WORD = re.compile(r"\w+")
_PARTS = {
    ".docx": r"word/document\.xml",
    ".pptx": r"ppt/(?:slides/slide|notesSlides/notesSlide)\d+\.xml",
    ".odt": r"content\.xml",
    ".odp": r"content\.xml",
    ".ods": r"content\.xml",
}
_INLINE = frozenset(
    "a abbr b bdi cite code del em font i ins mark q s small span strong sub sup u".split()
)
_BREAKS = {"p", "br", "tab", "tc", "table-cell", "h", "line-break", "s"}


def words(text: str) -> Counter[str]:
    """Count words in lower case; ligatures and raised figures are the letters they stand for."""
    return Counter(_WORD.findall(unicodedata.normalize("NFKC", text).lower()))


def share(found: Counter[str], true: Counter[str]) -> float:
    """Return the share of the words of `true`, as often as they stand there, that were found."""
    return sum((found & true).values()) / max(1, sum(true.values()))


def by_another_reader(data: bytes, suffix: str) -> Counter[str] | None:
    """Return the words that another library finds in a file, None where none reads its format."""
    reader = _READERS.get(suffix)
    return None if reader is None else words(reader(data, suffix))


def readers(suffix: str) -> str:
    """Return the name of the library that reads a format."""
    return _NAMES.get(suffix, "the standard library")


def _zipped(data: bytes, suffix: str) -> str:
    texts = []
    with zipfile.ZipFile(BytesIO(data)) as archive:
        for name in sorted(archive.namelist()):
            if re.fullmatch(_PARTS[suffix], name):
                texts += _pieces(etree.fromstring(archive.read(name)))
    return "".join(texts)


def _pieces(root: Any) -> Iterable[str]:
    for node in root.iter():
        if not isinstance(node.tag, str):
            continue
        name = etree.QName(node).localname
        if name in _BREAKS:
            yield " "
        if name in {"t", "span", "p", "h", "a"} and node.text:
            yield node.text
        if node.tail and node.tail.strip():
            yield node.tail


def _pdf(data: bytes, _suffix: str) -> str:
    import pypdf

    return "\n".join(page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages)


def _sheets(data: bytes, _suffix: str) -> str:
    import python_calamine

    book = python_calamine.CalamineWorkbook.from_filelike(BytesIO(data))
    rows = (row for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
    return "\n".join(" ".join(_shown(cell) for cell in row) for row in rows)


def _shown(cell: Any) -> str:
    return str(int(cell)) if isinstance(cell, float) and cell.is_integer() else str(cell)


def _html(data: bytes, _suffix: str) -> str:
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decode(data))
    root = lxml_html.document_fromstring(text.encode(), lxml_html.HTMLParser(encoding="utf-8"))
    for node in root.xpath("//script|//style|//head|//noscript|//comment()"):
        if node.getparent() is not None:  # a comment beside the root element has none
            node.drop_tree()
    return "".join(_runs(root))


def _runs(root: Any) -> Iterable[str]:
    """Yield text and tails; words end where a tag begins that no word goes on through."""
    for event, node in etree.iterwalk(root, events=("start", "end")):
        apart = "" if node.tag in _INLINE else " "
        yield apart + ((node.text or "") if event == "start" else (node.tail or ""))


def _epub(data: bytes, suffix: str) -> str:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if re.search(r"\.x?html?$", name)]
        return " ".join(_html(archive.read(name), suffix) for name in names)


def _rtf(data: bytes, _suffix: str) -> str:
    from striprtf.striprtf import rtf_to_text

    return rtf_to_text(data.decode("latin-1"), errors="ignore")


def _mail(data: bytes, suffix: str) -> str:
    if b"\x00" in data[:2] or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        # Stored as UTF-16; without a mark the zeros tell which half of a letter comes first.
        wide = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
        is_marked = b"\x00" not in data[:2]
        data = data.decode("utf-16" if is_marked else wide).encode()
    message = email.message_from_bytes(data, policy=email.policy.default)
    body = message.get_body(("html", "plain"))
    if body is None:
        return ""
    text = body.get_content()
    return _html(text.encode(), suffix) if body.get_content_subtype() == "html" else text


def _xml(data: bytes, _suffix: str) -> str:
    return (
        " ".join(etree.fromstring(decode(data).encode(), etree.XMLParser(recover=True)).itertext())
        if not decode(data).startswith("<?xml")
        else " ".join(etree.fromstring(decode(data).split("?>", 1)[1].encode()).itertext())
    )


def _json(data: bytes, _suffix: str) -> str:
    text = decode(data)
    try:
        values = [json.loads(text)]
    except ValueError:
        values = [json.loads(line) for line in text.splitlines() if line.strip()]
    return " ".join(_leaves(values))


def _leaves(value: Any) -> Iterable[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
    elif value is not None:
        yield str(value)


def _plain(data: bytes, _suffix: str) -> str:
    return decode(data)


_READERS: dict[str, Callable[[bytes, str], str]] = {
    **dict.fromkeys((".docx", ".pptx", ".odt", ".odp"), _zipped),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), _sheets),
    **dict.fromkeys((".html", ".htm"), _html),
    **dict.fromkeys((".txt", ".md", ".rst", ".org", ".csv", ".tsv", ".adoc", ".log"), _plain),
    **dict.fromkeys((".json", ".ndjson", ".jsonl"), _json),
    ".pdf": _pdf, ".epub": _epub, ".rtf": _rtf, ".eml": _mail, ".xml": _xml,
}  # fmt: skip

_NAMES = {
    **dict.fromkeys((".docx", ".pptx", ".odt", ".odp", ".html", ".htm", ".epub", ".xml"), "lxml"),
    **dict.fromkeys((".xlsx", ".xls", ".ods"), "calamine"),
    ".pdf": "pypdf", ".rtf": "striprtf",
}  # fmt: skip
