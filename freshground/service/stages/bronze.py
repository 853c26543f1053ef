"""The ingest stage: list a source, judge the difference, record it in bronze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, GuardStop
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
    return _ingest(context, scope, looking=False)


def look(context: Context, scope: Scope) -> StageReport:
    """List `scope.source` as `ingest` does, and take nothing in if anything may have changed.

    If nothing did, the as-of moves; what may not wait, narrowed access, acts in either case.
    """
    return _ingest(context, scope, looking=True)


def _ingest(context: Context, scope: Scope, *, looking: bool) -> StageReport:
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
        if looking and found.some:
            _leave(context, listing, report)
            return report
        judgement = judge(context, settings, listing, Difference(source, found, known))
        record(context, judgement, listing)
        if judgement.stopping:
            raise GuardStop(judgement.message)
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
            "rows": len(done.metrics),
        }
        seen = done.metrics.data
        versions = dict(zip(seen.get("doc_id", ()), seen.get("content_hash", ()), strict=True))
        check(context, report, "bronze", done.metrics, {}, versions=versions)
        body = {
            "listed_at": iso(listing.started_at),
            "complete": listing.complete,
            "objects": len(listing.objects) - done.vanished,
            "excluded": listing.excluded,
            "problems": list(listing.problems)[:20],
        }
        kind = "listing" if listing.complete else "partial_listing"
        context.lake.journal.add(context.run_id, kind, source_id, body)
        wrote = done.added + done.changed + done.described + done.removed + done.touched
        report.outcome = "done" if wrote else "nothing"
        if not listing.complete:
            report.outcome = "failed"
            report.message = incomplete(source_id, listing)
    return report


def _leave(context: Context, listing: Listing, report: StageReport) -> None:
    """Note that a source has changed, and when that was seen."""
    row = {"listed_at": iso(listing.started_at), "complete": listing.complete}
    context.lake.journal.add(context.run_id, "look", listing.source_id, row)
    report.counts = {"listed": len(listing.objects), "excluded": listing.excluded}
    report.message = f"Source {listing.source_id!r} changed; that is taken in when it is due."
    if not listing.complete:
        report.outcome, report.message = "failed", incomplete(listing.source_id, listing)


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
