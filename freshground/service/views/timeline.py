"""What happened to an index: releases, rollbacks, holds, canaries, candidates that were stopped.

The pointers say what was served, and the journal why: rows of a run that was killed are missing
there, so nothing is left out for want of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.views.paging import ROWS, paged, thinned
from indexes import canary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_READ = 8_000
"""Newest journal rows of an index that are read: gates of over a hundred candidates, and a year of
decisions."""

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


class Past:
    """What the journal keeps of an index: rows by kind, and gates by run and release number."""

    def __init__(self, context: Context, index: IndexSettings) -> None:
        kinds = ("release", "canary", "confirmation", "resume", "retired", "gate")
        self._kinds: dict[str, list[Entry]] = {kind: [] for kind in kinds}
        for entry in context.lake.journal.entries(*kinds, subject=index.id, last=_READ):
            self._kinds[entry.kind].append(entry)
        self.gates: dict[tuple[str, int], list[dict[str, Any]]] = {}
        self.judged: dict[tuple[str, int], datetime] = {}
        for entry in self.of("gate"):
            key = (entry.run_id, entry.body["release"])
            self.gates.setdefault(key, []).append(entry.body)
            self.judged[key] = entry.at

    def of(self, kind: str) -> list[Entry]:
        """Return the rows of a kind, oldest first."""
        return self._kinds[kind]

    def gates_of(self, run_id: str | None, release: int) -> list[dict[str, Any]]:
        """Return the gates of a candidate that a run made."""
        return self.gates.get((run_id or "", release), [])


def timeline(
    context: Context, index: IndexSettings, page: int = 1, size: int = ROWS
) -> dict[str, Any]:
    """Return what happened to an index, newest first, one page of it; and how it grew.

    The `kind` of an event is published, rollback, stopped (by a gate), canary (started),
    canary_ended (rolled back), resume or retired. `confirmations` counts the listings that found
    a release right while it served, `failed` are the gates that it failed, `releases` those that
    retention took. `growth` are the counts of each release, oldest first.
    """
    past = Past(context, index)
    served = _served(context, index, past)
    events = [
        *_canaries(context, index, past),
        *served,
        *_stopped(context, index, past),
        *_retired(past, served),
        *_resumed(past),
    ]
    events.sort(key=lambda event: event["at"])  # of one moment: in the order of cause
    found = paged(events[::-1], page, size)
    found["growth"] = _growth(served)
    for event in found["rows"]:
        event["at"] = iso(event["at"])
    return found


def failed(gates: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the gates that were failed, without words: those may name documents."""
    names = ("check_id", "severity", "value", "threshold", "failing")
    return [{name: gate[name] for name in names} for gate in gates if not gate["passed"]]


def _served(context: Context, index: IndexSettings, past: Past) -> list[dict[str, Any]]:
    """Return an event for each generation of the live pointer, oldest first."""
    history = context.lake.pointers.history(index.id)
    told = {entry.body["generation"]: entry for entry in past.of("release")}
    decided = {
        entry.body["release"]: entry.body["reason"]
        for entry in past.of("canary")
        if entry.body["action"] == "promote"
    }
    confirmed: dict[str, list[Entry]] = {}
    for found in past.of("confirmation"):
        confirmed.setdefault(found.body["candidate"], []).append(found)
    events: list[dict[str, Any]] = []
    for place, pointer in enumerate(history):
        entry = told.get(pointer.generation)
        body = entry.body if entry else {}
        manifest = context.releases.find(index.id, pointer.candidate)
        run_id = manifest.run_id if manifest else entry.run_id if entry else None
        gates = failed(manifest.gates if manifest else past.gates_of(run_id, pointer.release))
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


def _stopped(context: Context, index: IndexSettings, past: Past) -> list[dict[str, Any]]:
    """Return an event for each candidate that a critical gate stopped."""
    events: list[dict[str, Any]] = []
    for (run_id, release), gates in past.gates.items():
        if all(gate["passed"] or gate["severity"] != "critical" for gate in gates):
            continue
        candidate = gates[0].get("candidate")
        kept = candidate is not None and context.releases.find(index.id, candidate) is not None
        events.append(
            _EMPTY
            | {
                "at": past.judged[run_id, release],
                "kind": "stopped",
                "release": release,
                "candidate": candidate,
                "run_id": run_id,
                "verdict": "blocked",
                "failed": failed(gates),
                "kept": kept,
            }
        )
    return events


def _canaries(context: Context, index: IndexSettings, past: Past) -> list[dict[str, Any]]:
    """Return when canaries began, and when they were rolled back; the others became releases."""
    reasons = {
        entry.body["release"]: entry.body["reason"]
        for entry in past.of("canary")
        if entry.body["action"] == "roll back"
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


def _resumed(past: Past) -> list[dict[str, Any]]:
    return [
        _EMPTY
        | {
            "at": entry.at,
            "kind": "resume",
            "by": entry.body["by"],
            "run_id": entry.run_id,
            "comment": entry.body["comment"],
        }
        for entry in past.of("resume")
    ]


def _retired(past: Past, served: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Note with a publication which releases it let go; return those that had none."""
    by_run = {event["run_id"]: event for event in served if event["kind"] == "published"}
    alone: list[dict[str, Any]] = []
    for entry in past.of("retired"):
        event = by_run.get(entry.run_id)
        if event is not None:
            event["releases"] = entry.body["releases"]
            continue
        told = {"at": entry.at, "kind": "retired", "run_id": entry.run_id}
        alone.append(_EMPTY | told | {"releases": entry.body["releases"]})
    return alone


def _growth(served: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the counts of each release as it was first published, oldest first, thinned out."""
    first: dict[str, dict[str, Any]] = {}
    for event in served:
        if event["counts"] is not None:
            first.setdefault(event["candidate"], event)
    return [
        {"at": iso(event["at"]), "release": event["release"], **event["counts"]}
        for event in thinned(list(first.values()))
    ]


def _time(text: str) -> datetime:
    at = parse_iso(text)
    assert at is not None
    return at
