"""E-mails, MIME (eml, mht) and Outlook (msg): subject as title, the bodies, attachments by name.

Not by unstructured, whose mail partitioners pass the bodies to its slow HTML and text ones. Of
alternative bodies the HTML one is taken, which has the structure, unless it holds no text.
Attachments are documents of their own where a source lists them; here they are named only.
"""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.charset import decode
from ingestion.parse.html import fragment_blocks
from ingestion.parse.plain import paragraphs
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIELDS = ("from", "to", "cc", "date", "message-id", "in-reply-to")
MAX_NESTING = 10


def parse(raw: Raw) -> Parsed:
    """Return a MIME message. Raises `Quarantine` `encrypted` for S/MIME and PGP messages."""
    # Some are stored as UTF-16 text, which the e-mail reader does not know; bytes that are already
    # a superset of ASCII go in untouched, because each part names its own charset.
    is_wide = b"\x00" in raw.data[:200] or raw.data.startswith((b"\xff\xfe", b"\xfe\xff"))
    data = raw.text.encode("utf-8", "replace") if is_wide else raw.data
    message = email.message_from_bytes(data.lstrip(), policy=email.policy.default)
    attachments: list[str] = []
    blocks = list(_blocks(message, attachments, 0))
    metadata: dict[str, Any] = {}
    for name in _FIELDS:
        if text := _header(message, name):
            metadata[name] = text
    if attachments:
        metadata["attachments"] = attachments
    blocks = _titled(_header(message, "subject"), blocks)
    return Parsed(blocks, "message/rfc822", None, None, metadata)


def parse_msg(raw: Raw) -> Parsed:
    """Return an Outlook message. Raises `Quarantine` `encrypted`."""
    from io import BytesIO

    from oxmsg import Message

    message = Message.load(BytesIO(raw.data))
    if "SMIME" in (message.message_class or "").upper():
        raise encrypted()
    headers = {name.lower(): value for name, value in message.message_headers.items()}
    if "encrypted" in headers.get("content-type", "").lower():
        raise encrypted()
    blocks = fragment_blocks(message.html_body) if message.html_body else []
    if not any(block.text.strip() for block in blocks):
        blocks = paragraphs((message.body or "").replace("\r\n", "\n"))
    metadata: dict[str, Any] = {
        name: " ".join(headers[name].split()) for name in _FIELDS if headers.get(name)
    }
    metadata.setdefault("from", message.sender or "")
    if message.sent_date and "date" not in metadata:
        metadata["date"] = message.sent_date.isoformat()
    if names := [item.file_name for item in message.attachments if item.file_name]:
        metadata["attachments"] = names
    media_type = "application/vnd.ms-outlook"
    return Parsed(_titled(message.subject, blocks), media_type, None, None, metadata)


def _titled(subject: str | None, blocks: list[Block]) -> list[Block]:
    """Return the blocks under the subject; a message without a body is no document."""
    has_text = any(block.text.strip() for block in blocks)
    return [Block("title", subject), *blocks] if subject and has_text else blocks


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        value = message[name]
    except (ValueError, TypeError, LookupError, IndexError, AttributeError):
        # The header parser of the standard library raises these on malformed addresses and dates.
        value = next((text for key, text in message.raw_items() if key.lower() == name), None)
    return re.sub(r"\s+", " ", str(value)).strip() or None if value is not None else None


def _blocks(part: EmailMessage, attachments: list[str], depth: int) -> Iterator[Block]:
    kind = part.get_content_type()
    if kind == "multipart/encrypted" or (
        kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}
        and part.get_param("smime-type", "enveloped-data") == "enveloped-data"
    ):
        raise encrypted()
    if depth > MAX_NESTING:
        raise Quarantine(
            "parse_failed",
            f"The message nests other messages more than {MAX_NESTING} deep.",
            "Store the inner message by itself.",
        )
    if part.is_multipart():
        parts = [item for item in part.get_payload() if isinstance(item, EmailMessage)]
        if kind == "multipart/alternative":
            yield from _best(parts, attachments, depth)
            return
        for item in parts:
            if kind.startswith("message/") and (subject := _header(item, "subject")):
                yield Block("heading", subject, level=1)
            yield from _blocks(item, attachments, depth + 1)
        return
    name = _file_name(part)
    if part.get_content_disposition() == "attachment" or not kind.startswith("text/"):
        if name:
            attachments.append(name)
        return
    text = _text(part)
    if kind == "text/html":
        yield from fragment_blocks(text)
    elif kind in {"text/plain", "text/enriched", "text/markdown"}:
        yield from paragraphs(text)
    elif name:
        attachments.append(name)


def _best(parts: list[EmailMessage], attachments: list[str], depth: int) -> Iterator[Block]:
    """Yield the richest of alternative bodies that has any text."""

    def rank(part: EmailMessage) -> int:
        kind = part.get_content_type()
        return 2 if kind == "text/html" or kind.startswith("multipart/") else kind == "text/plain"

    for part in sorted(parts, key=rank, reverse=True):
        blocks = list(_blocks(part, attachments, depth + 1))
        if any(block.text.strip() for block in blocks):
            yield from blocks
            return


def _file_name(part: EmailMessage) -> str | None:
    try:
        return part.get_filename()
    except (ValueError, TypeError, LookupError, AttributeError):
        return "unnamed"


def _text(part: EmailMessage) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset")
    if isinstance(charset, str):
        try:
            name = "cp1252" if charset.lower() in {"iso-8859-1", "us-ascii"} else charset
            if charset.lower().startswith("iso-8859-8"):
                # The variants -i and -e tell the direction of the text, not its bytes.
                name = "iso-8859-8"
            return payload.decode(name).replace("\r\n", "\n")
        except (LookupError, UnicodeDecodeError):
            pass
    return decode(payload)
