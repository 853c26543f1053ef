"""The ingest stage: list a source, judge the difference, record it in bronze."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import GuardStop
from freshground.service.narrowing import deny_narrowed, settle_narrowed
from freshground.service.stages.frame import check, stage
from ingestion import bronze, changes
from quality.guards import delete_guard

if TYPE_CHECKING:
    from freshground.core.records import Listing
    from freshground.core.settings import FilesSource, RecordsSource
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport
    from ingestion.changes import Changes


def ingest(context: Context, scope: Scope) -> StageReport:
    """List `scope.source` and record every change. A guard that trips leaves bronze as it was."""
    source_id = scope.source or ""
    with stage(
        context, "ingest", source_id, [f"source/{source_id}"], f"bronze/{source_id}"
    ) as report:
        settings = context.settings.source(source_id)
        source = context.source(source_id)
        listing = source.list(context.clock.now())
        known = context.ledger.objects(source_id)
        found = changes.compare(listing, known, settings.verify_every)
        deny_narrowed(context, listing, known)  # what may not wait for a guard
        judge(context, settings, listing, found, report)
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


def incomplete(source_id: str, listing: Listing) -> str:
    """Say what could not be seen."""
    first = "; ".join(listing.problems[:3])
    more = f" and {len(listing.problems) - 3} more" if len(listing.problems) > 3 else ""  # noqa: PLR2004
    return (
        f"The listing of source {source_id!r} is incomplete: {first}{more}. What was seen is "
        "ingested; nothing was deleted and the as-of stands still. Mend it and refresh again."
    )


def judge(
    context: Context,
    settings: FilesSource | RecordsSource,
    listing: Listing,
    found: Changes,
    report: StageReport | None = None,
) -> None:
    """Raise GuardStop when a listing would delete more than the source's guard lets pass."""
    source_id = settings.id
    live = len(context.ledger.live(source_id))
    since = context.clock.now() - settings.delete_guard.window
    approvals = context.lake.journal.entries("approval", subject=source_id)
    approved_at = parse_iso(approvals[-1].body["listed_at"]) if approvals else None
    if approved_at and approved_at > since:
        since = approved_at
    approved = source_id in context.approved_deletes
    before = context.ledger.deletions(source_id, since) if found.deleted else 0

    def verdict(deleting: int):  # noqa: ANN202 - GuardVerdict
        return delete_guard(
            source_id,
            live,
            deleting,
            before,
            live + before,
            len(listing.objects),
            settings.delete_guard,
            approved=approved,
        )

    result = verdict(len(found.deleted))
    if result.tripped and listing.objects:
        # Moved files are no deletions; finding them costs reading, so only when it matters.
        moved = bronze.probable_moves(context.source(source_id), found)
        result = verdict(len(found.deleted) - moved)
    if report is not None and found.deleted:
        body = {
            "guard": result.guard,
            "tripped": result.tripped,
            "value": result.value,
            "threshold": result.threshold,
            "deleting": len(found.deleted),
            "approved": approved,
            "message": result.message,
        }
        context.lake.journal.add(context.run_id, "guard", source_id, body)
        if approved:
            context.lake.journal.add(
                context.run_id,
                "approval",
                source_id,
                {
                    "by": context.by,
                    "deletes": len(found.deleted),
                    "listed_at": iso(listing.started_at),
                },
            )
    if result.tripped:
        raise GuardStop(result.message)
