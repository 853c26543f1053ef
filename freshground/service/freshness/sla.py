"""The freshness report: every index and source against its SLA, with what holds it back."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.asking import canary
from freshground.service.freshness.as_of import (
    durations,
    expected,
    last_listed,
    served_as_of,
)
from freshground.service.freshness.history import as_of_steps, changes
from freshground.service.plans.deferral import shortage
from freshground.service.releases.holding import message
from quality.freshness.budget import PERIOD, Step, budget
from quality.freshness.percentiles import judge_lags
from quality.freshness.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from freshground.core.settings import IndexSettings, Sla
    from freshground.service.context import Context
    from freshground.service.freshness.history import Lags


def report(context: Context) -> list[dict[str, Any]]:
    """Return a row for each index, followed by one for each of its sources. JSON-ready.

    `staleness_s`, `p50_lag_s` and `p95_lag_s` are seconds, the lags those of the last 30 days;
    `budget_left` and `within` are shares; `held_by` says in words what keeps it from being fresh.
    """
    rows: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        rows += _index_rows(context, index)
    return rows


def _index_rows(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    now = context.clock.now()
    live = context.releases.live(index.id)
    manifest = live[1] if live else None
    published = changes(context, index.id)
    since_when = now - PERIOD
    took = durations(context, index.id)
    longest = max((expected(of) for of in took.values()), default=timedelta(0))
    steps = as_of_steps(context, index.id)
    holds = {source_id: _held_by(context, source_id) for source_id in index.sources}
    since = live[0].at if live else None
    of_index = _stopped(context, index.id, "build", since)
    of_index += _stopped(context, index.id, "embed", since, ("failed", "waiting"))
    on_hold = context.lake.holds.active(index.id)
    if on_hold:
        of_index.append(message(index.id, on_hold))
    rows = [
        {
            "index": index.id,
            "source": None,
            "release": manifest.release if manifest else None,
            **_against(
                context,
                index.sla,
                served_as_of(context, manifest) if manifest else None,
                published.lags(since_when),
                longest,
            ),
            **_budget(steps, now, index.sla),
            "held_by": [
                *of_index,
                *_on_canary(context, index),
                *(text for held in holds.values() for text in held),
            ],
        }
    ]
    for source_id in index.sources:
        sla = context.settings.source(source_id).sla or index.sla
        as_of = served_as_of(context, manifest, source_id) if manifest else None
        own = published.lags(since_when, source_id)
        rows.append(
            {
                "index": index.id,
                "source": source_id,
                "release": manifest.release if manifest else None,
                **_against(context, sla, as_of, own, expected(took.get(source_id, []))),
                "held_by": holds[source_id],
            }
        )
    return rows


def _against(
    context: Context,
    sla: Sla,
    as_of: datetime | None,
    lags: Lags,
    run: timedelta,
) -> dict[str, Any]:
    margin = context.settings.governor.margin_of(sla.max_staleness)
    found = judge(as_of, context.clock.now(), sla, run, margin)
    return {
        "as_of": iso(as_of),
        "staleness_s": _seconds(found.staleness),
        "max_staleness_s": sla.max_staleness.total_seconds(),
        "verdict": found.state,
        "due_at": iso(found.due_at),
        "deadline": iso(found.deadline),
        "expected_run_s": run.total_seconds(),
        "changes": len(lags),
        "p50_lag_s": lags.percentile(50),
        "p95_lag_s": lags.percentile(95),
        "max_lag": [
            {
                "percentile": v.percentile,
                "value_s": _seconds(v.value),
                "limit_s": _seconds(v.limit),
                "met": v.met,
            }
            for v in (judge_lags(lags.lengths(), sla) if sla.max_lag else ())
        ],
    }


def _seconds(value: timedelta | None) -> float | None:
    return None if value is None else value.total_seconds()


def _budget(steps: Sequence[Step], now: datetime, sla: Sla) -> dict[str, Any]:
    found = asdict(budget(_counting(steps, now - PERIOD), now, sla))
    return {
        "objective": sla.objective,
        "within": found["within"],
        "budget_left": found["left"],
        "burn_1h": found["burn_1h"],
        "burn_24h": found["burn_24h"],
    }


def _counting(steps: Sequence[Step], since: datetime) -> Sequence[Step]:
    """Return the steps that say what was served from a moment on: those after it, and before it.

    The one before is the newest that served anything, so that something was served by then.
    """
    place = bisect_left(steps, since, key=lambda step: step[0])
    while place and steps[place - 1][1] is None:
        place -= 1
    return steps[max(place - 1, 0) :]


def _held_by(context: Context, source_id: str) -> list[str]:
    """Return what has gone wrong with a source since its last complete listing."""
    newest = last_listed(context, source_id)
    found = _stopped(context, source_id, "ingest", iso(newest))
    waiting = shortage(context, source_id)
    if waiting:
        found.append(f"{waiting} documents of {source_id} wait for the budget")
    elif newest is None:
        found.append(f"{source_id} was never listed")
    return found


def _on_canary(context: Context, index: IndexSettings) -> list[str]:
    trial = canary.running(context, index)
    if trial is None:
        return []
    return [f"release {trial.manifest.release} of {index.id} is on canary"]


def _stopped(
    context: Context,
    subject: str,
    stage: str,
    since: str | None,
    outcomes: Sequence[str] = ("failed", "guard", "gate"),
) -> list[str]:
    after = parse_iso(since)
    found = [
        entry
        for entry in context.lake.journal.newest("stage", subject, 100)
        if entry.body["stage"] == stage and (after is None or entry.at > after)
    ]
    if not found or found[-1].body["outcome"] not in outcomes:
        return []
    last = found[-1].body
    return [f"{stage} of {subject} ({last['outcome']}): {last['message']}"]
