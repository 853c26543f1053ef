"""Freshness over time: staleness against the promise, lags, decisions, what comes next."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.freshness.history import as_of_steps, changes
from freshground.service.views.sawtooth import sawtooth, thinned
from quality.freshness.percentiles import judge_lags

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

POINTS = 400
"""Points of a line, at most."""

STEPS_S = (60, 600, 3_600, 21_600, 86_400, 604_800)
"""Upper ends of the classes of lags, in seconds; what is above the last is one more."""

DECISIONS = 50


def staleness(
    context: Context, index: IndexSettings, window: timedelta, points: int = POINTS
) -> dict[str, Any]:
    """Return how stale an index was over the last `window`: x, values, limit_s. JSON-ready.

    `x` are seconds since 1970, `values` seconds of staleness (None: nothing was served), `limit_s`
    what is promised, `worst_s` the greatest value.
    """
    now = context.clock.now()
    exact = sawtooth(as_of_steps(context, index.id), now - window, now)
    x, values = thinned(exact, points)
    return {
        "x": x.tolist(),
        "values": [None if math.isnan(value) else round(value, 3) for value in values.tolist()],
        "limit_s": index.sla.max_staleness.total_seconds(),
        "worst_s": max((v for v in values.tolist() if not math.isnan(v)), default=None),
    }


def lags(context: Context, index: IndexSettings, window: timedelta) -> list[dict[str, Any]]:
    """Return how long changes took to be served, a row for each source of an index. JSON-ready.

    `classes` counts changes by `STEPS_S`; `p50_s`, `p95_s` and `p99_s` are seconds, by nearest
    rank; `limits` what the SLA promises of percentiles, and whether that was kept.
    """
    since = context.clock.now() - window
    published = changes(context, index.id)
    rows: list[dict[str, Any]] = []
    for source_id in index.sources:
        own = published.lags(since, source_id)
        sla = context.settings.source(source_id).sla or index.sla
        rows.append(
            {
                "index": index.id,
                "source": source_id,
                "changes": len(own),
                "classes": own.up_to(STEPS_S),
                **{f"p{n}_s": own.percentile(n) for n in (50, 95, 99)},
                "limits": [
                    {
                        **asdict(line),
                        "value": None if line.value is None else line.value.total_seconds(),
                        "limit": line.limit.total_seconds(),
                    }
                    for line in (judge_lags(own.lengths(), sla) if sla.max_lag else ())
                ],
            }
        )
    return rows


def decisions(context: Context, window: timedelta, last: int = DECISIONS) -> list[dict[str, Any]]:
    """Return what the governor decided of all sources, newest first. JSON-ready."""
    since = context.clock.now() - window
    rows = context.lake.journal.entries("decision", since=since, last=last)
    return [
        {
            "at": iso(entry.at),
            "source": entry.subject,
            "action": entry.body["action"],
            "reason": entry.body["reason"],
            "until": entry.body["until"],
            "held": bool(entry.body["inputs"].get("held")) or entry.body["action"] == "hold",
        }
        for entry in reversed(rows)
    ]


def coming(context: Context, fresh: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return for each source what comes next, the soonest first. JSON-ready.

    `due_at` is when a refresh has to start for the strictest index over it, `deadline` when that
    is late, `until` until when the governor waits (None: it decides at its next wake-up).
    """
    last = context.lake.journal.latest("decision")
    found: list[dict[str, Any]] = []
    for source_id in context.settings.source_ids:
        over = [i.id for i in context.settings.indexes if source_id in i.sources]
        rows = [row for row in fresh if row["index"] in over and row["source"] == source_id]
        strictest = min(
            (row for row in rows if row["due_at"]),
            key=lambda row: parse_iso(row["due_at"]) or context.clock.now(),
            default=None,
        )
        made = last.get(source_id)
        found.append(
            {
                "source": source_id,
                "index": strictest["index"] if strictest else None,
                "due_at": strictest["due_at"] if strictest else None,
                "deadline": strictest["deadline"] if strictest else None,
                "action": made.body["action"] if made else None,
                "until": made.body["until"] if made else None,
                "decided_at": iso(made.at) if made else None,
            }
        )
    return sorted(
        found, key=lambda row: (row["due_at"] is None, row["due_at"] or "", row["source"])
    )
