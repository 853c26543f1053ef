"""The runs that the journal knows: refreshes, and the runs of Airflow, which are single stages."""

from __future__ import annotations

import signal
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.refresh import INTERRUPTED
from freshground.service.reports import STATUS
from freshground.service.views.origin import trigger_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from freshground.lake.journal import Entry
    from freshground.lake.progress import Beat
    from freshground.service.context import Context

KINDS = ("run", "stage", "cost", "apply", "run_ended")
OUTCOMES = (
    "failed", "gate", "guard", "quarantined", "stopped", "lost", "running",
    "held", "waiting", "done", "nothing",
)  # fmt: skip
"""What became of a run, the gravest first."""

_BY_STATUS = {1: "failed", 5: "gate", 4: "guard", 3: "quarantined", INTERRUPTED: "stopped"}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_QUIET = ("held", "waiting", "done", "nothing")


@dataclass
class Rows:
    """What the journal holds of one run."""

    run: Entry | None = None
    stages: list[Entry] = field(default_factory=list)
    costs: list[Entry] = field(default_factory=list)
    applied: Entry | None = None
    ended: Entry | None = None

    def add(self, entry: Entry) -> None:
        """Take in one row."""
        if entry.kind == "run":
            self.run = entry
        elif entry.kind == "apply":
            self.applied = entry
        elif entry.kind == "run_ended":
            self.ended = entry
        else:
            (self.stages if entry.kind == "stage" else self.costs).append(entry)

    @property
    def is_run(self) -> bool:
        """Whether these rows are a run: what was spent and applied belongs to one."""
        return self.run is not None or self.ended is not None or bool(self.stages)


def runs(context: Context, *, days: int = 30, outcome: str | None = None) -> list[dict[str, Any]]:
    """Return the runs of so many days, the newest first; those of one outcome, if one is named.

    Times are ISO 8601, `seconds` wall time; `tokens` and `money` what embedding took.
    """
    now = context.clock.now()
    grouped: dict[str, Rows] = {}
    for entry in context.lake.journal.entries(*KINDS, since=now - timedelta(days=days)):
        grouped.setdefault(entry.run_id, Rows()).add(entry)
    alive = {beat.run_id: beat for beat in context.lake.progress.running()}
    found = [
        summary(run_id, rows, alive.pop(run_id, None), now)
        for run_id, rows in grouped.items()
        if rows.is_run
    ]
    found += [summary(beat.run_id, Rows(), beat, now) for beat in alive.values()]
    found.sort(key=lambda row: (row["started_at"], row["run"]), reverse=True)
    return [row for row in found if outcome in (None, row["outcome"])]


def summary(run_id: str, rows: Rows, beat: Beat | None, now: datetime) -> dict[str, Any]:
    """Return one run in a row."""
    told = stages_of(rows)
    first, last = _times(rows, beat)
    body = rows.run.body if rows.run else {}
    by = _first(rows, "by") or (beat.by if beat else "")
    seconds = body.get("seconds", (last - first).total_seconds())
    return {
        "run": run_id,
        "started_at": iso(first),
        "ended_at": iso(last),
        "seconds": round(seconds, 4),
        "by": by,
        "trigger": trigger_of(run_id, by, _trigger(rows, beat)),
        "comment": body.get("comment", ""),
        "outcome": _outcome(rows, told, beat, now),
        "documents": sum(_count(told, "ingest", n) for n in ("added", "changed", "removed")),
        "quarantined": _count(told, "silver", "quarantined") + _count(told, "admit", "quarantined"),
        "chunks": _count(told, "gold", "chunks"),
        "texts_embedded": _count(told, "embed", "texts_embedded"),
        "vectors_reused": _count(told, "embed", "vectors_reused"),
        "tokens": sum(entry.body["tokens"] for entry in rows.costs),
        "money": round(sum(entry.body["money"] for entry in rows.costs), 9),
        "releases": _releases(rows.stages),
    }


def stages_of(rows: Rows) -> list[dict[str, Any]]:
    """Return stage, subject, outcome and counts of each stage, idle ones of a refresh included."""
    if rows.run is not None:
        return rows.run.body.get("stages", [])
    return [entry.body for entry in rows.stages]


def _times(rows: Rows, beat: Beat | None) -> tuple[datetime, datetime]:
    if rows.run is not None:
        return rows.run.at - timedelta(seconds=rows.run.body.get("seconds", 0)), rows.run.at
    if rows.stages:
        starts = [e.at - timedelta(seconds=e.body.get("seconds", 0)) for e in rows.stages]
        return min(starts), max(entry.at for entry in rows.stages)
    if rows.ended is not None:
        return rows.ended.at - timedelta(seconds=rows.ended.body["seconds"]), rows.ended.at
    assert beat is not None
    first, last = parse_iso(beat.started_at), parse_iso(beat.at)
    assert first is not None
    assert last is not None
    return first, last


def _outcome(rows: Rows, told: list[dict[str, Any]], beat: Beat | None, now: datetime) -> str:
    if rows.run is None and beat is not None:
        return "lost" if beat.lost(now) else "running"
    ended = rows.ended.body["status"] if rows.ended else 0
    outcomes = {each["outcome"] for each in told}
    if rows.run is not None:
        status = rows.run.body["status"]
    else:
        status = next((s for s in (1, 5, 4, 3) if s in {STATUS[o] for o in outcomes}), ended)
    if status:
        return _BY_STATUS.get(status, "stopped" if -status in _SIGNALS else "failed")
    return next((each for each in _QUIET if each in outcomes), "nothing")


def _trigger(rows: Rows, beat: Beat | None) -> str | None:
    if rows.run is not None:
        return rows.run.body.get("trigger")
    return "dashboard" if rows.ended else beat.trigger if beat else None


def _first(rows: Rows, name: str) -> str:
    for entry in (rows.run, *rows.stages, rows.ended, rows.applied):
        if entry is not None and entry.body.get(name):
            return entry.body[name]
    return ""


def _count(told: Iterable[dict[str, Any]], stage: str, name: str) -> int:
    return sum(each.get(name, 0) for each in told if each["stage"] == stage)


def _releases(stages: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the releases that a run made, and what became of them."""
    found = [entry.body.get("release") or {} for entry in stages]
    return [
        {name: each[name] for name in ("index", "release", "state")}
        for each in found
        if "state" in each
    ]
