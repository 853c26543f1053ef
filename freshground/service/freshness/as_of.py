"""How fresh what is served is, computed by whoever asks: from the lake and the clock alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from freshground.core.clock import iso, parse_iso
from freshground.service.freshness.history import changes
from quality.freshness.percentiles import percentile
from quality.freshness.verdict import judge

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.journal import Entry
    from freshground.service.context import Context
    from indexes.release import Manifest

LISTINGS_READ = 500
"""Complete listings of a source that are looked back on for what a version waited for."""

_NEWEST = 5
"""Rows among which the newest listing is: they may be written in another order."""

CONFIRMATIONS_READ = 1_000
"""Confirmations of an index among which that of a release that was rolled back to is sought."""

RELEASES_READ = 50
"""Releases whose making tells how long the next one takes."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The freshness of what is served at one moment.

    `staleness_s` is that moment minus as-of in seconds; `sla` is fresh, due, late or unknown.
    `due_at` is when a refresh has to start, `deadline` when the SLA is broken.
    """

    release: int | None
    as_of: datetime | None
    staleness_s: float | None
    sla: str
    due_at: datetime | None = None
    deadline: datetime | None = None

    def as_dict(self) -> dict[str, object]:
        """Return JSON-ready data."""
        return {
            "release": self.release,
            "as_of": iso(self.as_of),
            "staleness_s": self.staleness_s,
            "sla": self.sla,
            "due_at": iso(self.due_at),
            "deadline": iso(self.deadline),
        }


def freshness(context: Context, index: IndexSettings, manifest: Manifest | None) -> Freshness:
    """Return the freshness of a release: its own as-of, or a later confirmation's."""
    if manifest is None:
        return Freshness(None, None, None, "unknown")
    return judged(context, index, manifest, served_as_of(context, manifest))


def judged(
    context: Context, index: IndexSettings, manifest: Manifest, as_of: datetime | None
) -> Freshness:
    """Return the freshness of a release whose as-of is known."""
    margin = context.settings.governor.margin_of(index.sla.max_staleness)
    found = judge(as_of, context.clock.now(), index.sla, margin=margin)
    staleness = found.staleness.total_seconds() if found.staleness is not None else None
    return Freshness(manifest.release, as_of, staleness, found.state, found.due_at, found.deadline)


def served_as_of(
    context: Context, manifest: Manifest, source_id: str | None = None
) -> datetime | None:
    """Return the as-of of a release, or of one source in it, confirmations included."""
    own = manifest.sources.get(source_id, {}).get("listed_at") if source_id else manifest.as_of
    times = [parse_iso(own)]
    confirmed = _confirmed(context, manifest)
    if confirmed is not None:
        by_source = confirmed.body.get("sources", {})
        whole = confirmed.body["as_of"]
        times.append(parse_iso(by_source.get(source_id, whole) if source_id else whole))
    return max((at for at in times if at is not None), default=None)


def _confirmed(context: Context, manifest: Manifest) -> Entry | None:
    """Return the newest confirmation of a release, also of one that was served before."""
    newest = context.lake.journal.latest("confirmation").get(manifest.index)
    if newest is None or newest.body["candidate"] == manifest.candidate:
        return newest
    found = context.lake.journal.newest("confirmation", manifest.index, CONFIRMATIONS_READ)
    return next((e for e in reversed(found) if e.body["candidate"] == manifest.candidate), None)


def listing_times(context: Context, source_id: str) -> list[datetime]:
    """Return the starts of a source's newest complete listings, oldest first."""
    found = context.lake.journal.newest("listing", source_id, LISTINGS_READ)
    return sorted(at for e in found if (at := parse_iso(e.body["listed_at"])) is not None)


def last_listed(context: Context, source_id: str) -> datetime | None:
    """Return the start of a source's newest complete listing."""
    found = context.lake.journal.newest("listing", source_id, _NEWEST)
    return max((at for e in found if (at := parse_iso(e.body["listed_at"]))), default=None)


def durations(context: Context, index_id: str) -> dict[str, list[timedelta]]:
    """Return, by source, what its changes took from the start of their listing to publication.

    Of the newest releases; a change that a gate or a person held back for long counts as it was.
    """
    known = changes(context, index_id)
    newest = known.candidate >= len(known.candidates) - RELEASES_READ
    of = len(known.candidates)
    groups, places = np.unique(
        known.source[newest] * of + known.candidate[newest], return_inverse=True
    )
    took = np.full(len(groups), np.iinfo(np.int64).max)
    np.minimum.at(took, places, known.took[newest])
    found: dict[str, list[timedelta]] = {}
    for group, length in zip(groups.tolist(), took.tolist(), strict=True):
        own = found.setdefault(known.sources[group // of], [])
        own.append(timedelta(microseconds=max(length, 0)))
    return found


def expected(took: list[timedelta]) -> timedelta:
    """Return how long the next run is expected to take: the p90 of past ones; none known, zero."""
    return percentile(took, 90) or timedelta(0)
