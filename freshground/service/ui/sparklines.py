"""A line so small that it needs no axes: points of an SVG, drawn without a script."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH = 300
HEIGHT = 56


def sparkline(
    x: Sequence[float], values: Sequence[float | None], limit: float
) -> dict[str, Any] | None:
    """Return `lines` (points of polylines, with gaps where a value is None) and `limit`, a height.

    `limit` is where the promise lies; both are in units of a picture of WIDTH by HEIGHT, and what
    is highest of line and promise stands near its upper edge. None where there is nothing to draw.
    """
    known = [value for value in values if value is not None]
    if not known or x[-1] <= x[0]:
        return None
    top = max(*known, limit) * 1.08 or 1.0
    lines: list[list[str]] = [[]]
    for at, value in zip(x, values, strict=True):
        if value is None:
            lines.append([])
            continue
        across = WIDTH * (at - x[0]) / (x[-1] - x[0])
        lines[-1].append(f"{across:.1f},{HEIGHT - HEIGHT * value / top:.1f}")
    return {
        "lines": [" ".join(line) for line in lines if line],
        "limit": round(HEIGHT - HEIGHT * limit / top, 1),
        "width": WIDTH,
        "height": HEIGHT,
    }
