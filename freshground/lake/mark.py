"""The mark of a lake: which format it has, and when it was made."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from freshground.lake.storage import Files

MARK = "lake.json"


def read_mark(files: Files) -> dict[str, Any] | None:
    """Return the mark, None where there is no lake. ConfigError when it is none."""
    data = files.get(MARK)
    if data is None:
        return None
    try:
        mark = json.loads(data)
        int(mark["format"])
    except (ValueError, KeyError, TypeError):
        raise ConfigError(
            f"{files.url}/{MARK} is not the mark of a lake.",
            "Set `lake` to a lake or a new folder.",
        ) from None
    return mark
