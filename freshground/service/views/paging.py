"""Long lists in pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

ROWS = 50
"""Rows of a list that a page shows."""


def paged(rows: Sequence[Any], page: int, size: int = ROWS) -> dict[str, Any]:
    """Return one page of rows, counting from 1; beyond the last one, the last."""
    pages = max(1, -(-len(rows) // size))
    number = min(max(1, page), pages)
    return {
        "rows": list(rows[(number - 1) * size : number * size]),
        "total": len(rows),
        "page": number,
        "pages": pages,
    }


def thinned(rows: Sequence[Any], most: int = 400) -> list[Any]:
    """Return at most so many rows, evenly spread, the newest among them."""
    if len(rows) <= most:
        return list(rows)
    step = (len(rows) - 1) / (most - 1)
    return [rows[round(place * step)] for place in range(most)]
