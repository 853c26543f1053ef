"""What the governor is told of each source, and the record of what it decided."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.asking import canary
from freshground.service.freshness.as_of import durations, listing_times, served_as_of
from freshground.service.releases.holding import message
from freshground.service.reports import Scope
from quality.governor import Decision, Promise, SourceState, decide_all

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context

_STAGES_READ = 300
_DECISIONS_READ = 300
_DAY = timedelta(days=1)

CALL_LOST_AFTER = timedelta(minutes=15)
"""A refresh that was decided on and of which nothing was heard for so long was lost on the way."""


def govern(context: Context) -> list[Decision]:
    """Decide on every source now, and record each decision that is new; return all of them.

    Canaries that run are decided first.
    """
    from freshground.service import stages

    for index in context.settings.indexes:
        stages.canary(context, Scope(index=index.id))
    now = context.clock.now()
    decisions = decide_all(states(context), now, context.settings.governor)
    before = context.lake.journal.latest("decision")
    for made in decisions:
        last = before.get(made.source)
        if (
            made.action == "refresh"
            or last is None
            or (last.body["action"], last.body["reason"]) != (made.action, made.reason)
        ):
            context.lake.journal.add(context.run_id, "decision", made.source, as_dict(made))
    context.lake.journal.commit()
    return decisions


def as_dict(made: Decision) -> dict[str, Any]:
    """Return a decision as JSON-ready data."""
    return {
        "source": made.source,
        "action": made.action,
        "until": iso(made.until),
        "reason": made.reason,
        "inputs": made.inputs,
    }


def states(context: Context) -> list[SourceState]:
    """Return what is known of every source, in the settings' order."""
    took: dict[str, list[timedelta]] = defaultdict(list)
    builds: dict[str, list[Entry]] = {}
    for index in context.settings.indexes:
        for source_id, found in durations(context, index.id).items():
            took[source_id] += found
        builds[index.id] = _stages(context, index.id, "build")
    return [
        _state(context, source_id, took[source_id], builds)
        for source_id in context.settings.source_ids
    ]


def _state(
    context: Context,
    source_id: str,
    took: Sequence[timedelta],
    builds: dict[str, list[Entry]],
) -> SourceState:
    now = context.clock.now()
    indexes = [index for index in context.settings.indexes if source_id in index.sources]
    complete = listing_times(context, source_id)
    unfinished = [
        (at, entry.body)
        for entry in context.lake.journal.newest("partial_listing", source_id, _STAGES_READ)
        if (at := parse_iso(entry.body["listed_at"])) is not None
    ]
    partial = [at for at, _ in unfinished]
    short, body = unfinished[-1] if unfinished else (None, {})
    if not body.get("deferred") or body.get("entered"):
        short = None
    ingests = _stages(context, source_id, "ingest")
    stopped = [e for e in ingests if e.body["outcome"] in ("failed", "guard")]
    newest = complete[-1] if complete else None
    failed = [e.at for e in stopped if newest is None or e.at > newest]
    failed += [at for i in indexes for at in _gate_stops(context, i, builds[i.id])]
    looks = [entry.at for entry in context.lake.journal.newest("look", source_id, _STAGES_READ)]
    calls = context.lake.journal.newest("decision", source_id, _DECISIONS_READ)
    calls = [e for e in calls if e.body["action"] == "refresh"]
    started = sorted([*complete, *partial, *looks, *(e.at for e in stopped)])
    first = ingests[0].at if len(ingests) == _STAGES_READ else None
    seen = [at for at in complete if first is None or at >= first]
    return SourceState(
        source=source_id,
        promises=tuple(_promises(context, source_id, indexes, newest)),
        durations=tuple(took),
        started=tuple(at for at in started if now - at <= _DAY or at == started[-1]),
        spare=tuple(e.at for e in calls if e.body["inputs"].get("spare") and now - e.at <= _DAY),
        succeeded=newest,
        running_since=_running(context, indexes, source_id, newest, started, calls, builds),
        failures=len(failed),
        last_failure=max(failed, default=None),
        short_at=short if short and (newest is None or short > newest) else None,
        changed_at=min((at for at in looks if newest is None or at > newest), default=None),
        listings=len(seen),
        changed=sum(e.body["outcome"] == "done" for e in ingests),
        observed=seen[-1] - seen[0] if seen else timedelta(0),
        queries_per_hour=sum(context.lake.queries.per_hour(i.id, _DAY) for i in indexes),
    )


def _stages(context: Context, subject: str, stage: str) -> list[Entry]:
    found = context.lake.journal.newest("stage", subject, _STAGES_READ)
    return [entry for entry in found if entry.body["stage"] == stage]


def _promises(
    context: Context, source_id: str, indexes: Sequence[IndexSettings], newest: datetime | None
) -> list[Promise]:
    found: list[Promise] = []
    own = context.settings.source(source_id).sla
    if own is not None:
        found.append(Promise(f"source {source_id}", own, newest))
    for index in indexes:
        live = context.releases.live(index.id)
        trial = canary.running(context, index)
        # What a canary holds is refreshed already; another refresh would bring it no sooner.
        manifest = trial.manifest if trial else live[1] if live else None
        as_of = served_as_of(context, manifest, source_id) if manifest else None
        holds = context.lake.holds.active(index.id)
        held = message(index.id, holds) if holds else ""
        found.append(Promise(f"index {index.id}", index.sla, as_of, held))
    return found


def _gate_stops(context: Context, index: IndexSettings, builds: Sequence[Entry]) -> list[datetime]:
    """Return when builds were stopped since the live release was published."""
    pointer = context.lake.pointers.live(index.id)
    since = parse_iso(pointer.at) if pointer else None
    return [
        entry.at
        for entry in builds
        if entry.body["outcome"] in ("gate", "failed") and (since is None or entry.at > since)
    ]


def _running(
    context: Context,
    indexes: Sequence[IndexSettings],
    source_id: str,
    newest: datetime | None,
    started: Sequence[datetime],
    calls: Sequence[Entry],
    builds: dict[str, list[Entry]],
) -> datetime | None:
    """Return since when a run is going on: one that was called, or one not yet published."""
    now = context.clock.now()
    if calls and (not started or calls[-1].at > started[-1]):
        called = calls[-1].at
        return called if now - called < CALL_LOST_AFTER else None
    for index in indexes:
        live = context.releases.live(index.id)
        served = served_as_of(context, live[1], source_id) if live else None
        if newest is None or (served is not None and served >= newest):
            continue
        if not any(entry.at >= newest for entry in builds[index.id]):
            return newest
    return None
