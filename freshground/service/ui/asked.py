"""What pages read from their addresses and forms; 404 for what there is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from freshground.service.ui.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.settings import IndexSettings
    from freshground.service.ui.routing import Asked

_DIGITS = 9


def index_of(asked: Asked) -> IndexSettings:
    """Return the index that the path names."""
    try:
        return asked.context.settings.index(asked.path["index"])
    except ConfigError as error:
        raise Refused(404, error.found, error.do) from error


def number(fields: Mapping[str, str], name: str, default: int = 1) -> int:
    """Return a whole number that a field holds, `default` where it holds none."""
    text = fields.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else default
