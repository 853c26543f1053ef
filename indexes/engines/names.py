"""Names of candidates: they carry the time of their beginning, which retirement goes by."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from freshground.core.clock import Clock

_STAMP = "%Y%m%dt%H%M%S%f"
_NAME = re.compile(r"c-(\d{8}t\d{12})-[0-9a-f]{8}(?:-[a-z0-9-]{0,40})?")


def new_name(clock: Clock, candidate_id: str) -> str:
    """Return a name that no other candidate has, of lower-case letters, digits and hyphens."""
    slug = re.sub(r"[^a-z0-9]+", "-", candidate_id.lower())[:40].strip("-")
    name = f"c-{clock.now().astimezone(UTC).strftime(_STAMP)}-{uuid4().hex[:8]}"
    return f"{name}-{slug}" if slug else name


def begun_at(name: str) -> datetime | None:
    """Return when the candidate of that name was begun; None when it is no candidate's name."""
    found = _NAME.fullmatch(name)
    return datetime.strptime(found[1], _STAMP).replace(tzinfo=UTC) if found else None
