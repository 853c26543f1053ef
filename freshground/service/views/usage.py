"""What each caller has used, for charging it back."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Literal

from freshground.lake.usage import Used

if TYPE_CHECKING:
    from datetime import date

    from freshground.service.context import Context


def usage(
    context: Context, since: date, by: Literal["key", "day"] | None = None
) -> list[dict[str, Any]]:
    """Return requests, tokens and milliseconds since a day, by key, by day, or by both."""
    sums: dict[tuple[str, ...], Used] = {}
    for (day, name), used in context.lake.usage.read(since).items():
        key = {None: (day.isoformat(), name), "day": (day.isoformat(),), "key": (name,)}[by]
        sums.setdefault(key, Used()).add(used)
    names = {None: ("day", "key"), "day": ("day",), "key": ("key",)}[by]
    return [
        {**dict(zip(names, key, strict=True)), **asdict(used)} for key, used in sorted(sums.items())
    ]
