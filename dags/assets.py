"""Assets: one a layer and source, one an index. An event is a wake-up, never the work itself."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import Asset, AssetWatcher

from dags.notifiers import imported
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from freshground.core.settings import Settings


def asset(settings: Settings, layer: str, subject: str) -> Asset:
    """Return the asset of a layer (bronze, silver, gold or index) of one source or index.

    The layer `source` is the source itself: whoever raises its event wakes the ingest DAG.
    """
    lake = settings.resolve(settings.lake)
    root = lake if "://" in lake else Path(lake).as_uri()
    uri = f"{root.rstrip('/')}/{layer}/{subject}"
    return Asset(
        name=f"{layer}/{subject}",
        uri=uri,
        watchers=watchers(settings, subject) if layer == "source" else [],
    )


def watchers(settings: Settings, source_id: str) -> list[AssetWatcher]:
    """Return the watchers that the settings name for a source.

    ConfigError when a trigger cannot be imported, made, or used to watch an asset.
    """
    found: list[AssetWatcher] = []
    for number, watcher in enumerate(settings.airflow.watchers):
        if watcher.source != source_id:
            continue
        place = f"airflow.watchers[{number}]"
        make = imported(watcher.trigger, f"{place}.trigger")
        try:
            trigger = make(**watcher.kwargs)
            found.append(AssetWatcher(name=f"{source_id}-{number}", trigger=trigger))
        except (TypeError, ValueError) as error:
            raise ConfigError(
                f"{place}: {watcher.trigger} cannot watch a source: {error}.",
                "Name a subclass of BaseEventTrigger, and the arguments it takes under kwargs.",
            ) from None
    return found
