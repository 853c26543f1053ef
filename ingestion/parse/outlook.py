"""Outlook's message files (msg) as MIME messages, so that one parser reads both.

By olefile: every property is a stream, named by its tag. A message that is attached lies in the
same container, and becomes a message of its own.
"""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Quarantine
from ingestion.parse.rtf_body import body_of, unpacked
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

_CLASS, _SUBJECT, _SENDER, _ADDRESS, _SMTP = 0x001A, 0x0037, 0x0C1A, 0x0C1F, 0x5D01
_TO, _CC, _HEADERS = 0x0E04, 0x0E03, 0x007D
_ID, _ANSWERS = 0x1035, 0x1042
_TEXT, _RTF, _HTML = 0x1000, 0x1009, 0x1013
_SENT, _PAGE, _BODY_PAGE = 0x0039, 0x3FFD, 0x3FDE
_FILE, _LONG_FILE, _SHOWN, _DATA, _MIME, _CID = 0x3704, 0x3707, 0x3001, 0x3701, 0x370E, 0x3712
_WHERE, _FLAGS = 0x3714, 0x7FFE
_KEPT = ("from", "to", "cc", "date", "subject", "message-id", "in-reply-to", "references",
         "reply-to", "content-language")  # fmt: skip
_ROOT_HEADER, _NESTED_HEADER, _ATTACHMENT_HEADER = 32, 24, 8
_DEEPEST = 10
_EPOCH = datetime(1601, 1, 1, tzinfo=UTC)


class _Storage:
    """The properties of one message or attachment: streams below `path`."""

    def __init__(self, ole: Any, path: tuple[str, ...], header: int) -> None:
        self._ole = ole
        self._path = path
        self._fixed: dict[int, bytes] = {}
        data = self._stream("__properties_version1.0") or b""
        for at in range(header, len(data) - 15, 16):
            tag, _, value = struct.unpack_from("<II8s", data, at)
            self._fixed[tag] = value

    def _stream(self, name: str) -> bytes | None:
        path = [*self._path, name]
        return self._ole.openstream(path).read() if self._ole.exists(path) else None

    def number(self, tag: int) -> int | None:
        value = self._fixed.get(tag << 16 | 0x0003)
        return None if value is None else struct.unpack_from("<i", value)[0]

    def time(self, tag: int) -> datetime | None:
        value = self._fixed.get(tag << 16 | 0x0040)
        ticks = 0 if value is None else struct.unpack("<Q", value)[0]
        try:
            return _EPOCH + timedelta(microseconds=ticks // 10) if ticks else None
        except OverflowError:
            return None

    def binary(self, tag: int) -> bytes | None:
        return self._stream(f"__substg1.0_{tag:04X}0102")

    def text(self, tag: int, page: int = 0) -> str:
        wide = self._stream(f"__substg1.0_{tag:04X}001F")
        if wide is not None:
            return wide.decode("utf-16-le", "replace").rstrip("\x00")
        narrow = self._stream(f"__substg1.0_{tag:04X}001E")
        return "" if narrow is None else _decoded(narrow, page).rstrip("\x00")

    def below(self, start: str) -> list[str]:
        depth = len(self._path)
        return sorted(
            {
                entry[depth]
                for entry in self._ole.listdir(streams=True, storages=True)
                if tuple(entry[:depth]) == self._path
                and len(entry) > depth
                and entry[depth].startswith(start)
            }
        )

    def inside(self, name: str, header: int) -> _Storage:
        return _Storage(self._ole, (*self._path, name), header)

    def has(self, name: str) -> bool:
        return self._ole.exists([*self._path, name])


def message_of(data: bytes, *, attachments: bool = True) -> EmailMessage:
    """Return an Outlook message as MIME; without `attachments` these are named and empty.

    Raises `Quarantine` `encrypted` or `corrupt`.
    """
    import olefile

    try:
        with olefile.OleFileIO(BytesIO(data)) as ole:
            return _message(_Storage(ole, (), _ROOT_HEADER), 0, attachments=attachments)
    except Quarantine:
        raise
    except (OSError, ValueError, IndexError, TypeError, KeyError, struct.error) as error:
        raise Quarantine(
            "corrupt",
            f"The content is a broken Outlook message ({type(error).__name__}).",
            "Store the message again from its origin.",
        ) from None


def _message(own: _Storage, depth: int, *, attachments: bool) -> EmailMessage:
    page = own.number(_PAGE) or 0
    headers = _headers(own, page)
    kind = own.text(_CLASS, page).upper()
    if ("SMIME" in kind and "MULTIPARTSIGNED" not in kind) or "encrypted" in headers.pop(
        "content-type", ""
    ).lower():
        raise encrypted()
    message = EmailMessage()
    for name, value in headers.items():
        _set(message, name, value)
    text, html = _bodies(own, page)
    message.set_content(text or "", charset="utf-8", cte="8bit")
    if html.strip():
        message.add_alternative(html, subtype="html", charset="utf-8", cte="8bit")
    for name, data, mime, cid, shown in _attached(own, page, depth, attachments=attachments):
        _attach(message, name, data, mime, cid, shown=shown)
    return message


def _headers(own: _Storage, page: int) -> dict[str, str]:
    """Return the headers that matter: as they were sent, or else made from the properties."""
    from email.parser import HeaderParser

    found: dict[str, str] = {}
    for name, value in HeaderParser().parsestr(own.text(_HEADERS, page)).items():
        if name.lower() in (*_KEPT, "content-type"):
            found.setdefault(name.lower(), " ".join(str(value).split()))
    address = own.text(_SMTP, page) or own.text(_ADDRESS, page)
    sender = own.text(_SENDER, page)
    if "@" in address and address != sender:
        sender = f"{sender} <{address}>".strip()
    sent = own.time(_SENT)
    made = {
        "subject": own.text(_SUBJECT, page),
        "from": sender,
        "to": own.text(_TO, page),
        "cc": own.text(_CC, page),
        "message-id": own.text(_ID, page),
        "in-reply-to": own.text(_ANSWERS, page),
        "date": format_datetime(sent) if sent else "",
    }
    # The subject of the properties is decoded already.
    if made["subject"]:
        found["subject"] = made["subject"]
    for name, value in made.items():
        if value and not found.get(name):
            found[name] = " ".join(value.split())
    return found


def _bodies(own: _Storage, page: int) -> tuple[str, str]:
    """Return the text and the HTML of a message, from what it has of the three forms."""
    text = own.text(_TEXT, page)
    body_page = own.number(_BODY_PAGE) or page
    raw = own.binary(_HTML)
    html = _decoded_html(raw, body_page) if raw else own.text(_HTML, body_page)
    if html.strip():
        return text, html
    packed = own.binary(_RTF)
    if packed:
        try:
            body = body_of(unpacked(packed))
        except (ValueError, struct.error, IndexError):
            return text, ""
        if body.html:
            return text, body.text
        text = text if text.strip() else body.text
    return text, ""


def _attached(
    own: _Storage, page: int, depth: int, *, attachments: bool
) -> Iterator[tuple[str, bytes | EmailMessage, str, str, bool]]:
    """Yield name, content, media type, content id, and whether the HTML shows it, of each."""
    for number, storage in enumerate(own.below("__attach_version1.0_#"), 1):
        item = own.inside(storage, _ATTACHMENT_HEADER)
        name = item.text(_LONG_FILE, page) or item.text(_FILE, page) or item.text(_SHOWN, page)
        cid = item.text(_CID, page)
        shown = bool((item.number(_FLAGS) or 0) or (item.number(_WHERE) or 0) & 4)
        nested = f"__substg1.0_{_DATA:04X}000D"
        if item.has(nested):
            inner = item.inside(nested, _NESTED_HEADER)
            if inner.has("__properties_version1.0") and depth < _DEEPEST:
                content = _message(inner, depth + 1, attachments=attachments)
                yield f"{name or f'message-{number}'}.eml", content, "message/rfc822", "", False
            continue  # an embedded object of another program: shown in the text, no file
        data = (item.binary(_DATA) or b"") if attachments else b""
        mime = item.text(_MIME, page).strip().lower()
        yield name or f"attachment-{number}", data, mime, cid, shown


def _attach(
    message: EmailMessage,
    name: str,
    content: bytes | EmailMessage,
    mime: str,
    cid: str,
    *,
    shown: bool,
) -> None:
    name = " ".join(name.split())
    if isinstance(content, EmailMessage):
        message.add_attachment(content, filename=name)
        return
    main, slash, sub = mime.partition("/")
    # What is text already, or a message, goes in as bytes: they are not to be changed.
    if not slash or main in ("text", "multipart", "message") or not sub.isascii():
        main, sub = "application", "octet-stream"
    where = "inline" if shown and cid else "attachment"
    extra = {"cid": f"<{cid}>"} if cid and cid.isascii() else {}
    message.add_attachment(
        content, main, sub.split(";")[0].strip() or "octet-stream", filename=name,
        disposition=where, **extra,
    )  # fmt: skip


def _set(message: EmailMessage, name: str, value: str) -> None:
    try:
        message[name] = value
    except (ValueError, TypeError, LookupError, IndexError, AttributeError):
        return  # malformed, and refused by the standard library: nothing else depends on it


def _decoded(data: bytes, page: int) -> str:
    names = {0: "cp1252", 65001: "utf-8", 1200: "utf-16-le", 28591: "latin-1", 20127: "cp1252"}
    name = names.get(page, f"cp{page}")
    try:
        return data.decode(name)
    except (LookupError, UnicodeDecodeError):
        from ingestion.parse.charset import decode

        return decode(data)


def _decoded_html(data: bytes, page: int) -> str:
    return _decoded(data, page) if page else _decoded_by_itself(data)


def _decoded_by_itself(data: bytes) -> str:
    from ingestion.parse.charset import decode

    return decode(data)
