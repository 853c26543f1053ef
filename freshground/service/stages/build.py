"""The build stage: candidate, gates, publication; or a confirmation that nothing changed."""

from __future__ import annotations

import uuid
from collections import Counter
from typing import TYPE_CHECKING

from freshground.core.clock import parse_iso
from freshground.core.errors import GateStop, Retriable
from freshground.service.denial.narrowing import reflect
from freshground.service.desired import Desired, desired
from freshground.service.releases.holding import message, standing
from freshground.service.releases.publishing import publish, show, tidy
from freshground.service.stages import canary as canaries
from freshground.service.stages import manifest as manifests
from freshground.service.stages.frame import stage
from freshground.service.stages.gates import judge
from freshground.service.stages.publications import note_publications
from freshground.service.stages.regression import NOTE
from indexes import canary as pointers
from indexes import candidate as candidates

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport

_ATTEMPTS = 3
"""Plans made anew when another publisher comes first."""

_RULES_TOLD = 5
"""Rules that are named where nothing is left to serve."""


def build(context: Context, scope: Scope) -> StageReport:
    """Make, judge and publish the next release of `scope.index`, if one is needed.

    A canary that runs is decided first. While it goes on nothing is made: it ends soon.
    """
    index = context.settings.index(scope.index or "")
    inputs = [f"gold/{source}" for source in index.sources]
    with stage(context, "build", index.id, inputs, f"index/{index.id}") as report:
        show(context, index)
        trial = canaries.decide(context, index)
        if trial.outcome == "gate":
            raise GateStop(trial.message)
        if trial.outcome == "waiting":
            report.outcome, report.message = "waiting", trial.message
            # For the governor: this build has seen the newest listing, and is not to be waited for.
            context.note(report)
            return report
        if trial.outcome == "failed":
            report.outcome, report.message = "failed", trial.message
            report.retriable = trial.retriable
            return report
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                _attempt(context, index, report)
                break
            except candidates.VectorsMissing as error:
                # A concurrent run cut documents after our embed stage; its own build follows.
                report.outcome, report.message = "waiting", str(error)
                break
            except Retriable:
                if attempt == _ATTEMPTS:
                    raise
        if trial.outcome == "done":
            report.message = f"{trial.message} {report.message}".strip()
            tidy(context, index)
    return report


def confirm(context: Context, scope: Scope) -> StageReport:
    """Record that the live release of `scope.index` is still right, if it is; build nothing."""
    index = context.settings.index(scope.index or "")
    with stage(context, "confirm", index.id, [], f"index/{index.id}") as report:
        show(context, index)
        state = desired(context, index)
        settled = not (state.pending or state.uncut) and state.plan.empty
        if settled and state.same_recipe:
            _confirm(context, index, state, report)
    return report


def _attempt(context: Context, index: IndexSettings, report: StageReport) -> None:
    last_canary = pointers.newest(context.lake, index.id)
    state = desired(context, index)
    plan = state.plan
    report.counts = {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "removed": len(plan.removed),
        "unchanged": plan.unchanged,
        "rows": 0,
    }
    if state.pending or state.uncut & {d.doc_id for d in state.build.written}:
        waiting = state.pending + len(state.uncut)
        report.outcome = "waiting"
        report.message = (
            f"{waiting} documents are on their way through silver and gold; the release is made "
            "when they are there."
        )
        return
    if plan.empty and (state.live is None or state.same_recipe):
        _confirm(context, index, state, report)
        return
    # After `desired` has read the pointer: see `freshground.lake.holds`.
    holds = standing(context, index, state.documents)
    if holds:
        report.outcome, report.message = "held", message(index.id, holds)
        return
    _publish(context, index, state, last_canary, report)


def _confirm(context: Context, index: IndexSettings, state: Desired, report: StageReport) -> None:
    """Record that a complete listing found the live release right."""
    if state.live is None:
        report.message = f"There is nothing to serve in index {index.id!r} yet.{_why_empty(state)}"
        return
    _, manifest = state.live
    as_of = state.as_of(index)
    report.release = {"index": index.id, "release": manifest.release, "as_of": as_of}
    sources = {source_id: body["listed_at"] for source_id, body in state.listings.items()}
    held = {source_id: body.get("listed_at") for source_id, body in manifest.sources.items()}
    if any(_later(at, held.get(source_id)) for source_id, at in sources.items()):
        body = {
            "release": manifest.release,
            "as_of": as_of,
            "sources": sources,
            "candidate": manifest.candidate,
        }
        context.lake.journal.add(context.run_id, "confirmation", index.id, body)


def _later(one: str, other: str | None) -> bool:
    """Compare as times: of two texts, the one without microseconds sorts after the other."""
    at, before = parse_iso(one), parse_iso(other)
    return at is not None and (before is None or at > before)


def _why_empty(state: Desired) -> str:
    """Say what became of the documents, where none is left to serve."""
    if not state.documents or any(d.content_hash is not None for d in state.documents):
        return ""
    rules = Counter(f"{d.state}, {d.rule}" for d in state.documents)
    told = "; ".join(f"{count} {why}" for why, count in rules.most_common(_RULES_TOLD))
    return f" None of its {len(state.documents)} documents may be served: {told}."


def _publish(
    context: Context,
    index: IndexSettings,
    state: Desired,
    last_canary: Pointer | None,
    report: StageReport,
) -> None:
    engine = context.engine(index)
    pointer, live = state.live or (None, None)
    number = context.releases.next_number(index.id)
    candidate_id = f"{number:06d}-{uuid.uuid4().hex[:12]}"
    parent = None
    if live is not None and state.same_recipe:
        parent = (engine.open(index.id, live.engine_version), state.served, True)
    created = context.clock.now()
    total = len(state.build.written)
    with context.progress.bar(f"build {index.id}", total, "documents") as step:
        built = candidates.build(
            engine,
            context.ledger,
            index.id,
            candidate_id,
            state.build,
            state.recipe,
            parent,
            created,
            step,
        )
    found = candidates.inspect(engine.open(index.id, built.version))
    report.counts |= {
        "rows": built.rows_written,
        "rows_removed": built.rows_removed,
        "chunks": built.rows,
    }
    unjudged = manifests.draft(context, index, state, built, candidate_id, number)
    judged = judge(context, index, state, built, found, unjudged, report)
    gates = judged.checks
    blocked = [g for g in gates if not g.passed and g.severity == "critical"]
    manifest = manifests.judged(unjudged, gates)
    context.releases.write(manifest, built.served)
    if judged.answers is not None:
        context.releases.note(manifest, NOTE, judged.answers)
    for gate in gates:
        context.lake.journal.add(
            context.run_id,
            "gate",
            index.id,
            {**gate.as_dict(), "release": number, "candidate": candidate_id},
        )
    report.release = {**manifests.summary(manifest), "state": "stopped"}
    if blocked:
        names = "; ".join(f"{g.check_id} ({g.detail or g.value})" for g in blocked)
        raise GateStop(
            f"Index {index.id!r}: the candidate was stopped by {names}.{_why_empty(state)}",
            "The old release keeps serving. Mend the cause and refresh again."
            if pointer
            else "Nothing is served yet. Mend the cause and refresh again.",
        )
    note_publications(context, index, state, candidate_id, created)
    reflect(context, index, state, candidate_id, built.served)
    # A live release of another space or engine cannot answer under these settings: nothing to hold
    # the new one against.
    alike = live is not None and (live.space["id"], live.engine["name"]) == (
        state.recipe.space_id,
        engine.name,
    )
    became = "published"
    if index.canary is not None and pointer is not None and alike:
        became = "canary"
        pointers.start(context.lake, manifest, pointer, last_canary, context.clock.now())
        report.message = (
            f"Release {number} is on canary: it answers {index.canary.share:.0%} of the queries "
            f"until it is decided, and release {pointer.release} the others."
        )
    else:
        publish(context, manifest, pointer)
    report.outcome, report.release["state"] = "done", became
    tidy(context, index)
