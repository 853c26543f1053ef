"""How objects that hold other documents are opened."""

from __future__ import annotations

from pydantic import Field

from freshground.core.settings.values import Section


class Containers(Section):
    """Archives (zip, tar, gz, bz2, xz), mailboxes, and the attachments of messages.

    With `open: false` they stay closed: an archive is set aside, a message is its text alone.
    `depth` bounds how deep one lies in another, `parts` and `total_bytes` what one object may hold
    in all, `ratio` how many times larger than packed a large archive may be. One that exceeds them
    is set aside with the reason, and so is none of the others.
    """

    open: bool = True
    depth: int = Field(5, ge=1, le=50)
    parts: int = Field(10_000, ge=1, le=1_000_000)
    total_bytes: int = Field(1_000_000_000, ge=1)
    ratio: int = Field(200, ge=2)
