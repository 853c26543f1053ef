"""The ingest stage: list a source, judge the difference, record it in bronze."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError, GuardStop
from freshground.service.denial.narrowing import deny_narrowed, deny_renamed, settle_narrowed
from freshground.service.looking_into import looking_into
from freshground.service.plans.budget import limited, ways
from freshground.service.plans.deferral import deferred, forget_line, keep_line, open_line
from freshground.service.plans.judging import judge, record
from freshground.service.quarantine.again import to_read_again
from freshground.service.stages.frame import check, stage
from ingestion import bronze, changes
from ingestion.difference import Difference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.records import Listing
    from freshground.service.context import Context
    from freshground.service.plans.deferral import Claim, Line
    from freshground.service.reports import Scope, StageReport
    from ingestion.containers.opened import Closed, Opened

_TICK = timedelta(microseconds=1)
"""Between two looks at one listing: of the rows of one document the later counts."""


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
        source = looking_into(context, source_id, keeping=True)
        listing = source.list(context.clock.now())
        known = context.ledger.objects(source_id)
        deny_narrowed(context, listing, known)  # what may not wait for a guard, nor for a new plan
        _as_planned(context, source.plain)
        if not looking:
            listing = source.opened()
        found = changes.compare(listing, to_read_again(context, known), settings.verify_every)
        if looking and not found.some:  # what was never opened may hold something new
            listing = source.opened()
            found = changes.compare(listing, to_read_again(context, known), settings.verify_every)
        if looking and found.some:
            _leave(context, listing, report)
            return report
        line, waiting, done = _take_in(context, source, listing, known, found)
        if source.discovered:
            # What they hold was not in the listing: it is looked at once more, as it now is.
            listing = replace(source.opened(), started_at=listing.started_at + _TICK)
            known = context.ledger.objects(source_id)
            found = changes.compare(listing, known, settings.verify_every)
            second, waiting, more = _take_in(context, source, listing, known, found)
            line = second or line
            done.add(more)
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
            "entered": done.added + done.changed - done.moved,
            "measured": ways(context, source_id) if line else [],
        }
        # What waits is not reflected by any release: the as-of stands still.
        kind = "listing" if body["complete"] else "partial_listing"
        context.lake.journal.add(context.run_id, kind, source_id, body)
        wrote = done.added + done.changed + done.described + done.removed + done.touched
        report.outcome = "done" if wrote else "waiting" if waiting else "nothing"
        if waiting:
            report.message = (
                f"{len(waiting)} documents of source {source_id!r} wait for the budget, "
                f"{waiting[0].key} first; what they replace is served on, and the as-of stands "
                "still. They come in with a run or day (UTC) that has room; to take them in now, "
                "raise `budget` and refresh."
            )
        if not listing.complete:
            report.outcome = "failed"
            report.message = incomplete(source_id, listing)
    return report


def _take_in(
    context: Context,
    source: Opened | Closed,
    listing: Listing,
    known: Mapping[str, dict[str, Any]],
    found: changes.Changes,
) -> tuple[Line | None, list[Claim], bronze.BronzeReport]:
    """Judge what a listing changes, and write it; return who waits in which line, and the counts.

    GuardStop when a guard objects: nothing was written then.
    """
    source_id = listing.source_id
    line = open_line(context) if found.added or found.suspects else None
    bytes_of = context.lake.blobs.get if line else None  # to measure edits by what is new
    difference = Difference(source, found, known, bytes_of)
    judgement = judge(context, context.settings.source(source_id), listing, difference)
    record(context, judgement, listing)
    if judgement.stopping:
        deny_renamed(context, listing, difference)
        raise GuardStop(judgement.message)
    waiting = deferred(context, line, difference, listing) if line else []
    found = changes.without(found, {claim.doc_id for claim in waiting}, source_id, known)
    reading = len(found.added) + len(found.suspects)
    with context.progress.bar(f"ingest {source_id}", reading, "objects") as step:
        done = bronze.write(context.lake, source, listing, found, known, context.run_id, step)
    settle_narrowed(context, listing, known)
    if line:
        keep_line(context, listing, line)
    elif listing.complete and limited(context):
        forget_line(context, source_id)
    return line, waiting, done


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
