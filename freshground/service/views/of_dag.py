"""What one DAG, or one of its runs, did: its stages, their checks, and what they led to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.service.plans.approvals import stopped
from freshground.service.quarantine.listing import set_aside
from freshground.service.views.overview import overview

if TYPE_CHECKING:
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

STAGES_SHOWN = 30

_STAGES = {
    "ingest": ("ingest", "look"),
    "silver": ("silver", "admit"),
    "gold": ("gold",),
    "build": ("embed", "build", "canary"),
}
_NO_COUNTS = frozenset(
    {
        "stage", "subject", "outcome", "seconds", "message", "do", "newly_quarantined", "checks",
        "release", "by", "code", "settings",
    }
)  # fmt: skip


def of_dag(
    context: Context,
    layer: str,
    *,
    source: str | None = None,
    index: str | None = None,
    run_id: str | None = None,
) -> dict[str, Any]:
    """Return what the DAG of a layer of a source, or of an index, did last; or one run of it.

    `layer` is as in `dags.ids.Work`; `run_id` the run's id in the journal. JSON-ready: `stages`
    newest first, with `counts` by name; `checks` those of the newest stage that made any; `indexes`
    rows of `overview`; `aside` quarantined documents by rule; `plans` stopped ones; `decisions` the
    governor's last on each source. `aside`, `plans` and `decisions` are of the DAG's own sources.
    """
    settings = context.settings
    sources = [source] if source else list(settings.index(index).sources if index else ())
    governs = source is None and index is None
    if governs:
        sources = settings.source_ids
    mine = [i.id for i in settings.indexes if i.id == index or not {*sources}.isdisjoint(i.sources)]
    if index is not None:
        mine = [index]
    rows = _rows(context, layer, source or index, run_id)
    decided = context.lake.journal.latest("decision") if governs else {}
    aside = Counter(row["rule"] for row in set_aside(context) if row["source"] in sources)
    return {
        "layer": layer,
        "source": source,
        "index": index,
        "run_id": run_id,
        "stages": [_stage(entry) for entry in rows],
        "checks": next((entry.body["checks"] for entry in rows if entry.body.get("checks")), []),
        "indexes": [row for row in overview(context) if row["index"] in mine],
        "aside": dict(aside.most_common()),
        "plans": [row for row in stopped(context) if row["source"] in sources],
        "decisions": [
            {"source": name, "at": iso(decided[name].at), **_decision(decided[name])}
            for name in sources
            if name in decided
        ],
    }


def _rows(context: Context, layer: str, subject: str | None, run_id: str | None) -> list[Entry]:
    """Return rows of stages, newest first."""
    journal = context.lake.journal
    if run_id is not None:
        return journal.entries("stage", run_id=run_id)[::-1]
    if subject is None:
        return []
    wanted = _STAGES.get(layer, ())
    # A source and an index may have the same name, and each stage its own rows.
    found = journal.newest("stage", subject, STAGES_SHOWN * 4)
    return [entry for entry in found if entry.body["stage"] in wanted][::-1][:STAGES_SHOWN]


def _stage(entry: Entry) -> dict[str, Any]:
    body = entry.body
    release = body.get("release") or {}
    return {
        "at": iso(entry.at),
        "run_id": entry.run_id,
        "stage": body["stage"],
        "subject": body["subject"],
        "outcome": body["outcome"],
        "seconds": body["seconds"],
        "message": body["message"],
        "counts": {n: v for n, v in body.items() if n not in _NO_COUNTS and _counts(v)},
        "newly_quarantined": len(body["newly_quarantined"]),
        "failed_checks": sum(not each["passed"] for each in body["checks"]),
        "release": release.get("release"),
    }


def _counts(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value != 0


def _decision(entry: Entry) -> dict[str, Any]:
    return {name: entry.body[name] for name in ("action", "until", "reason")}
