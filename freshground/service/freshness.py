"""How fresh a live release is, computed by whoever asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from indexes.release import Manifest


@dataclass(frozen=True, slots=True)
class Freshness:
    """`staleness_s` is now minus as-of in seconds; `sla` is fresh, late or unknown."""

    release: int | None
    as_of: datetime | None
    staleness_s: float | None
    sla: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return {
            "release": self.release,
            "as_of": iso(self.as_of),
            "staleness_s": self.staleness_s,
            "sla": self.sla,
        }


LISTINGS_READ = 500
"""Complete listings of a source that are looked back on for what a version waited for."""


def listing_times(context: Context, source_id: str) -> list[datetime]:
    """Return the starts of a source's newest complete listings, oldest first."""
    found = context.lake.journal.newest("listing", source_id, LISTINGS_READ)
    return sorted(at for e in found if (at := parse_iso(e.body["listed_at"])) is not None)


def freshness(context: Context, index: IndexSettings, manifest: Manifest | None) -> Freshness:
    """Return the freshness of a release: its own as-of, or a later confirmation's."""
    if manifest is None:
        return Freshness(None, None, None, "unknown")
    times = [manifest.as_of]
    confirmed = context.lake.journal.latest("confirmation").get(index.id)
    if confirmed and confirmed.body["candidate"] == manifest.candidate:
        times.append(confirmed.body["as_of"])
    at = parse_iso(max((t for t in times if t), default=None))
    if at is None:
        return Freshness(manifest.release, None, None, "unknown")
    age = context.clock.now() - at
    late = age > index.sla.max_staleness
    return Freshness(manifest.release, at, age.total_seconds(), "late" if late else "fresh")
