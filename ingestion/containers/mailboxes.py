"""Mailboxes (mbox): each message is a part, known by its message id, wherever it stands."""

from __future__ import annotations

import email
import email.policy
import re
from typing import TYPE_CHECKING

from freshground.core.ids import digest
from ingestion.containers import messages
from ingestion.containers.parts import Found

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Limits

_START = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]{1,300}\r?\n(?=[!-9;-~]+:)")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)
_LONGEST = 60


def read(data: bytes, name: str, limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the messages."""
    data = data.lstrip()
    if name.lower().endswith(".eml") and len(_START.findall(data)) == 1:
        return messages.read(data, name, limits)  # a message that was saved with its envelope
    return "mbox", True, _messages(data)


def _messages(data: bytes) -> Iterator[Found]:
    starts = _START.finditer(data)
    here = next(starts, None)
    while here is not None:
        following = next(starts, None)
        end = len(data) if following is None else following.start()
        message = _QUOTED.sub(rb"\1", data[here.end() : end].rstrip(b"\r\n") + b"\n")
        yield Found(name_of(message), lambda message=message: message)  # type: ignore[misc]
        here = following


def name_of(message: bytes) -> str:
    """Return a file name for a message: its subject, and what tells it from others."""
    headers = email.message_from_bytes(
        re.split(rb"\r?\n\r?\n", message[:65_536], maxsplit=1)[0] + b"\n\n",
        policy=email.policy.compat32,
    )
    known = headers.get("message-id")
    mark = digest("message", str(known)) if known else digest("message", message)
    return f"{subject_of(headers)}-{mark[:8]}.eml"


def subject_of(headers: email.message.Message) -> str:
    """Return a message's subject as part of a file name."""
    from email.header import decode_header, make_header

    try:
        text = str(make_header(decode_header(str(headers.get("subject") or ""))))
    except (LookupError, UnicodeError, ValueError):
        text = ""
    return re.sub(r"[\s/\\:*?\"<>|!]+", " ", text).strip()[:_LONGEST].strip() or "message"
