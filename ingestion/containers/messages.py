"""Messages (MIME): their attachments are parts. The text is the message's own document."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingestion.containers.parts import Found, broken
from ingestion.parse.mime import (
    BODIES,
    FAULTS,
    attachments,
    bytes_of,
    disposition,
    message_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from email.message import EmailMessage

    from ingestion.containers.parts import Limits

_TAGS = re.compile(
    rb"<(style|script)\b.*?(?:</\1\s*>|\Z)|<[^<>]*>|&nbsp;", re.DOTALL | re.IGNORECASE
)


def read(data: bytes, _name: str, _limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the attachments."""
    bare, found = found_in(message_of(data))
    return "mail", bare, found


def found_in(message: EmailMessage) -> tuple[bool, Iterator[Found]]:
    """Return whether a message has attachments and no text, and the attachments."""
    found = attachments(message)
    bare = bool(found) and not _has_text(message, {id(part) for _, part in found})
    return bare, (Found(name, _reader(part)) for name, part in found)


def _reader(part: EmailMessage) -> Callable[[], bytes]:
    def load() -> bytes:
        try:
            return bytes_of(part)
        except (*FAULTS, UnicodeError, RecursionError) as error:
            raise broken("mail", error) from None

    return load


def _has_text(part: EmailMessage, attached: set[int]) -> bool:
    """Return whether a message has any text besides its attachments."""
    if id(part) in attached:
        return False
    payload = part.get_payload()
    if isinstance(payload, list):
        return any(_has_text(inner, attached) for inner in payload)
    if part.get_content_type() not in BODIES or disposition(part) == "attachment":
        # What is encrypted is no archive: the parser says why it cannot be read.
        return "pkcs7-mime" in part.get_content_type() or "pgp" in part.get_content_type()
    body = part.get_payload(decode=True)
    return isinstance(body, bytes) and bool(_TAGS.sub(b"", body).strip())
