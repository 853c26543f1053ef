"""Which format an object is in. The content decides; the extension only settles likeness.

Plain text formats look alike, so there the extension has its say; a PDF, an office file, a page of
HTML or an e-mail is recognised under any name.
"""

from __future__ import annotations

import re
import zipfile
from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.parse import bounds

if TYPE_CHECKING:
    from ingestion.parse.blocks import Raw

_IMAGES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\x00", b"MM\x00*")
_OTHER = (
    (b"\x1f\x8b", "gzip archive"),
    (b"7z\xbc\xaf\x27\x1c", "7-Zip archive"),
    (b"Rar!", "RAR archive"),
    (b"BZh", "bzip2 archive"),
    (b"\xfd7zXZ", "xz archive"),
    (b"PAR1", "Parquet file"),
    (b"SQLite format 3\x00", "SQLite database"),
    (b"\x7fELF", "program"),
    (b"ID3", "audio file"),
    (b"OggS", "audio file"),
    (b"fLaC", "audio file"),
    (b"\x00\x00\x00\x01Bud1", "folder's settings file"),
    (b"%!PS", "PostScript file"),
)
_ZIPS = (
    ("word/document.xml", "docx"),
    ("ppt/presentation.xml", "pptx"),
    ("xl/workbook.xml", "xlsx"),
)
_MIMES = {
    "application/epub+zip": "epub",
    "application/vnd.oasis.opendocument.text": "odt",
    "application/vnd.oasis.opendocument.text-template": "odt",
    "application/vnd.oasis.opendocument.spreadsheet": "ods",
    "application/vnd.oasis.opendocument.spreadsheet-template": "ods",
    "application/vnd.oasis.opendocument.presentation": "odp",
    "application/vnd.oasis.opendocument.presentation-template": "odp",
}


def sniff(raw: Raw) -> str:
    """Return the format's name, a key of `registry.FORMATS`.

    Raises `Quarantine` `unsupported` for formats that hold no readable text, `corrupt` for a broken
    container.
    """
    data = raw.data
    head = data[:1024]
    if head.startswith(b"%PDF-") or (b"%PDF-" in head and not _is_text_before(head)):
        return "pdf"
    if data.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        return _sniff_zip(data)
    if data.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
        return "ole"
    if head.lstrip().startswith(b"{\\rtf"):
        return "rtf"
    if _is_image(data):
        return "image"
    _refuse_media(data)
    from ingestion.parse.sniff_text import sniff_text

    return sniff_text(raw)


def _is_text_before(head: bytes) -> bool:
    """Whether readable text, not junk, stands before a PDF's mark: a text about PDFs is no PDF."""
    before = head[: head.index(b"%PDF-")].strip()
    return bool(before) and not re.search(rb"[\x00-\x08\x80-\xff]", before)


def _is_image(data: bytes) -> bool:
    return (
        data.startswith(_IMAGES)
        or (data[:2] == b"BM" and data[6:10] == bytes(4))
        or (data[:4] == b"RIFF" and data[8:12] == b"WEBP")
        or data[4:12] in {b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"}
    )


def _refuse_media(data: bytes) -> None:
    other = next((name for magic, name in _OTHER if data.startswith(magic)), None)
    if other is None and (data[4:8] == b"ftyp" or data[:4] == b"RIFF"):
        other = "audio or video file"
    if other:
        raise unsupported(f"{'an' if other[0] in 'aeiou' else 'a'} {other}")


def unsupported(what: str) -> Quarantine:
    """Return the refusal of a format that is not read."""
    return Quarantine(
        "unsupported",
        f"The content is {what}, which is not read here.",
        "Convert it to a supported format, or exclude it from the source.",
    )


def _sniff_zip(data: bytes) -> str:
    try:
        with bounds.archive(data) as archive:
            names = set(archive.namelist())
            if any(info.flag_bits & 1 for info in archive.infolist()):
                raise encrypted()
            mime = (
                archive.read("mimetype").decode("ascii", "replace").strip()
                if ("mimetype" in names)
                else ""
            )
            if "META-INF/manifest.xml" in names and b"encryption-data" in archive.read(
                "META-INF/manifest.xml"
            ):
                raise encrypted()
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError) as error:
        raise Quarantine(
            "corrupt",
            f"The content is a broken zip container ({type(error).__name__}).",
            "Store the file again from its origin.",
        ) from None
    for member, name in _ZIPS:
        if member in names:
            return name
    for prefix, name in (("word/", "docx"), ("ppt/", "pptx"), ("xl/", "xlsx")):
        if "[Content_Types].xml" in names and any(n.startswith(prefix) for n in names):
            if any(n.endswith(".bin") and "workbook" in n for n in names):
                raise unsupported("a binary Excel workbook (xlsb)")
            return name
    if mime in _MIMES:
        return _MIMES[mime]
    raise unsupported(
        f"a container of type {mime}" if mime.isprintable() and mime else "a zip archive"
    )


def encrypted() -> Quarantine:
    """Return the refusal of a document that needs a password or a key."""
    return Quarantine(
        "encrypted",
        "The document is encrypted; it cannot be read without its password or key.",
        "Store it without encryption, or exclude it from the source.",
    )
