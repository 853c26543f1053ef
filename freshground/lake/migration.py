"""Brings a lake of an older format to the present one: columns and tables are added, nothing else.

No row is written anew: what older rows lack reads as null. Running it again, or after it was
killed, does the rest. The mark is raised last, so that a lake half-way is still of the old format.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError, Fatal
from freshground.lake.mark import MARK, read_mark
from freshground.lake.schemas import FORMAT, TABLES
from freshground.lake.storage import Files
from freshground.lake.tables import Table

if TYPE_CHECKING:
    from freshground.core.settings import Settings

OLDEST = 1
"""The oldest format that can be brought to the present one."""


def migrate(settings: Settings) -> dict[str, Any]:
    """Bring the lake that the settings name to the present format; say what was done.

    `from` and `to` are formats, `added` the new columns by table. No other process may write the
    lake meanwhile. ConfigError where there is no lake, Fatal for a format that cannot be migrated.
    """
    url = settings.resolve(settings.lake).rstrip("/")
    options = dict(settings.storage_options)
    if "://" not in url and not (settings.root / url).is_dir():
        raise ConfigError(f"There is no lake at {url}.", "`freshground refresh` makes one.")
    files = Files(url, options)
    mark = read_mark(files)
    if mark is None:
        raise ConfigError(f"There is no lake at {url}.", "`freshground refresh` makes one.")
    found = int(mark["format"])
    if not OLDEST <= found <= FORMAT:
        raise Fatal(
            f"The lake {url} has format {found}; {OLDEST} to {FORMAT} can be migrated.",
            "Use the version of Freshground that wrote it. Nothing was changed.",
        )
    added: dict[str, list[str]] = {}
    if found < FORMAT:
        for name, schema in TABLES.items():
            columns = Table(name, f"{url}/tables/{name}", schema, options).add_columns()
            if columns:
                added[name] = columns
        files.put(MARK, json.dumps({**mark, "format": FORMAT}).encode())
    return {"lake": url, "from": found, "to": FORMAT, "added": added}
