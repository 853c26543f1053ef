"""How each index is now: what `freshground status`, `watch` and the page Now show."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.asking import canary
from freshground.service.freshness.sla import report
from freshground.service.plans.deferral import shortage
from freshground.service.quarantine.listing import set_aside
from freshground.service.releases.holding import message
from freshground.service.views.latest import last_refreshes
from freshground.service.views.spending import spending
from freshground.service.views.standing_checks import failing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

LATELY = timedelta(minutes=5)
"""Over how long queries a minute are counted."""

HOUR = timedelta(hours=1)

_FRESHNESS = (
    "as_of", "staleness_s", "max_staleness_s", "due_at", "deadline", "objective", "within",
    "budget_left", "burn_1h", "burn_24h", "held_by",
)  # fmt: skip


def overview(
    context: Context, fresh: Sequence[Mapping[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Return one row an index, in the settings' order. JSON-ready.

    Names ending in `_s` are seconds; `budget_left`, `within`, `objective`, `empty_share` and
    `error_share` are shares, 0 to 1; None is what is not known. `sla` is fresh, due, late or
    unknown. Queries a minute are those of the last five minutes; times and shares of queries those
    of the last hour. `fresh` is the freshness report, where it was made already.
    """
    rows = {
        row["index"]: row
        for row in (fresh if fresh is not None else report(context))
        if row["source"] is None
    }
    aside = Counter(row["source"] for row in set_aside(context))
    spent = spending(context)
    refreshed = last_refreshes(context)
    return [
        {
            "index": index.id,
            "sla": rows[index.id]["verdict"],
            **{name: rows[index.id][name] for name in _FRESHNESS},
            **_served(context, index),
            "last_refresh": refreshed[index.id],
            "quarantined": sum(aside[source_id] for source_id in index.sources),
            "deferred": sum(shortage(context, source_id) for source_id in index.sources),
            **_checks(context, index),
            **_traffic(context, index),
            **spent[index.id],
            **_standing(context, index),
        }
        for index in context.settings.indexes
    ]


def _served(context: Context, index: IndexSettings) -> dict[str, Any]:
    live = context.releases.live(index.id)
    pointer, manifest = live or (None, None)
    counts = manifest.counts if manifest else {}
    return {
        "release": manifest.release if manifest else None,
        "published_at": pointer.at if pointer else None,
        "published_by": pointer.by if pointer else None,
        "documents": counts.get("documents", 0),
        "chunks": counts.get("chunks", 0),
        "stale_documents": counts.get("stale", 0),
    }


def _checks(context: Context, index: IndexSettings) -> dict[str, Any]:
    found = failing(context, index)
    return {
        "failing_critical": sum(row["severity"] == "critical" for row in found),
        "failing_warning": sum(row["severity"] != "critical" for row in found),
        "failing": found,
    }


def _traffic(context: Context, index: IndexSettings) -> dict[str, Any]:
    now = context.clock.now()
    lately = context.lake.traffic.over(index.id, now - LATELY, now)
    hour = context.lake.traffic.over(index.id, now - HOUR, now)
    return {
        "queries_per_minute": lately.queries / (LATELY / timedelta(minutes=1)),
        "queries_1h": hour.queries,
        "p50_s": hour.p50_s,
        "p95_s": hour.p95_s,
        "empty_share": hour.empty_share,
        "error_share": hour.error_share,
    }


def _standing(context: Context, index: IndexSettings) -> dict[str, Any]:
    holds = context.lake.holds.active(index.id)
    trial = canary.running(context, index)
    return {
        "canary": trial.manifest.release if trial else None,
        "hold": message(index.id, holds) if holds else None,
    }
