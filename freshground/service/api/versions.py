"""Versions of Azure AI Search's protocol that are taken, all alike. What we speak is the newest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

STABLE = ("2020-06-30", "2023-11-01", "2024-07-01", "2025-09-01", "2026-04-01")
PREVIEW = (
    "2020-06-30-preview", "2021-04-30-preview", "2023-07-01-preview", "2023-10-01-preview",
    "2024-03-01-preview", "2024-05-01-preview", "2024-09-01-preview", "2024-11-01-preview",
    "2025-03-01-preview", "2025-05-01-preview", "2025-08-01-preview", "2025-11-01-preview",
    "2026-05-01-preview", "2026-08-01-preview",
)  # fmt: skip
_TAKEN = frozenset((*STABLE, *PREVIEW))


def require_version(query: Mapping[str, str]) -> None:
    """Raise ApiError 400 unless the query parameters name a version that is taken."""
    found = query.get("api-version", "")
    if found.lower() in _TAKEN:
        return
    what = f"The api-version {found[:40]!r} is not known." if found else "api-version is missing."
    raise ApiError(
        400,
        "InvalidApiVersion" if found else "MissingApiVersion",
        f"{what} Add ?api-version={STABLE[-1]} to the address; taken are "
        f"{', '.join(STABLE)} and previews up to {PREVIEW[-1]}.",
    )
