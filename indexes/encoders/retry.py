"""How long to wait before asking a busy server again."""

from __future__ import annotations

import math
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

FIRST_WAIT = 0.5
LONGEST_BACKOFF = 30.0
LONGEST_WAIT = 300.0
"""Seconds that a run waits on a server's word; told to wait longer, it ends as Retriable."""


def backoff(attempt: int, jitter: float) -> float:
    """Return seconds to wait after the `attempt`-th failure (from 1).

    Doubling from 0.5 s to 30 s, of which `jitter` (0 to 1) takes up to half away, so that many
    workers do not come back at once.
    """
    whole = min(LONGEST_BACKOFF, FIRST_WAIT * 2 ** (attempt - 1))
    return whole * (1 - jitter / 2)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds that a response asks to wait (milliseconds, seconds or a date), or None.

    `headers` are looked up without regard to case.
    """
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return exact / 1000
    value = headers.get("retry-after")
    if value is None:
        return None
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(value)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - now).total_seconds())


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value is not None else math.nan
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
