"""The one source of the time. Tests set it; nothing else reads the machine's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Something that tells the time."""

    def now(self) -> datetime:
        """Return the time, in UTC with zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's time in UTC."""
        return datetime.now(UTC)


class ManualClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime:
        """Return the time that was set."""
        return self._at

    def set(self, at: datetime) -> None:
        """Move the clock to `at`."""
        self._at = at.astimezone(UTC)

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self._at += by


def iso(at: datetime | None) -> str | None:
    """Return an ISO 8601 text in UTC ending in Z, or None."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_iso(text: str | None) -> datetime | None:
    """Return the aware UTC time of an ISO 8601 text; a text without a zone is taken as UTC."""
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)


def spoken(length: timedelta) -> str:
    """Return a length of time as people write it, in its two greatest units: 2d 4h."""
    left = timedelta(seconds=round(abs(length).total_seconds()))
    parts: list[str] = []
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60), ("s", 1)):
        count, left = divmod(left, timedelta(seconds=size))
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
