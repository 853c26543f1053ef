"""One run: its stages one after another, what they counted, why one failed and what to do then."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import ConfigError
from freshground.lake.lineage import lineage_run
from freshground.service.views.output import read_output
from freshground.service.views.runs import KINDS, Rows, runs, stages_of, summary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_LOOK_BACK_DAYS = 90

_RATES = {
    "ingest": ("objects", ("listed",)),
    "silver": ("documents", ("parsed", "quarantined")),
    "admit": ("documents", ("judged",)),
    "gold": ("documents", ("documents",)),
    "embed": ("texts", ("texts_embedded",)),
    "build": ("rows", ("rows",)),
}
_CHECK = ("check_id", "layer", "severity", "passed", "value", "threshold", "rows", "failing")
_NO_COUNTS = {
    "stage", "subject", "outcome", "seconds", "message", "do", "newly_quarantined", "checks",
    "release", "by", "code", "settings",
}  # fmt: skip


def run(context: Context, name: str) -> dict[str, Any]:
    """Return a run by its id, or by the start of one; ConfigError when there is none such.

    `stages` are in order, with `offset_s` from the run's start, `rate` in units a second, and for
    what went wrong `cause` and `do`.
    """
    run_id = _id(context, name)
    rows = Rows()
    for entry in context.lake.journal.entries(*KINDS, run_id=run_id):
        rows.add(entry)
    beats = [beat for beat in context.lake.progress.running() if beat.run_id == run_id]
    beat = beats[0] if beats else None
    found = summary(run_id, rows, beat, context.clock.now())
    bodies = [entry.body for entry in rows.stages]
    return {
        **found,
        "code": next((body["code"] for body in bodies if body.get("code")), None),
        "settings": next((body["settings"] for body in bodies if body.get("settings")), None),
        "plan": rows.applied.body["plan_id"] if rows.applied else None,
        "process_status": rows.ended.body["status"] if rows.ended else None,
        "output": read_output(context, run_id),
        "stages": _stages(run_id, rows, found),
        "costs": [{"index": entry.subject, **entry.body} for entry in rows.costs],
        "gates": [
            {"index": e.subject, "release": e.body["release"], **_only(e.body, _CHECK)}
            for e in context.lake.journal.entries("gate", run_id=run_id)
        ],
    }


def _id(context: Context, name: str) -> str:
    if context.lake.journal.entries(*KINDS, run_id=name, last=1) or any(
        beat.run_id == name for beat in context.lake.progress.running()
    ):
        return name
    found = [row["run"] for row in runs(context, days=_LOOK_BACK_DAYS)]
    alike = [each for each in found if name and each.startswith(name)]
    if len(alike) != 1:
        what = "There is no run" if not alike else f"{len(alike)} runs start with"
        raise ConfigError(f"{what} {name!r}.", "See `freshground runs`.")
    return alike[0]


def _stages(run_id: str, rows: Rows, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    recorded = list(rows.stages)
    told: list[dict[str, Any]] = []
    began = parse_iso(found["started_at"])
    offset = 0.0
    for body in stages_of(rows):
        entry = _taken(recorded, body)
        whole = {**body, **(entry.body if entry else {})}
        seconds = whole.get("seconds")
        if rows.run is None and entry is not None and began is not None:
            # Of Airflow: tasks stand beside each other, and wait.
            offset = (entry.at - timedelta(seconds=seconds or 0) - began).total_seconds()
        told.append(_stage(run_id, whole, entry, round(max(0.0, offset), 3)))
        offset += seconds or 0.0
    # A run that was broken off: what was committed of it before.
    told += [_stage(run_id, e.body, e, round(offset, 3)) for e in recorded]
    return told


def _taken(recorded: list[Entry], body: Mapping[str, Any]) -> Entry | None:
    for entry in recorded:
        if (entry.body["stage"], entry.subject) == (body["stage"], body["subject"]):
            recorded.remove(entry)
            return entry
    return None


def _stage(
    run_id: str, body: Mapping[str, Any], entry: Entry | None, offset: float
) -> dict[str, Any]:
    seconds = body.get("seconds")
    unit, names = _RATES.get(body["stage"], ("", ()))
    amount = sum(body.get(name, 0) for name in names)
    message, do = body.get("message", ""), body.get("do", "")
    return {
        "stage": body["stage"],
        "subject": body["subject"],
        "outcome": body["outcome"],
        "at": iso(entry.at) if entry else None,
        "offset_s": offset,
        "seconds": seconds,
        "counts": {k: v for k, v in body.items() if k not in _NO_COUNTS},
        "rate": round(amount / seconds, 3) if amount and seconds else None,
        "rate_unit": unit,
        "cause": message.removesuffix(do).strip() if do else message,
        "do": do,
        "newly_quarantined": body.get("newly_quarantined", []),
        "checks": [_only(check, _CHECK) for check in body.get("checks", [])],
        "release": body.get("release"),
        "lineage_run": lineage_run(run_id, body["stage"], body["subject"]) if entry else None,
    }


def _only(body: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: body.get(name) for name in names}
