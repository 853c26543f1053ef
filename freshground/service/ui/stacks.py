"""Bars of a day each, stacked of parts: as numbers for an SVG, which needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

COLOURS = 6
OTHERS = "others"

_HEIGHT = 100.0
_GAP = 0.2


@dataclass(frozen=True, slots=True)
class Folded:
    """Days, parts (the last may be `OTHERS`), and an amount for each."""

    days: list[str]
    names: list[str]
    amounts: list[list[float]]


def folded(by_day: Sequence[dict[str, Any]], names: Sequence[str], unit: str) -> Folded:
    """Return what is drawn: as many parts as there are colours, the last being all others."""
    own = list(names) if len(names) <= COLOURS else list(names[: COLOURS - 1])
    rows: list[list[float]] = []
    for day in by_day:
        amounts = [day["parts"].get(name, {}).get(unit, 0) for name in own]
        rows.append(
            [*amounts, max(0.0, day[unit] - sum(amounts))] if len(own) < len(names) else amounts
        )
    shown = own if len(own) == len(names) else [*own, OTHERS]
    return Folded([day["day"] for day in by_day], shown, rows)


def stack(of: Folded) -> dict[str, Any]:
    """Return `bars`: rectangles in a box of 100 by 100, y from the top; `names` and the `top`."""
    top = max((sum(row) for row in of.amounts), default=0.0)
    step = _HEIGHT / max(1, len(of.days))
    bars: list[dict[str, Any]] = []
    for place, (day, row) in enumerate(zip(of.days, of.amounts, strict=True)):
        y = _HEIGHT
        for number, amount in enumerate(row):
            if amount <= 0:
                continue
            height = amount / top * _HEIGHT
            y -= height
            bars.append(
                {
                    "x": round(place * step + step * _GAP / 2, 3),
                    "y": round(y, 3),
                    "width": round(step * (1 - _GAP), 3),
                    "height": round(height, 3),
                    "colour": number + 1,
                    "day": day,
                    "name": of.names[number],
                    "amount": amount,
                }
            )
    return {"bars": bars, "names": of.names, "top": top, "first": of.days[0], "last": of.days[-1]}
