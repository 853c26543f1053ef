"""How stale an answer may be for whoever asks: no answer rather than an older one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.errors import TooStale

if TYPE_CHECKING:
    from datetime import timedelta

    from freshground.service.freshness.as_of import Freshness


def refuse_stale(index_id: str, state: Freshness | None, accepted: timedelta | None) -> None:
    """Raise TooStale when what would answer is older than is accepted, or of unknown age.

    `state` None: an index without releases, whose age nobody knows. `accepted` None: anything.
    """
    if accepted is None:
        return
    limit = accepted.total_seconds()
    if state is None:
        raise TooStale(
            f"Index {index_id!r} is written by its clients, so nobody knows how old it is, and at "
            f"most {limit:g} s were accepted.",
            "Ask without a limit.",
        )
    if state.staleness_s is not None and state.staleness_s <= limit:
        return
    age = "of unknown age" if state.staleness_s is None else f"{state.staleness_s:.0f} s old"
    raise TooStale(
        f"Release {state.release} of index {index_id!r} is {age} (as of {iso(state.as_of)}), and "
        f"at most {limit:g} s were accepted.",
        "Accept more, or refresh; `freshground freshness` says what holds it back.",
    )
