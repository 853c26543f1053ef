"""Objects that hold other documents: archives, mailboxes, messages with attachments.

`unpack` opens one, one level deep, in a worker process; `opened.Opened` is a source that lists the
parts of its objects beside them. Importing this package loads none of the readers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingestion.containers.parts import Limits, Slice

__all__ = ["UNPACKER_ID", "unpack"]

REVISION = 1
"""Raised by hand whenever any container would give other parts or other names."""

UNPACKER_ID = f"freshground-unpack-{REVISION}"


def unpack(data: bytes, name: str, limits: Limits, skip: int = 0, taken: int = 0) -> Slice:
    """Return the parts of a container from number `skip` on, as many as one answer may carry.

    `taken` are the bytes of the parts before. What is no container has no kind and no parts. Raises
    `Quarantine` `encrypted`, `corrupt`, `too_large` or `unsupported` for one that stays closed.
    """
    from ingestion.containers import unpacking

    return unpacking.unpack(data, name, limits, skip, taken)
