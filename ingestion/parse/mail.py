"""E-mails, MIME (eml, mht) and Outlook (msg): subject as title, the bodies, attachments by name.

Not by unstructured, whose mail partitioners pass the bodies to its slow HTML and text ones. Of
alternative bodies the HTML one is taken, which has the structure, unless it holds no text. What is
quoted from other messages, and signatures, are no text but metadata (`replies`). Attachments are
documents of their own (`ingestion.containers`); here they are named only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Block, Parsed, Raw
from ingestion.parse.calendars import events
from ingestion.parse.charset import decode
from ingestion.parse.html import fragment_blocks
from ingestion.parse.mime import FAULTS, MAX_NESTING, attachments, message_of, parts_of
from ingestion.parse.plain import paragraphs
from ingestion.parse.replies import Context, Stripped, strip
from ingestion.parse.reply_html import without_marked
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

_FIELDS = ("from", "to", "cc", "date", "message-id", "in-reply-to")
MAX_KEPT = 2_000
"""Characters of quotes, and of signatures, that are kept as metadata."""
_FLOWED = re.compile(r"(?<=\S) \n(?=[^\s>])")


def parse(raw: Raw) -> Parsed:
    """Return a MIME message. Raises `Quarantine` `encrypted` for S/MIME and PGP messages."""
    return _parsed(message_of(raw.data), "message/rfc822")


def parse_msg(raw: Raw) -> Parsed:
    """Return an Outlook message. Raises `Quarantine` `encrypted` or `corrupt`."""
    from ingestion.parse import outlook

    message = outlook.message_of(raw.data, attachments=False)
    return _parsed(message, "application/vnd.ms-outlook")


def _parsed(message: EmailMessage, media_type: str) -> Parsed:
    attached = attachments(message)
    reading = _Reading({id(part) for _, part in attached}, cut=True)
    blocks = reading.blocks(message)
    if not _has_text(blocks):
        # All of it was quoted, or signed: then that is what it says.
        reading = _Reading({id(part) for _, part in attached}, cut=False)
        blocks = reading.blocks(message)
    metadata: dict[str, Any] = {}
    for name in _FIELDS:
        if text := _header(message, name):
            metadata[name] = text
    if attached:
        metadata["attachments"] = [name for name, _ in attached]
    for name, texts in (("quoted", reading.quoted), ("signature", reading.signatures)):
        if text := "\n\n".join(texts).strip():
            metadata[name] = text[:MAX_KEPT]
    if reading.events:
        metadata["events"] = reading.events
    return Parsed(_titled(_header(message, "subject"), blocks), media_type, None, None, metadata)


def _has_text(blocks: list[Block]) -> bool:
    return any(block.text.strip() for block in blocks)


def _titled(subject: str | None, blocks: list[Block]) -> list[Block]:
    """Return the blocks under the subject; a message without a body is no document."""
    return [Block("title", subject), *blocks] if subject and _has_text(blocks) else blocks


def _header(message: EmailMessage, name: str) -> str | None:
    try:
        value = message[name]
    except FAULTS:
        value = next((text for key, text in message.raw_items() if key.lower() == name), None)
    return re.sub(r"\s+", " ", str(value)).strip() or None if value is not None else None


class _Reading:
    """One pass over a message. `cut` takes quotes and signatures out of its texts."""

    def __init__(self, attached: set[int], *, cut: bool) -> None:
        self._attached = attached
        self._cut = cut
        self.quoted: list[str] = []
        self.signatures: list[str] = []
        self.events: list[dict[str, str]] = []

    def blocks(self, message: EmailMessage) -> list[Block]:
        """Return the blocks of a message."""
        found = list(self._part(message, _context(message), 0))
        if not _has_text(found) and self.events:
            found = [Block("text", f"{k}: {v}") for e in self.events for k, v in e.items()]
        return found

    def _part(self, part: EmailMessage, context: Context, depth: int) -> Iterator[Block]:
        kind = part.get_content_type()
        _refuse_encrypted(part, kind)
        if depth > MAX_NESTING:
            raise Quarantine(
                "parse_failed",
                f"The message nests other messages more than {MAX_NESTING} deep.",
                "Store the inner message by itself.",
            )
        if id(part) in self._attached:
            return
        if part.is_multipart():
            parts = parts_of(part)
            if kind == "multipart/alternative":
                yield from self._best(parts, context, depth)
                return
            for inner in parts:
                if kind.startswith("message/"):
                    context = _context(inner)
                    if subject := _header(inner, "subject"):
                        yield Block("heading", subject, level=1)
                yield from self._part(inner, context, depth + 1)
        elif kind == "text/calendar":
            self.events += events(text_of(part))
        elif kind in {"text/html", "text/plain", "text/enriched", "text/markdown"}:
            yield from self._body(text_of(part), kind, context, flowed=_flowed(part))

    def _best(self, parts: list[EmailMessage], context: Context, depth: int) -> Iterator[Block]:
        """Yield the richest of alternative bodies that has any text."""

        def rank(part: EmailMessage) -> int:
            kind = part.get_content_type()
            rich = kind == "text/html" or kind.startswith("multipart/")
            return 3 if rich else 2 if kind == "text/plain" else kind != "text/calendar"

        done = False
        for part in sorted(parts, key=rank, reverse=True):
            if done and part.get_content_type() != "text/calendar":
                continue
            blocks = list(self._part(part, context, depth + 1))
            if not done and _has_text(blocks):
                yield from blocks
                done = True

    def _body(self, text: str, kind: str, context: Context, *, flowed: bool) -> list[Block]:
        quoted: list[str] = []
        signatures: list[str] = []
        if kind == "text/html":
            blocks = []
            if self._cut:
                left, quoted, signatures = without_marked(text, forward=context.forward)
                blocks = fragment_blocks(left)
            if not _has_text(blocks):  # all of it bore a mark
                blocks, quoted, signatures = fragment_blocks(text), [], []
        else:
            blocks = paragraphs(_FLOWED.sub(" ", text) if flowed else text)
        if not self._cut:
            return blocks
        found = strip(blocks, context) if blocks else Stripped([])
        self.quoted += [*([found.quoted] if found.quoted else []), *quoted]
        self.signatures += [*([found.signature] if found.signature else []), *signatures]
        return found.blocks


def _context(message: EmailMessage) -> Context:
    return Context.of(_header(message, "subject"), answers=bool(_header(message, "in-reply-to")))


def _refuse_encrypted(part: EmailMessage, kind: str) -> None:
    if kind == "multipart/encrypted" or (
        kind in {"application/pkcs7-mime", "application/x-pkcs7-mime"}
        and part.get_param("smime-type", "enveloped-data") == "enveloped-data"
    ):
        raise encrypted()


def _flowed(part: EmailMessage) -> bool:
    try:
        return str(part.get_param("format", "")).lower() == "flowed"
    except FAULTS:
        return False


def text_of(part: EmailMessage) -> str:
    """Return the text of a part; its bytes outweigh the charset that it declares."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    charset = part.get_param("charset")
    return decode(payload, charset if isinstance(charset, str) else "")
