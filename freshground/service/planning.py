"""`plan`: what a refresh would do. Reads sources and lake, writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.errors import FreshgroundError, GuardStop
from freshground.core.ids import content_hash, doc_id
from freshground.service.stages.bronze import incomplete, judge
from freshground.service.stages.desired import desired
from ingestion import changes

if TYPE_CHECKING:
    from freshground.core.settings import FilesSource, RecordsSource
    from freshground.service.context import Context
    from ingestion.changes import Changes


@dataclass
class SourcePlan:
    """The difference of one source, by key. `stopped` says which guard would stop it, and why."""

    source: str
    listed: int
    excluded: int
    adds: list[str]
    edits: list[str]
    touches: list[str]
    described: list[str]
    deletes: list[str]
    stopped: str = ""
    problem: str = ""

    @property
    def work(self) -> bool:
        """Whether a refresh would change anything of this source."""
        return bool(self.adds or self.edits or self.described or self.deletes or self.problem)


def plan_source(context: Context, settings: FilesSource | RecordsSource) -> SourcePlan:
    """List a source and compare. Objects that may have changed are read, to tell edits."""
    source = context.source(settings.id)
    listing = source.list(context.clock.now())
    known = context.ledger.objects(settings.id)
    found = changes.compare(listing, known, settings.verify_every)
    edits, touches = _split(context, settings.id, found)
    plan = SourcePlan(
        settings.id,
        len(listing.objects),
        listing.excluded,
        [stat.key for stat in found.added],
        edits,
        touches,
        [stat.key for stat in found.described],
        sorted(row["key"] for row in found.deleted),
    )
    if not listing.complete:
        plan.problem = incomplete(settings.id, listing)
    try:
        judge(context, settings, listing, found)
    except GuardStop as error:
        plan.stopped = str(error)
    return plan


def _split(context: Context, source_id: str, found: Changes) -> tuple[list[str], list[str]]:
    known = context.ledger.objects(source_id)
    edits: list[str] = []
    touches: list[str] = []
    for item in context.source(source_id).fetch(found.suspects):
        row = known[doc_id(source_id, item.stat.key)]
        same = item.data is not None and content_hash(item.data) == row["content_hash"]
        same |= item.data is None and item.error is not None and row["rule"] is not None
        if not same:
            edits.append(item.stat.key)
        elif item.stat.modified_at != row["touched_at"]:
            touches.append(item.stat.key)
    return sorted(edits), sorted(touches)


def plan(context: Context) -> dict[str, Any]:
    """Return the plan of every source and index as JSON-ready data, with `work` at the top."""
    sources: list[dict[str, Any]] = []
    work = False
    for settings in context.settings.sources:
        try:
            found = plan_source(context, settings)
        except FreshgroundError as error:
            found = SourcePlan(settings.id, 0, 0, [], [], [], [], [], problem=str(error))
        work |= found.work
        sources.append({**found.__dict__})
    indexes: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        state = desired(context, index)
        pending = state.pending + len(state.uncut)
        work |= bool(pending) or not state.plan.empty
        indexes.append(
            {
                "index": index.id,
                "live_release": state.live[1].release if state.live else None,
                "documents_in_progress": pending,
                "added": len(state.plan.added),
                "changed": len(state.plan.changed),
                "removed": len(state.plan.removed),
            }
        )
    return {"work": work, "sources": sources, "indexes": indexes}
