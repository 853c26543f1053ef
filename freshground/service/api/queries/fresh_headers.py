"""How fresh an answer is, in its headers; and how fresh it has to be, in the request's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.settings.values import duration
from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from datetime import timedelta

    from starlette.requests import Request

    from freshground.service.api.served.catalog import Served

MAX_STALENESS = "x-freshground-max-staleness"


def accepted_staleness(request: Request) -> timedelta | None:
    """Return the greatest staleness that a caller accepts, None for any. ApiError 400."""
    text = request.headers.get(MAX_STALENESS)
    if text is None:
        return None
    try:
        return duration(text)
    except (ValueError, OverflowError):
        raise ApiError(
            400,
            "InvalidHeader",
            f"Header {MAX_STALENESS} is no duration. Write one such as 6h or 1h30m.",
        ) from None


def fresh_headers(served: Served) -> dict[str, str]:
    """Return the headers that tell which release answered and how fresh it is.

    None for a client's index: nobody knows. What is unknown of a release is left out.
    """
    state, index = served.freshness, served.index
    if state is None or index is None:
        return {}
    told = {"x-freshground-index": index.id, "x-freshground-sla": state.sla}
    if state.release is not None:
        told["x-freshground-release"] = str(state.release)
    as_of = iso(state.as_of)
    if as_of is not None:
        told["x-freshground-as-of"] = as_of
    if state.staleness_s is not None:
        told["x-freshground-staleness"] = f"{state.staleness_s:.0f}"
    return told
