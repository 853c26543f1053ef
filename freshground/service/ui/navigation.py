"""The pages between which people go."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from freshground.service.ui import routes

if TYPE_CHECKING:
    from freshground.service.ui.routing import Nav


def modules() -> list[Any]:
    """Return all modules of `routes`."""
    found = sorted(each.name for each in pkgutil.iter_modules(routes.__path__))
    return [import_module(f"{routes.__name__}.{name}") for name in found]


@lru_cache
def entries() -> list[Nav]:
    """Return the navigation, in order."""
    return sorted((m.NAV for m in modules() if hasattr(m, "NAV")), key=lambda nav: nav.order)
