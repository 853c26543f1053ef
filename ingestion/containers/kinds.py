"""Which objects may be containers: told from their first bytes, without opening them."""

from __future__ import annotations

import re

from ingestion.parse.sniff_text import is_mail

_STREAMS = ((b"\x1f\x8b", "gzip"), (b"BZh", "bzip2"), (b"\xfd7zXZ\x00", "xz"))
_OFFICE = re.compile(
    rb"(?:\[Content_Types\]\.xml|_rels/\.rels|docProps/\w+\.xml|word/document\.xml|xl/workbook\.xml"
    rb"|ppt/presentation\.xml|mimetype)\Z"
)
"""What the first member of an office file, an e-book or the like is called."""

_NAMES = re.compile(
    r"\.(?:zip|tar|t?gz|tbz2?|bz2|t?xz|eml|msg|mbox|mbx|mht|mhtml|p7s|dat)\Z", re.IGNORECASE
)
_MESSAGES = re.compile(r"\.(?:eml|mht|mhtml|p7s)\Z", re.IGNORECASE)
_MSG = "__properties_version1.0".encode("utf-16-le")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TNEF = b"\x78\x9f\x3e\x22"
_MBOX = re.compile(rb"From [^\r\n]{1,200}\r?\n[!-9;-~]+:")
HEAD = 4096


def named_like_one(key: str) -> bool:
    """Return whether an object's name says that it may be a container."""
    return _NAMES.search(key) is not None


def kind_of(data: bytes, name: str = "") -> str | None:
    """Return the kind of container that bytes may be: opening them says whether they are.

    Office files and e-books, which are zip files too, are documents. Of `name` only the ending of
    messages is believed, and only where the bytes say nothing.
    """
    head = data[:HEAD]
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")):
        length = int.from_bytes(head[26:28], "little")
        return None if _OFFICE.match(head[30 : 30 + length]) else "zip"
    for magic, kind in _STREAMS:
        if head.startswith(magic):
            return kind
    if head[257:262] == b"ustar":
        return "tar"
    if head.startswith(_OLE):
        return "msg" if _MSG in data else None
    if head.startswith(_TNEF):
        return "tnef"
    if _MBOX.match(head.lstrip()):
        return "mbox"
    if _is_mail(head):
        return "mail"
    return "mail" if head.strip() and _MESSAGES.search(name) else None


def _is_mail(head: bytes) -> bool:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", "replace")
    elif b"\x00" in head[:200]:
        text = head.decode("utf-16-be" if head[:1] == b"\x00" else "utf-16-le", "replace")
    else:
        text = head.decode("latin-1")
    return is_mail(text.lstrip("\ufeff \t\r\n").replace("\r\n", "\n"))
