"""Releases: time lines, one release, two beside each other; rollbacks, holds and canaries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import parse_iso
from freshground.core.errors import ConfigError, Retriable
from freshground.service.releases import holding
from freshground.service.ui.asked import index_of, number
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import Asked, Done, Nav, Page, action, page
from freshground.service.views import changes, comparing, releases, timeline, won_and_lost
from freshground.service.views.readable import sight

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

NAV = Nav(20, "Releases", "/releases")

_FEW = 6


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    return [
        page(board, "/releases", all_releases),
        page(board, "/releases/{index}", releases_of),
        page(board, "/releases/{index}/compare", compare_releases),
        page(board, "/releases/{index}/{release:int}", one_release),
        action(board, "/releases/{index}/rollback", rollback),
        action(board, "/releases/{index}/resume", resume),
        action(board, "/canary/{index}/promote", promote_canary),
        action(board, "/canary/{index}/stop", stop_canary),
    ]


def all_releases(asked: Asked) -> Page:
    """Every index with what it serves, how it grew, and what happened last."""
    context = asked.context
    lines: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        events = timeline.timeline(context, index, size=_FEW)
        charts = _charts(events["growth"])
        serves = releases.standing(context, index)
        lines.append({"serves": serves, "charts": charts, "events": events})
    return Page("releases/index.html", "Releases", {"lines": lines})


def releases_of(asked: Asked) -> Page:
    """One index's line of time."""
    context, index = asked.context, index_of(asked)
    events = timeline.timeline(context, index, number(asked.query, "page"))
    data = {
        "serves": releases.standing(context, index),
        "charts": _charts(events["growth"]),
        "events": events,
        "kept": [row["release"] for row in releases.listed(context, index)],
    }
    return Page("releases/line.html", f"Releases of {index.id}", data)


def one_release(asked: Asked) -> Page:
    """Everything there is to know of one release or candidate."""
    context, index = asked.context, index_of(asked)
    seen = sight(context, asked.person.groups)
    release = int(asked.path["release"])
    try:
        found = releases.release(context, index, release, seen, asked.query.get("candidate", ""))
    except ConfigError as error:
        raise Refused(404, error.found, error.do) from error
    manifest = context.releases.find(index.id, found["candidate"])
    data = {
        "found": found,
        "questions": won_and_lost.won_and_lost(context, index, manifest, seen)
        if manifest
        else None,
        "documents": changes.brought(
            context, index, found["candidate"], seen, number(asked.query, "page")
        ),
    }
    what = "Candidate for release" if found["state"] == "stopped" else "Release"
    return Page("releases/one.html", f"{what} {release} of {index.id}", data)


def compare_releases(asked: Asked) -> Page:
    """Two releases of an index beside each other; without numbers the last two."""
    context, index = asked.context, index_of(asked)
    kept = [row["release"] for row in releases.listed(context, index)]
    data: dict[str, Any] = {"index": index.id, "kept": kept, "found": None, "documents": None}
    newest = kept[0] if kept else 0
    b = number(asked.query, "b", newest)
    a = number(asked.query, "a", next((n for n in kept if n < b), newest))
    data |= {"a": a, "b": b}
    if a != b:
        seen = sight(context, asked.person.groups)
        try:
            data["found"] = comparing.compare(context, index, a, b, seen)
            data["documents"] = changes.compared(
                context, index, a, b, seen, number(asked.query, "page")
            )
        except ConfigError as error:
            raise Refused(404, error.found, error.do) from error
    return Page("releases/compare.html", f"{index.id}: two releases", data)


def _charts(points: list[dict[str, Any]]) -> dict[str, Any]:
    """Return series for charts. The first load changed everything: beside it nothing is seen."""
    found: dict[str, Any] = {
        name: [point[name] for point in points] for name in ("documents", "chunks")
    }
    found |= {
        name: [None if point["release"] == 1 else point[name] for point in points]
        for name in ("added", "changed", "removed")
    }
    times = (parse_iso(point["at"]) for point in points)
    return {"x": [at.timestamp() for at in times if at is not None], **found}


def rollback(asked: Asked) -> Done:
    """Serve an earlier release again, and hold the index."""
    context, index = asked.context, index_of(asked)
    wanted = asked.form.get("release", "").strip()
    to = number(asked.form, "release", 0) if wanted else None
    if to == 0:
        raise ConfigError(f"{wanted!r} is no release.", "Name one by its number.")
    row = holding.rollback(context, index, to, comment=asked.comment)
    said = (
        f"{index.id} serves release {row['release']} (was {row['was']}). It is on hold: new "
        "releases come after somebody resumes it."
    )
    facts = {"release": row["release"], "was": row["was"], "hold": row["hold"]["id"]}
    return Done(f"/releases/{index.id}", said, index.id, facts)


def resume(asked: Asked) -> Done:
    """End the holds of an index."""
    index = index_of(asked)
    row = holding.resume(asked.context, index, asked.comment)
    said = f"{index.id} is on hold no more: the next refresh publishes."
    facts = {"holds": [hold["id"] for hold in row["ended"]]}
    return Done(f"/releases/{index.id}", said, index.id, facts)


def promote_canary(asked: Asked) -> Done:
    """Make a running canary the live release."""
    return _decided(asked, "promote")


def stop_canary(asked: Asked) -> Done:
    """End a running canary; the index is on hold."""
    return _decided(asked, "roll back")


def _decided(asked: Asked, what: str) -> Done:
    from freshground.service.stages.canary import decide

    context, index = asked.context, index_of(asked)
    report = decide(context, index, what, asked.comment)
    if report.outcome not in ("done", "gate"):
        context.lake.journal.commit()
        raise Retriable(report.message)
    release = (report.release or {}).get("release")
    return Done(f"/releases/{index.id}", report.message, index.id, {"release": release})
