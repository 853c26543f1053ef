"""Assets: one a layer and source, one an index. An event is a wake-up, never the work itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import Asset

if TYPE_CHECKING:
    from freshground.core.settings import Settings


def asset(settings: Settings, layer: str, subject: str) -> Asset:
    """Return the asset of a layer (bronze, silver, gold or index) of one source or index."""
    lake = settings.resolve(settings.lake)
    root = lake if "://" in lake else Path(lake).as_uri()
    return Asset(name=f"{layer}/{subject}", uri=f"{root.rstrip('/')}/{layer}/{subject}")
