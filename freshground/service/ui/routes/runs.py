"""Runs: what was done, what goes on, what it cost; and a refresh at the press of a button."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.service.ui.errors import Refused
from freshground.service.ui.live import Live, told
from freshground.service.ui.routing import Asked, Done, Nav, Page, action, events, page
from freshground.service.ui.stacks import folded, stack
from freshground.service.views import cost as costs
from freshground.service.views import run as details
from freshground.service.views import runs as lists
from freshground.service.views.paging import paged, thinned
from freshground.service.views.readable import sight
from freshground.service.views.usage import usage

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.context import Context
    from freshground.service.ui.board import Board
    from freshground.service.ui.person import Person

NAV = Nav(60, "Runs", "/runs")

DAYS = (7, 30, 90)
_UNDONE = ("nothing", "running", "lost")
_CALLERS = 50
_SET_ASIDE = 50


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    live = Live(board.context)

    def refresh(asked: Asked) -> Done:
        indexes = [asked.form["index"]] if asked.form.get("index") else []
        sources = [asked.form["source"]] if asked.form.get("source") else []
        said = board.refresher.start(asked, indexes, sources)
        return Done("/runs", said, "refresh", {"indexes": indexes, "sources": sources})

    return [
        page(board, "/runs", runs),
        page(board, "/runs/cost", cost),
        page(board, "/runs/progress", progress),
        events(board, "/runs/live", live.stream),
        page(board, "/runs/{run_id:path}", run),
        action(board, "/refresh", refresh),
    ]


def progress(asked: Asked) -> Page:
    """Show what runs now, alone: for a page that renews this part of itself."""
    return Page("progress/fragment.html", "Running now", {"progress": told(asked.context)})


def runs(asked: Asked) -> Page:
    """List runs."""
    days = _days(asked)
    outcome = asked.query.get("outcome") or None
    every = lists.runs(asked.context, days=days)
    found = [row for row in every if outcome in (None, row["outcome"])]
    wrote = thinned([r for r in reversed(every) if r["outcome"] not in _UNDONE])
    data = {
        **paged(found, _number(asked.query.get("page"))),
        "days": days,
        "all_days": DAYS,
        "outcome": outcome,
        "outcomes": [o for o in lists.OUTCOMES if any(row["outcome"] == o for row in every)],
        "progress": told(asked.context),
        "x": [_seconds(row["started_at"]) for row in wrote],
        "took": [row["seconds"] for row in wrote],
        "embedded": [row["texts_embedded"] for row in wrote],
        "indexes": [index.id for index in asked.context.settings.indexes],
        "sources": asked.context.settings.source_ids,
    }
    return Page("runs.html", "Runs", data)


def run(asked: Asked) -> Page:
    """Show one run."""
    run_id = asked.path["run_id"]
    try:
        found = details.run(asked.context, run_id)
    except ConfigError as error:
        raise Refused(404, error.found, "It may be older than what the list shows.") from None
    now = told(asked.context)
    own = [row for row in now["runs"] if row["run"] == found["run"]]
    judged = _judged(found)
    data = {
        "failed": [each for each in judged if not each["passed"]],
        "passed": [each for each in judged if each["passed"]],
        "run": _for_person(asked.context, asked.person, found),
        "longest": max((_end(stage) for stage in found["stages"]), default=0.0) or 1.0,
        "current": own[0] if own else None,
    }
    return Page("run.html", f"Run {found['run'][:60]}", data)


def cost(asked: Asked) -> Page:
    """Show what embedding cost, and who used how much."""
    days = _days(asked)
    by = asked.query.get("by", "index")
    if by not in costs.PARTS:
        raise Refused(404, f"Costs are not told by {by!r}.", f"Known: {', '.join(costs.PARTS)}.")
    found = costs.cost(asked.context, by=by, days=days)
    today = asked.context.clock.now().date()
    callers = usage(asked.context, today - timedelta(days=days - 1), "key")
    callers.sort(key=lambda row: -(row["tokens_in"] + row["tokens_out"]))
    unit = "money" if found["total"]["money"] else "tokens"
    data = {
        **{name: value for name, value in found.items() if name != "parts"},
        "parts_told": found["parts"],
        "all_days": DAYS,
        "parts_known": costs.PARTS,
        "unit": unit,
        "stack": stack(folded(found["by_day"], [p["name"] for p in found["parts"]], unit)),
        "callers": callers[:_CALLERS],
        "more_callers": len(callers[_CALLERS:]),
    }
    return Page("cost.html", "Cost", data)


def _for_person(context: Context, person: Person, found: dict[str, Any]) -> dict[str, Any]:
    """Return a run without what names documents that a person may not read.

    What a stage says may quote their keys: it is for those who may read all documents.
    """
    seen = sight(context, person.groups)
    every = person.groups is None
    stages = []
    for stage in found["stages"]:
        aside = stage["newly_quarantined"]
        objects = context.ledger.objects(stage["subject"]) if aside else {}
        own = [each for each in aside if seen.row(objects.get(each.get("doc_id", "")))]
        stages.append(
            {
                **stage,
                "newly_quarantined": own[:_SET_ASIDE],
                "more_quarantined": len(aside) - len(own[:_SET_ASIDE]),
                "cause": stage["cause"] if every else "",
                "withheld": bool(stage["cause"]) and not every,
            }
        )
    withheld = found["output"] is not None and not every
    return {
        **found,
        "stages": stages,
        "output": found["output"] if every else None,
        "output_withheld": withheld,
    }


def _judged(found: dict[str, Any]) -> list[dict[str, Any]]:
    """Return gates and checks alike; those of a build are its gates."""
    gates = [{**gate, "of": gate["index"]} for gate in found["gates"]]
    checks = [
        {**check, "of": f"{stage['stage']} {stage['subject']}", "release": None}
        for stage in found["stages"]
        if stage["stage"] != "build"
        for check in stage["checks"]
    ]
    return [*gates, *checks]


def _days(asked: Asked) -> int:
    days = _number(asked.query.get("days"), 30)
    return days if days in DAYS else 30


def _number(text: str | None, default: int = 1) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 7 else default  # noqa: PLR2004


def _seconds(at: str) -> float:
    from freshground.core.clock import parse_iso

    found = parse_iso(at)
    return found.timestamp() if found else 0.0


def _end(stage: dict[str, Any]) -> float:
    return stage["offset_s"] + (stage["seconds"] or 0.0)
