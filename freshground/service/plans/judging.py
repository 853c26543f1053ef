"""Guards over one source's difference: what they found, what was approved, what stops."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.service.plans.approvals import Decision, decided, item, plan_digest, record_stop
from freshground.service.plans.deferral import waiting_documents
from ingestion.difference import outliers, percentile_99
from quality import guards

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from freshground.core.records import Listing, ObjectStat
    from freshground.core.settings import FilesSource, RecordsSource
    from freshground.service.context import Context
    from ingestion.difference import Difference
    from quality.guards import GuardVerdict


@dataclass
class Judgement:
    """The verdicts that have something to say, and for each that tripped what it objects to.

    `items` are short names of the changes, `documents` the doc_ids that they are made to.
    `approved` names the guards whose objections were approved, `rejected` says by whom and why
    the plan was rejected, if it was.
    """

    source_id: str
    verdicts: list[GuardVerdict] = field(default_factory=list)
    items: dict[str, list[str]] = field(default_factory=dict)
    documents: dict[str, list[str]] = field(default_factory=dict)
    approved: frozenset[str] = frozenset()
    rejected: str = ""

    @property
    def stopping(self) -> list[GuardVerdict]:
        """The verdicts that stop the plan."""
        return [v for v in self.verdicts if v.tripped and v.guard not in self.approved]

    @property
    def objections(self) -> dict[str, list[str]]:
        """Items of the verdicts that stop the plan."""
        return {v.guard: self.items[v.guard] for v in self.stopping}

    @property
    def plan(self) -> str:
        """The identity of what is objected to."""
        return plan_digest(self.objections or self.items)

    @property
    def message(self) -> str:
        """Why the plan is stopped, and what to do; empty when it is not."""
        return " ".join([self.rejected, *(v.message for v in self.stopping)]).strip()

    @property
    def warnings(self) -> list[str]:
        """What a person should look at, though it stops nothing."""
        return [v.message for v in self.verdicts if v.message and not v.tripped]

    def described(self) -> list[dict[str, Any]]:
        """Return the verdicts as JSON-ready data."""
        return [
            {
                **asdict(v),
                "affected": len(self.items.get(v.guard, ())),
                "approved": v.guard in self.approved,
            }
            for v in self.verdicts
        ]


def judge(
    context: Context,
    settings: FilesSource | RecordsSource,
    listing: Listing,
    difference: Difference,
) -> Judgement:
    """Judge a difference. Objects are read only when a guard would trip without reading them."""
    result = Judgement(settings.id)
    _deletions(context, settings, listing, difference, result)
    _edits(context, settings, difference, result)
    _growth(context, settings, difference, result)
    _widening(context, settings, difference, result)
    _sizes(settings, difference, result)
    tripped = [v.guard for v in result.verdicts if v.tripped]
    if tripped:
        decision = decided(context, settings.id)
        result.approved = frozenset(
            guard
            for guard in tripped
            if decision.covers(guard, result.items[guard])
            or (guard in guards.DELETIONS and settings.id in context.approved_deletes)
        )
        result.rejected = _rejection(decision, result)
    return result


def record(context: Context, judgement: Judgement, listing: Listing) -> None:
    """Note in the journal what guards objected to, and whether it was approved."""
    if not judgement.verdicts:
        return
    by_flag = judgement.source_id in context.approved_deletes
    listed_at = iso(listing.started_at)
    body: dict[str, Any] = {
        "plan": judgement.plan,
        "stopped": bool(judgement.stopping),
        "guards": judgement.described(),
        "approved": sorted(judgement.approved),
        "listed_at": listed_at,
        "items": judgement.objections,
        "documents": {guard: judgement.documents[guard] for guard in judgement.objections},
    }
    if judgement.stopping:
        record_stop(context, judgement.source_id, body)
        return
    del body["items"], body["documents"]
    context.lake.journal.add(context.run_id, "guard", judgement.source_id, body)
    if by_flag and judgement.approved:
        row = {"by": context.by, "listed_at": listed_at, "guards": sorted(judgement.approved)}
        context.lake.journal.add(context.run_id, "approval", judgement.source_id, row)


def _note(result: Judgement, verdict: GuardVerdict, items: Iterable[tuple[str, str]] = ()) -> None:
    """Note a verdict and what it objects to: pairs of a document and the change to it."""
    if verdict.message:
        result.verdicts.append(verdict)
    if verdict.tripped:
        pairs = list(items)
        result.items[verdict.guard] = sorted(name for _, name in pairs)
        result.documents[verdict.guard] = sorted(document for document, _ in pairs)


def _change(what: str, document: str, *state: str) -> tuple[str, str]:
    return document, item(what, document, *state)


def _deletions(
    context: Context,
    settings: FilesSource | RecordsSource,
    listing: Listing,
    difference: Difference,
    result: Judgement,
) -> None:
    deleted = difference.changes.deleted
    if not deleted:
        return
    live = len(context.ledger.live(settings.id))
    before = context.ledger.deletions(settings.id, _window_start(context, settings))

    def verdict(deleting: int) -> GuardVerdict:
        return guards.delete_guard(
            settings.id,
            live,
            deleting,
            before,
            live + before,
            len(listing.objects),
            settings.deletions,
            approved=False,
        )

    found = verdict(len(deleted))
    if found.tripped and listing.objects:
        # Moved files are no deletions; finding them costs reading, so only when it matters.
        found = verdict(len(difference.deleted))
    gone = difference.deleted if found.tripped else ()
    _note(result, found, (_change("delete", r["doc_id"], r["content_hash"]) for r in gone))


def _window_start(context: Context, settings: FilesSource | RecordsSource) -> datetime:
    """Return since when deletions count: what was approved before does not count again."""
    since = context.clock.now() - settings.deletions.window
    # Approvals up to 0.1.0 stand in rows of their own, with the listing that they were used by.
    for row in context.lake.journal.entries("approval", "guard", subject=settings.id):
        used = row.kind == "approval" or not guards.DELETIONS.isdisjoint(
            row.body.get("approved") or ()
        )
        at = parse_iso(row.body.get("listed_at")) if used and not row.body.get("stopped") else None
        if at is not None and at > since:
            since = at
    return since


def _edits(
    context: Context,
    settings: FilesSource | RecordsSource,
    difference: Difference,
    result: Judgement,
) -> None:
    rule = settings.guards.edit
    if difference.likely_edits < rule.at_least:
        return
    live = len(context.ledger.live(settings.id))
    found = guards.edit_guard(settings.id, difference.likely_edits, live, rule)
    edits = difference.edits if found.tripped else ()
    if found.tripped:
        found = guards.edit_guard(settings.id, len(edits), live, rule)
    _note(result, found, (_change("edit", difference.id_of(e.stat), e.content_hash) for e in edits))


def _growth(
    context: Context,
    settings: FilesSource | RecordsSource,
    difference: Difference,
    result: Judgement,
) -> None:
    rule = settings.guards.growth
    if len(difference.changes.added) < rule.at_least:
        return
    last = context.lake.journal.latest("listing").get(settings.id)
    if last is None:
        return  # a first load, or the rest of one that was killed
    before = max(last.body["objects"], len(context.ledger.live(settings.id)))
    found = guards.growth_guard(settings.id, len(difference.changes.added), before, rule)
    added: list[ObjectStat] = []
    if found.tripped:
        # What waits for the budget was judged when it came.
        known = waiting_documents(context, settings.id)
        added = [s for s in difference.added if difference.id_of(s) not in known]
        found = guards.growth_guard(settings.id, len(added), before, rule)
    _note(
        result,
        found,
        (
            _change("add", difference.id_of(s), str(s.size), str(iso(s.modified_at)), str(s.etag))
            for s in added
        ),
    )


def _widening(
    context: Context,
    settings: FilesSource | RecordsSource,
    difference: Difference,
    result: Judgement,
) -> None:
    rule = settings.guards.widening
    wider = [c for c in difference.access if c.wider]
    moves = difference.likely_wider_moves
    if len(wider) + moves < rule.at_least:
        return
    live = len(context.ledger.live(settings.id))
    found = guards.widening_guard(settings.id, len(wider) + moves, live, rule)
    if found.tripped and moves:
        wider += [c for c in difference.moved_access if c.wider]
        found = guards.widening_guard(settings.id, len(wider), live, rule)
    _note(
        result,
        found,
        (_change("widen", difference.id_of(c.stat), *sorted(c.after)) for c in wider),
    )


def _sizes(
    settings: FilesSource | RecordsSource, difference: Difference, result: Judgement
) -> None:
    rule = settings.guards.size
    sizes = difference.live_sizes
    stats = [*difference.changes.added, *difference.changes.suspects]
    found = outliers(stats, sizes, rule.times, rule.at_least)
    if not found:
        return
    largest = max(s.size or 0 for s in found)
    verdict = guards.size_guard(settings.id, len(found), largest, percentile_99(sizes), rule)
    _note(result, verdict, (_change("size", difference.id_of(s), str(s.size)) for s in found))


def _rejection(decision: Decision, result: Judgement) -> str:
    row = decision.verdicts.get(result.plan)
    if row is None or row.kind != "rejection" or not result.stopping:
        return ""
    why = f": {row.body['comment']}" if row.body["comment"] else ""
    return f"Rejected by {row.body['by']}{why}."
