"""The first page: whether grounding data is all right, and what needs a person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.freshness.sla import report
from freshground.service.ui.live import told
from freshground.service.ui.routing import Asked, Nav, Page, page
from freshground.service.ui.sparklines import sparkline
from freshground.service.views.freshness import staleness
from freshground.service.views.needs import needs
from freshground.service.views.overview import overview
from freshground.service.views.stopped_plans import affected

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(0, "Now", "/")

_SHOWN = timedelta(hours=24)
_POINTS = 120
_URGENT = ("late", "unknown", "due", "fresh")


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def now(asked: Asked) -> Page:
        context = asked.context
        fresh = report(context)
        rows = overview(context, fresh)
        wanted = needs(context, fresh, rows)
        return Page(
            "now.html",
            "Now",
            {
                "rows": sorted(rows, key=_urgency),
                "needs": wanted,
                "progress": told(context),
                "lines": {index.id: _line(asked, index.id) for index in context.settings.indexes},
                "plans": {
                    need["source"]: affected(context, need["source"], asked.person.groups)
                    for need in wanted
                    if need["kind"] == "guard"
                },
                # Messages of what went wrong may name documents of any group.
                "details": asked.person.groups is None,
            },
        )

    return [page(board, "/", now)]


def _line(asked: Asked, index_id: str) -> dict[str, Any] | None:
    index = asked.context.settings.index(index_id)
    found = staleness(asked.context, index, _SHOWN, _POINTS)
    return sparkline(found["x"], found["values"], found["limit_s"])


def _urgency(row: dict[str, Any]) -> tuple[int, bool, float]:
    worst = -(row["staleness_s"] or 0.0) / row["max_staleness_s"]
    return _URGENT.index(row["sla"]), not row["failing_critical"], worst
