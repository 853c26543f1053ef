"""Quality: every check by layer, and one check's history with what fails now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.errors import ConfigError
from freshground.service.ui.asked import number
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import Asked, Nav, Page, page
from freshground.service.views import quality
from freshground.service.views.checks import LAYERS
from freshground.service.views.paging import paged
from freshground.service.views.readable import sight

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(30, "Quality", "/quality")

_URGENT = 25


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    return [
        page(board, "/quality", all_checks),
        page(board, "/quality/{layer}/{check_id}", one_check),
    ]


def all_checks(asked: Asked) -> Page:
    """Every check as it was found last; what fails or soon will stands first."""
    rows = quality.checks(asked.context)
    urgent = quality.urgent(rows)
    chosen = {name: asked.query.get(name, "") for name in ("layer", "subject", "state")}
    found = [
        row
        for row in rows
        if chosen["layer"] in ("", row["layer"])
        and chosen["subject"] in ("", row["subject"])
        and (chosen["state"] == "" or quality.fails(row))
    ]
    layers = [
        {
            "name": layer,
            "checks": sum(row["layer"] == layer for row in rows),
            "failing": sum(row["layer"] == layer and quality.fails(row) for row in rows),
        }
        for layer in LAYERS
    ]
    data = {
        "layers": layers,
        "urgent": urgent[:_URGENT],
        "more_urgent": max(0, len(urgent) - _URGENT),
        "checks": paged(found, number(asked.query, "page")),
        "all": len(rows),
        "failing": sum(quality.fails(row) for row in rows),
        "decaying": sum(row["reaches_in"] is not None for row in rows),
        "subjects": sorted({row["subject"] for row in rows}),
        "chosen": chosen,
    }
    return Page("quality/index.html", "Quality", data)


def one_check(asked: Asked) -> Page:
    """One check of one source or index."""
    context = asked.context
    layer, check_id = asked.path["layer"], asked.path["check_id"]
    subjects = _subjects(context, layer)
    subject = asked.query.get("subject") or next(iter(subjects), "")
    if subject not in subjects:
        raise Refused(404, f"No {layer} checks run over {subject!r}.", "Choose from the list.")
    try:
        found = quality.check(
            context,
            layer,
            check_id,
            subject,
            sight(context, asked.person.groups),
            number(asked.query, "page"),
        )
    except ConfigError as error:
        raise Refused(404, error.found, error.do) from error
    return Page(
        "quality/check.html",
        check_id,
        {"found": found, "subjects": subjects, "chart": _chart(found)},
    )


def _subjects(context: Any, layer: str) -> list[str]:
    if layer not in LAYERS:
        return []
    if layer == "candidate":
        return [index.id for index in context.settings.indexes]
    return list(context.settings.source_ids)


def _chart(found: dict[str, Any]) -> dict[str, Any]:
    """Return the trend for a chart: its threshold as a line, or a series where it changed."""
    points = [(parse_iso(point["at"]), point) for point in found["trend"]]
    thresholds = [point["threshold"] for _, point in points]
    series = [{"name": "value", "values": [point["value"] for _, point in points]}]
    one = len(set(thresholds)) == 1 and thresholds[0] is not None
    if not one and any(value is not None for value in thresholds):
        series.append({"name": "threshold", "values": thresholds, "dash": True})
    return {
        "x": [at.timestamp() for at, _ in points if at is not None],
        "series": series,
        "line": {"name": "threshold", "value": thresholds[0]} if one else None,
        "empty": all(point["value"] is None for _, point in points),
    }
