"""What happened to an index: releases, rollbacks, holds, canaries, candidates that were stopped.

The pointers say what was served, and the journal why: rows of a run that was killed are missing
there, so nothing is left out for want of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.views.checks import GATES
from freshground.service.views.paging import ROWS, paged, thinned
from indexes import canary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context

EVENTS = 1_000
"""Newest rows of each kind that are read."""

_CONFIRMATIONS = 3_000

_EMPTY: dict[str, Any] = {
    "release": None,
    "candidate": None,
    "by": None,
    "run_id": None,
    "comment": "",
    "was": None,
    "as_of": None,
    "counts": None,
    "verdict": None,
    "failed": (),
    "live": False,
    "kept": False,
    "confirmations": 0,
    "confirmed_at": None,
    "releases": (),
}


def timeline(
    context: Context, index: IndexSettings, page: int = 1, size: int = ROWS
) -> dict[str, Any]:
    """Return what happened to an index, newest first, one page of it.

    The `kind` of an event is published, rollback, stopped (by a gate), canary (started),
    canary_ended (rolled back), resume or retired. `confirmations` counts the listings that found
    a release right while it served, `failed` are the gates that it failed.
    """
    judged = _Judged(context.lake.journal.newest("gate", index.id, GATES))
    events = [
        *_served(context, index, judged),
        *_stopped(context, index, judged),
        *_canaries(context, index),
        *_noted(context, index),
    ]
    events.sort(key=lambda event: event["at"], reverse=True)
    found = paged(events, page, size)
    for event in found["rows"]:
        event["at"] = iso(event["at"])
    return found


class _Judged:
    """The gates of candidates, by run and release number."""

    def __init__(self, entries: list[Entry]) -> None:
        self.of: dict[tuple[str, int], list[Entry]] = {}
        for entry in entries:
            self.of.setdefault((entry.run_id, entry.body["release"]), []).append(entry)

    def failed(self, run_id: str | None, release: int) -> list[dict[str, Any]]:
        return failed([entry.body for entry in self.of.get((run_id or "", release), ())])


def failed(gates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gates that were failed, without words: those may name documents."""
    names = ("check_id", "severity", "value", "threshold", "failing")
    return [{name: gate[name] for name in names} for gate in gates if not gate["passed"]]


def _served(context: Context, index: IndexSettings, judged: _Judged) -> list[dict[str, Any]]:
    """Return an event for each generation of the live pointer."""
    history = context.lake.pointers.history(index.id)
    journal = context.lake.journal
    told = {e.body["generation"]: e for e in journal.newest("release", index.id, EVENTS)}
    decided = {
        e.body["release"]: e.body["reason"]
        for e in journal.newest("canary", index.id, EVENTS)
        if e.body["action"] == "promote"
    }
    confirmed: dict[str, list[Entry]] = {}
    for found in journal.newest("confirmation", index.id, _CONFIRMATIONS):
        confirmed.setdefault(found.body["candidate"], []).append(found)
    events: list[dict[str, Any]] = []
    for place, pointer in enumerate(history):
        entry = told.get(pointer.generation)
        body = entry.body if entry else {}
        manifest = context.releases.find(index.id, pointer.candidate)
        run_id = manifest.run_id if manifest else entry.run_id if entry else None
        gates = failed(manifest.gates) if manifest else judged.failed(run_id, pointer.release)
        until = history[place + 1].at if place + 1 < len(history) else None
        held = _within(confirmed.get(pointer.candidate, ()), pointer.at, until)
        back = pointer.action == "rollback"
        events.append(
            _EMPTY
            | {
                "at": _time(pointer.at),
                "kind": "rollback" if back else "published",
                "release": pointer.release,
                "candidate": pointer.candidate,
                "by": pointer.by,
                "run_id": run_id,
                "comment": body.get("comment", "") if back else decided.get(pointer.release, ""),
                "was": history[place - 1].release if back and place else None,
                "as_of": manifest.as_of if manifest else body.get("as_of"),
                "counts": manifest.counts if manifest else body.get("counts"),
                "verdict": manifest.verdict if manifest else "warning" if gates else "passed",
                "failed": gates,
                "live": until is None,
                "kept": manifest is not None,
                "confirmations": len(held),
                "confirmed_at": iso(held[-1].at) if held else None,
            }
        )
    return events


def _within(found: Sequence[Entry], start: str, until: str | None) -> list[Entry]:
    since, end = _time(start), parse_iso(until)
    return [entry for entry in found if entry.at >= since and (end is None or entry.at < end)]


def _stopped(context: Context, index: IndexSettings, judged: _Judged) -> list[dict[str, Any]]:
    """Return an event for each candidate that a critical gate stopped."""
    events: list[dict[str, Any]] = []
    for (run_id, release), entries in judged.of.items():
        bodies = [entry.body for entry in entries]
        if all(body["passed"] or body["severity"] != "critical" for body in bodies):
            continue
        candidate = bodies[0].get("candidate")
        kept = candidate is not None and context.releases.find(index.id, candidate) is not None
        events.append(
            _EMPTY
            | {
                "at": entries[0].at,
                "kind": "stopped",
                "release": release,
                "candidate": candidate,
                "run_id": run_id,
                "verdict": "blocked",
                "failed": failed(bodies),
                "kept": kept,
            }
        )
    return events


def _canaries(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return when canaries began, and when they were rolled back; the others became releases."""
    reasons = {
        e.body["release"]: e.body["reason"]
        for e in context.lake.journal.newest("canary", index.id, EVENTS)
        if e.body["action"] == "roll back"
    }
    kinds = {canary.STARTED: "canary", canary.ENDED: "canary_ended"}
    events: list[dict[str, Any]] = []
    for pointer in context.lake.pointers.history(canary.name(index.id)):
        if pointer.action not in kinds:
            continue
        manifest = context.releases.find(index.id, pointer.candidate)
        ended = pointer.action == canary.ENDED
        events.append(
            _EMPTY
            | {
                "at": _time(pointer.at),
                "kind": kinds[pointer.action],
                "release": pointer.release,
                "candidate": pointer.candidate,
                "by": pointer.by,
                "run_id": manifest.run_id if manifest else None,
                "comment": reasons.get(pointer.release, "") if ended else "",
                "counts": manifest.counts if manifest else None,
                "verdict": manifest.verdict if manifest else None,
                "kept": manifest is not None,
            }
        )
    return events


def _noted(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return what the journal alone tells: holds that ended, releases that retention took."""
    journal = context.lake.journal
    ended = [
        _EMPTY
        | {
            "at": entry.at,
            "kind": "resume",
            "by": entry.body["by"],
            "run_id": entry.run_id,
            "comment": entry.body["comment"],
        }
        for entry in journal.newest("resume", index.id, EVENTS)
    ]
    retired = [
        _EMPTY
        | {
            "at": entry.at,
            "kind": "retired",
            "run_id": entry.run_id,
            "releases": entry.body["releases"],
        }
        for entry in journal.newest("retired", index.id, EVENTS)
    ]
    return ended + retired


def growth(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return the counts of each release as it was first published, oldest first, thinned out."""
    told = {
        e.body["candidate"]: e.body["counts"]
        for e in context.lake.journal.newest("release", index.id, EVENTS)
        if "candidate" in e.body
    }
    first: dict[str, Pointer] = {}
    for pointer in context.lake.pointers.history(index.id):
        first.setdefault(pointer.candidate, pointer)
    points: list[dict[str, Any]] = []
    for candidate, pointer in first.items():
        counts = told.get(candidate)
        if counts is None:
            manifest = context.releases.find(index.id, candidate)
            counts = manifest.counts if manifest else None
        if counts is not None:
            points.append({"at": pointer.at, "release": pointer.release, **counts})
    return thinned(points)


def _time(text: str) -> datetime:
    at = parse_iso(text)
    assert at is not None
    return at
