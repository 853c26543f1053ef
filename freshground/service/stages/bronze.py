"""The ingest stage: list a source, judge the difference, record it in bronze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, GuardStop
from freshground.service.budget import deferred, read_meters
from freshground.service.judging import judge, record
from freshground.service.narrowing import deny_narrowed, settle_narrowed
from freshground.service.stages.frame import check, stage
from ingestion import bronze, changes
from ingestion.difference import Difference

if TYPE_CHECKING:
    from freshground.core.records import Listing
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport


def ingest(context: Context, scope: Scope) -> StageReport:
    """List `scope.source` and record every change. A guard that trips leaves bronze as it was."""
    source_id = scope.source or ""
    with stage(
        context, "ingest", source_id, [f"source/{source_id}"], f"bronze/{source_id}"
    ) as report:
        settings = context.settings.source(source_id)
        source = context.source(source_id)
        listing = source.list(context.clock.now())
        _as_planned(context, listing)
        known = context.ledger.objects(source_id)
        found = changes.compare(listing, known, settings.verify_every)
        deny_narrowed(context, listing, known)  # what may not wait for a guard
        difference = Difference(source, found, known)
        judgement = judge(context, settings, listing, difference)
        record(context, judgement, listing)
        if judgement.stopping:
            raise GuardStop(judgement.message)
        waiting = deferred(context, difference, read_meters(context))
        found = changes.without(found, {stat.key for stat in waiting})
        reading = len(found.added) + len(found.suspects)
        with context.progress.bar(f"ingest {source_id}", reading, "objects") as step:
            done = bronze.write(context.lake, source, listing, found, known, context.run_id, step)
        settle_narrowed(context, listing, known)
        report.counts = {
            "listed": len(listing.objects),
            "excluded": listing.excluded,
            "added": done.added,
            "changed": done.changed,
            "touched": done.touched,
            "verified": done.verified,
            "described": done.described,
            "removed": done.removed,
            "moved": done.moved,
            "unreadable": done.unreadable,
            "deferred": len(waiting),
            "rows": len(done.metrics),
        }
        seen = done.metrics.data
        versions = dict(zip(seen.get("doc_id", ()), seen.get("content_hash", ()), strict=True))
        check(context, report, "bronze", done.metrics, {}, versions=versions)
        body = {
            "listed_at": iso(listing.started_at),
            "complete": listing.complete and not waiting,
            "objects": len(listing.objects) - done.vanished,
            "excluded": listing.excluded,
            "problems": list(listing.problems)[:20],
            "deferred": len(waiting),
        }
        # What waits is not reflected by any release: the as-of stands still.
        kind = "listing" if body["complete"] else "partial_listing"
        context.lake.journal.add(context.run_id, kind, source_id, body)
        wrote = done.added + done.changed + done.described + done.removed + done.touched
        report.outcome = "done" if wrote else "nothing"
        if waiting:
            report.message = (
                f"{len(waiting)} documents of source {source_id!r} wait for the budget, "
                f"{waiting[0].key} first; what they replace is served on, and the as-of stands "
                "still. They come in when a day or run begins that has room; to take them in now, "
                "raise `budget`."
            )
        if not listing.complete:
            report.outcome = "failed"
            report.message = incomplete(source_id, listing)
    return report


def _as_planned(context: Context, listing: Listing) -> None:
    """Raise ConfigError when a plan is applied and the source no longer lists what it saw."""
    expected = context.expected_listings.get(listing.source_id, "")
    if expected != "" and expected != changes.listing_digest(listing):
        raise ConfigError(
            f"Source {listing.source_id!r} no longer lists what the plan saw.",
            "Make a new plan: freshground plan --save FILE",
        )


def incomplete(source_id: str, listing: Listing) -> str:
    """Say what could not be seen."""
    first = "; ".join(listing.problems[:3])
    more = f" and {len(listing.problems) - 3} more" if len(listing.problems) > 3 else ""  # noqa: PLR2004
    return (
        f"The listing of source {source_id!r} is incomplete: {first}{more}. What was seen is "
        "ingested; nothing was deleted and the as-of stands still. Mend it and refresh again."
    )
