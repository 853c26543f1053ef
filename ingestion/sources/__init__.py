"""Places that documents come from. `open_source` is the only thing the rest needs to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.core.records import Source
    from freshground.core.settings import FilesSource, RecordsSource

__all__ = ["open_source"]


def open_source(settings: FilesSource | RecordsSource, resolve: Callable[[str], str]) -> Source:
    """Return the source that the settings describe. Touches no file and opens no connection.

    `resolve` turns the settings' URL into an absolute path or a URL (`Settings.resolve`).
    Raise ConfigError when the URL or a pattern cannot be used.
    """
    url = resolve(settings.url)
    if settings.type == "records":
        from ingestion.sources.records import Records

        return Records(settings, url)
    from ingestion.sources.files import Files

    return Files(settings, url)
