"""What the service holds of each index at this moment: for readiness and metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.errors import FreshgroundError
from freshground.service.api.errors import ApiError
from freshground.service.api.principal import Principal

if TYPE_CHECKING:
    from collections.abc import Iterator

SERVICE = Principal("service", "admin", None)
"""Who asks when the service looks at itself. Nothing that it sees leaves but numbers."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One index. `missing` says why it cannot answer; empty when it can. `memory` is in bytes.

    `empty`: it was never published, so no wait will help.
    """

    index: str
    missing: str = ""
    empty: bool = False
    release: int | None = None
    rows: int = 0
    memory: int | None = None
    staleness_s: float | None = None
    verdict: str = "unknown"


def standings(service: Any) -> Iterator[Standing]:
    """Return how each index stands, in the order of the settings."""
    for index in service.context.settings.indexes:
        yield standing(service, index.id)


def standing(service: Any, index: str) -> Standing:
    """Return how one index stands."""
    line = service.follower.lines[index]
    live = line.live
    if live is None:
        why = line.trouble or "its release is being loaded"
        return Standing(index, missing=why, empty=line.empty)
    try:
        fresh = service.catalog.open(index, SERVICE).freshness
    except (ApiError, FreshgroundError) as error:
        return Standing(index, missing=str(error))
    # A newer release that cannot be loaded is no reason to stop: the old one answers.
    lost = "" if service.follower.following else "releases are not followed any more"
    return Standing(
        index,
        missing=lost,
        release=fresh.release,
        rows=live.snapshot.rows,
        memory=live.snapshot.memory_bytes,
        staleness_s=fresh.staleness_s,
        verdict=fresh.sla,
    )
