"""What the parts of a MIME message are: its text, what belongs to its looks, or attachments."""

from __future__ import annotations

import email
import email.policy
import mimetypes
import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NESTING = 10
BODIES = frozenset({"text/plain", "text/html", "text/enriched", "text/markdown", "text/calendar"})
_SIGNATURES = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature"}
)
_REPORTS = frozenset({"message/delivery-status", "text/rfc822-headers", "message/external-body"})
_CID = re.compile(rb"cid:([^\"'>\s)]+)", re.IGNORECASE)
FAULTS = (ValueError, TypeError, LookupError, IndexError, AttributeError)
"""What the standard library's header parsers raise on malformed headers."""


class _Policy(email.policy.EmailPolicy):
    """Headers that hold bytes beyond ASCII, against the standard, are read as text is."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        if not hasattr(value, "name") and not value.isascii():
            from ingestion.parse.charset import decode

            value = decode(value.encode("utf-8", "surrogateescape"), "")
        return super().header_fetch_parse(name, value)


def message_of(data: bytes) -> EmailMessage:
    """Return the message in bytes, whatever stands before it; UTF-16 too."""
    is_wide = b"\x00" in data[:200] or data.startswith((b"\xff\xfe", b"\xfe\xff"))
    if is_wide:
        # Some are stored as UTF-16 text, which the e-mail reader does not know. Others go in
        # untouched, because each part names its own charset.
        from ingestion.parse.charset import decode

        data = decode(data).encode("utf-8", "replace")
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip()
    return cast("EmailMessage", email.message_from_bytes(data, policy=_Policy()))


def disposition(part: EmailMessage) -> str | None:
    """Return inline, attachment, or None."""
    try:
        return part.get_content_disposition()
    except FAULTS:
        return None


def file_name(part: EmailMessage) -> str | None:
    """Return what a part is called by its sender; "unnamed" where that cannot be read."""
    try:
        return part.get_filename()
    except FAULTS:
        return "unnamed"


def parts_of(part: EmailMessage) -> list[EmailMessage]:
    """Return the parts of a multipart, or the message in a message part."""
    payload = part.get_payload()
    return [p for p in payload if isinstance(p, EmailMessage)] if isinstance(payload, list) else []


def attachments(message: EmailMessage) -> list[tuple[str, EmailMessage]]:
    """Return the documents that a message carries, with a name for each, in its order."""
    shown = _shown_by_html(message)
    return [
        (name_of(part, number), part)
        for number, part in enumerate(_attached(message, shown, 0, related=False), 1)
    ]


def name_of(part: EmailMessage, number: int) -> str:
    """Return an attachment's name, made up where it has none."""
    name = file_name(part)
    if name and name.strip():
        return name
    kind = part.get_content_type()
    if kind == "message/rfc822":
        inner = parts_of(part)
        subject = str(_subject(inner[0]) if inner else "") or f"message-{number}"
        return f"{subject[:80]}.eml"
    return f"attachment-{number}{mimetypes.guess_extension(kind) or '.bin'}"


def bytes_of(part: EmailMessage) -> bytes:
    """Return the bytes of an attachment."""
    if part.get_content_type() == "message/rfc822":
        inner = parts_of(part)
        return inner[0].as_bytes(policy=email.policy.compat32) if inner else b""
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _subject(message: EmailMessage) -> str:
    try:
        return re.sub(r"\s+", " ", str(message["subject"] or "")).strip()
    except FAULTS:
        return ""


def _attached(
    part: EmailMessage, shown: frozenset[str], depth: int, *, related: bool
) -> Iterator[EmailMessage]:
    kind = part.get_content_type()
    if depth > MAX_NESTING or kind == "multipart/encrypted":
        return
    if kind in _SIGNATURES or kind in _REPORTS:
        return
    if kind.startswith("image/") and _content_id(part) in shown:
        return
    is_attachment = disposition(part) == "attachment"
    if kind == "message/rfc822" and (is_attachment or file_name(part)):
        yield part
    elif part.is_multipart():
        for place, inner in enumerate(parts_of(part)):
            beside = kind == "multipart/related" and place > 0
            yield from _attached(inner, shown, depth + 1, related=beside)
    elif is_attachment:
        yield part
    elif kind in BODIES and not (kind == "text/calendar" and file_name(part)):
        return
    elif not related and (file_name(part) or not kind.startswith("text/")):
        yield part


def _content_id(part: EmailMessage) -> str:
    try:
        return str(part.get("content-id") or "").strip(" <>")
    except FAULTS:
        return ""


def _shown_by_html(message: EmailMessage) -> frozenset[str]:
    """Return the content ids that the HTML bodies of a message show."""
    found: set[str] = set()
    for part in message.walk():
        if part.get_content_type() == "text/html":
            payload = part.get_payload(decode=True)
            if isinstance(payload, bytes):
                found.update(m.decode("latin-1") for m in _CID.findall(payload))
    return frozenset(found)
