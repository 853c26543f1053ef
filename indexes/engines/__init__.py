"""Engines keep the versions of indexes and answer queries. `make` finds one by its name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa

    from freshground.core.clock import Clock
    from freshground.core.settings import AzureSearch
    from indexes.engines.contract import Engine

ENGINES = {
    "azure": ("indexes.engines.azure", "AzureEngine"),
    "lance": ("indexes.engines.lance", "LanceEngine"),
    "memory": ("indexes.engines.memory", "MemoryEngine"),
}
"""Name -> module and class. The module is imported when the engine is made, not before."""


def make(
    name: str,
    root: str,
    schema: pa.Schema,
    clock: Clock,
    *,
    language: str = "english",
    storage_options: Mapping[str, str] | None = None,
    settings: AzureSearch | None = None,
) -> Engine:
    """Return the engine of that name, keeping its versions under `<root>/indexes/`.

    `schema` is what `indexes.schema.row_schema` returns, for candidates that start from nothing.
    `settings` is the section of an engine that has one. ConfigError when there is no such engine,
    or it has no full-text search for `language`.
    """
    if name not in ENGINES:
        raise ConfigError(
            f"There is no index engine {name!r}.", f"Known engines: {', '.join(sorted(ENGINES))}."
        )
    module, cls = ENGINES[name]
    own = {} if settings is None else {"settings": settings}
    engine: Engine = getattr(import_module(module), cls)(
        root, schema, clock, language=language, storage_options=storage_options, **own
    )
    return engine
