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
    """One index. `missing` says why it cannot answer; empty when it can. `memory` is in bytes."""

    index: str
    missing: str = ""
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
    try:
        served = service.catalog.open(index, SERVICE)
        fresh = served.freshness
        rows = served.view.rows
    except (ApiError, FreshgroundError) as error:
        return Standing(index, missing=getattr(error, "code", type(error).__name__))
    if fresh is None or fresh.release is None:
        return Standing(index, missing="NoRelease")
    return Standing(
        index,
        release=fresh.release,
        rows=rows,
        memory=getattr(served, "memory_bytes", None),
        staleness_s=fresh.staleness_s,
        verdict=fresh.sla,
    )
