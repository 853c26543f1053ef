"""How a query went, counted for operators whichever door it came through."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, TypeVar

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from freshground.service.context import Context

T = TypeVar("T")


def asked_wrongly(error: Exception) -> bool:
    """Return whether who asks has to mend a question: that says nothing of the index."""
    return isinstance(error, ConfigError)


def timed(
    context: Context,
    index_id: str,
    ask: Callable[[], T],
    hits: Callable[[T], int],
    wrongly: Callable[[Exception], bool] = asked_wrongly,
) -> T:
    """Ask, and count the time it took and its hits; no answer is an error, if not asked wrongly.

    An answer that was refused because it would be too old is an error as well: somebody wanted one.
    """
    started = time.perf_counter()
    try:
        found = ask()
    except Exception as error:
        if not wrongly(error):
            context.lake.traffic.add(index_id, 0.0, 0, error=True)
        raise
    context.lake.traffic.add(index_id, time.perf_counter() - started, hits(found))
    return found
