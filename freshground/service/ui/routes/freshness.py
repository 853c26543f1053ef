"""How fresh each index was and is, why, and what comes next."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.freshness.sla import report
from freshground.service.ui.routing import Asked, Nav, Page, page
from freshground.service.views import freshness as views

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(10, "Freshness", "/freshness")

WINDOWS = {
    "24h": timedelta(hours=24),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "90d": timedelta(days=90),
}
_FIRST = "24h"
_CLASSES = ("≤ 1m", "≤ 10m", "≤ 1h", "≤ 6h", "≤ 1d", "≤ 7d", "> 7d")


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def freshness(asked: Asked) -> Page:
        context = asked.context
        name = asked.query.get("window", _FIRST)
        name = name if name in WINDOWS else _FIRST
        window = WINDOWS[name]
        now = context.clock.now()
        fresh = report(context)
        return Page(
            "freshness.html",
            "Freshness",
            {
                "window": name,
                "between": [(now - window).timestamp(), now.timestamp()],
                "windows": tuple(WINDOWS),
                "indexes": [
                    {
                        **_rows(fresh, index.id),
                        "line": views.staleness(context, index, window),
                        "lags": views.lags(context, index, window),
                    }
                    for index in context.settings.indexes
                ],
                "classes": _CLASSES,
                "decisions": views.decisions(context, window),
                "coming": views.coming(context, fresh),
                # What holds an index back may name documents of any group.
                "details": asked.person.groups is None,
            },
        )

    return [page(board, "/freshness", freshness)]


def _rows(fresh: list[dict[str, Any]], index_id: str) -> dict[str, Any]:
    own = [row for row in fresh if row["index"] == index_id]
    return {"whole": own[0], "sources": own[1:]}
