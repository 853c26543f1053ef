"""Outlook's message files (msg): their attachments are parts, as those of MIME messages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.containers.messages import found_in
from ingestion.parse.outlook import message_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Found, Limits


def read(data: bytes, _name: str, _limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the attachments; none of what is encrypted."""
    try:
        message = message_of(data)
    except Quarantine as error:
        if error.rule == "encrypted":
            return "msg", False, iter(())  # the parser says so, of the message itself
        raise
    bare, found = found_in(message)
    return "msg", bare, found
