"""When each index was last refreshed, and how that went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_RUNS_READ = 50
_STAGES_READ = 20
_WORST_FIRST = ("failed", "gate", "guard", "held", "quarantined", "waiting", "done")
_OF_INDEX = ("embed", "build")


def last_refreshes(context: Context) -> dict[str, dict[str, Any] | None]:
    """Return by index its last refresh: at, outcome, run_id, by; None before the first.

    `outcome` is the worst of its stages': failed, gate, guard, held, quarantined, waiting or done;
    nothing where nothing had changed. Of runs in one process, and of those by Airflow, whose stages
    leave rows of their own.
    """
    runs = context.lake.journal.newest("run", "refresh", _RUNS_READ)
    return {index.id: _last(context, index, runs) for index in context.settings.indexes}


def _last(context: Context, index: IndexSettings, runs: list[Entry]) -> dict[str, Any] | None:
    stages = context.lake.journal.newest("stage", index.id, _STAGES_READ)
    found = [(e.at, 0, _row(e, e.body["outcome"])) for e in stages if e.body["stage"] in _OF_INDEX]
    confirmed = context.lake.journal.newest("confirmation", index.id, 1)
    found += [(e.at, 1, _row(e, "nothing")) for e in confirmed]
    # A run's own row stands beside those of its stages, and says more.
    found += [(e.at, 2, _row(e, word)) for e in runs if (word := _outcome(e, index)) is not None]
    return max(found, key=lambda each: each[:2])[2] if found else None


def _outcome(run: Entry, index: IndexSettings) -> str | None:
    """Return how a run went for an index; None when it was not for it."""
    stages = run.body["stages"]
    if not any(s["subject"] == index.id and s["stage"] in _OF_INDEX for s in stages):
        return None
    own = {
        s["outcome"]
        for s in stages
        if (s["subject"] == index.id if s["stage"] in _OF_INDEX else s["subject"] in index.sources)
    }
    return next((word for word in _WORST_FIRST if word in own), "nothing")


def _row(entry: Entry, outcome: str) -> dict[str, Any]:
    by = entry.body.get("by")
    return {"at": iso(entry.at), "outcome": outcome, "run_id": entry.run_id, "by": by}
