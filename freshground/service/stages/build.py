"""The build stage: candidate, gates, publication; or a confirmation that nothing changed."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import GateStop, Retriable
from freshground.core.ids import hash_text
from freshground.core.records import Check
from freshground.service.context import CODE
from freshground.service.freshness import listing_times
from freshground.service.stages.desired import Desired, desired
from freshground.service.stages.frame import check, stage
from indexes import candidate as candidates
from indexes import publications
from indexes.fusion import PROBES, calibrate
from indexes.release import Manifest
from indexes.rows import SCHEMA_VERSION

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from freshground.service.reports import Scope, StageReport
    from indexes.candidate import Built, Found

_RECALIBRATE = 1.5
"""Factor of growth after which the fusion's units are measured anew."""

_ATTEMPTS = 3
"""Plans made anew when another publisher comes first."""


def build(context: Context, scope: Scope) -> StageReport:
    """Make, judge and publish the next release of `scope.index`, if one is needed."""
    index = context.settings.index(scope.index or "")
    inputs = [f"gold/{source}" for source in index.sources]
    with stage(context, "build", index.id, inputs, f"index/{index.id}") as report:
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
    return report


def confirm(context: Context, scope: Scope) -> StageReport:
    """Record that the live release of `scope.index` is still right, if it is; build nothing."""
    index = context.settings.index(scope.index or "")
    with stage(context, "confirm", index.id, [], f"index/{index.id}") as report:
        state = desired(context, index)
        settled = not (state.pending or state.uncut) and state.plan.empty
        if settled and state.same_recipe:
            _confirm(context, index, state, report)
    return report


def _attempt(context: Context, index: IndexSettings, report: StageReport) -> None:
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
    _publish(context, index, state, report)


def _confirm(context: Context, index: IndexSettings, state: Desired, report: StageReport) -> None:
    """Record that a complete listing found the live release right."""
    if state.live is None:
        report.message = f"There is nothing to serve in index {index.id!r} yet."
        return
    _, manifest = state.live
    as_of = state.as_of(index)
    report.release = {"index": index.id, "release": manifest.release, "as_of": as_of}
    if as_of is not None and (manifest.as_of is None or as_of > manifest.as_of):
        body = {"release": manifest.release, "as_of": as_of, "candidate": manifest.candidate}
        context.lake.journal.add(context.run_id, "confirmation", index.id, body)


def _publish(context: Context, index: IndexSettings, state: Desired, report: StageReport) -> None:
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
    gates = _gates(context, index, state, built, found, report)
    blocked = [g for g in gates if not g.passed and g.severity == "critical"]
    warned = any(not g.passed for g in gates)
    outcome = "blocked" if blocked else "warning" if warned else "passed"
    manifest = _manifest(context, index, state, built, gates, candidate_id, number, outcome)
    context.releases.write(manifest, built.served)
    for gate in gates:
        context.lake.journal.add(
            context.run_id, "gate", index.id, {**asdict(gate), "release": number}
        )
    report.release = summary(manifest)
    if blocked:
        names = "; ".join(f"{g.check_id} ({g.detail or g.value})" for g in blocked)
        raise GateStop(
            f"Index {index.id!r}: the candidate was stopped by {names}.",
            "The old release keeps serving. Mend the cause and refresh again."
            if pointer
            else "Nothing is served yet. Mend the cause and refresh again.",
        )
    _note_publications(context, index, state, candidate_id, created)
    published = context.releases.publish(manifest, pointer, context.clock.now())
    _record(context, published, manifest)
    report.outcome = "done"
    gone = context.releases.retire(engine, index.id, index.keep_releases, context.clock.now())
    if gone:
        context.lake.journal.add(context.run_id, "retired", index.id, {"releases": gone})


def _note_publications(
    context: Context, index: IndexSettings, state: Desired, candidate_id: str, created: datetime
) -> None:
    """Record which versions the candidate brings, before they are served: none is forgotten."""
    gone = set(state.plan.removed)
    deleted = {
        doc_id: row
        for source_id in (index.sources if gone else ())
        for doc_id, row in context.ledger.objects(source_id).items()
        if doc_id in gone and row["state"] == "deleted"
    }
    publications.write(
        context.lake,
        index.id,
        candidate_id,
        state.plan,
        deleted,
        {source_id: listing_times(context, source_id) for source_id in index.sources},
        {p.candidate for p in context.lake.pointers.history(index.id)},
        created,
        context.run_id,
    )


def _record(context: Context, pointer: Pointer, manifest: Manifest) -> None:
    body = {
        "release": pointer.release,
        "generation": pointer.generation,
        "action": pointer.action,
        "candidate": pointer.candidate,
        "by": pointer.by,
        "as_of": manifest.as_of,
        "counts": manifest.counts,
    }
    context.lake.journal.add(context.run_id, "release", pointer.index, body)


def _gates(
    context: Context,
    index: IndexSettings,
    state: Desired,
    built: Built,
    found: Found,
    report: StageReport,
) -> list[Check]:
    """Judge a candidate. Every row is read back for identity; the rows written also for content."""
    limits = {
        "dimensions": context.encoder(index).space.dimensions,
        "expected_rows": built.rows,
        "expected_documents": len(built.served),
        "rows_in_engine": found.rows,
        "documents_in_engine": found.documents,
        "hash_matches": float(found.rows_hash == built.rows_hash and not found.twice),
        "empty_allowed": float(not state.documents),
    }
    checks = check(context, report, "candidate", built.metrics, limits)
    extra = [_upstream(context, index, state), *_accounting(context, state)]
    report.checks += [asdict(result) for result in extra]
    return checks + extra


def _upstream(context: Context, index: IndexSettings, state: Desired) -> Check:
    """Stop documents that failed a critical check in silver or gold as they are now."""
    written = {d.doc_id: d for d in state.build.written}
    failed: set[str] = set()
    for source_id in index.sources:
        for entry in context.lake.journal.entries("failed_check", subject=source_id):
            if entry.body["severity"] != "critical":
                continue
            if entry.body["check_id"] == "gold.coverage":
                # The only threshold that the index sets: it may have been lowered since.
                value = entry.body["value"]
                if value is not None and value >= index.gates.min_coverage:
                    continue
            # Another parser or chunker has made other rows, and checked those.
            made_by = entry.body.get("made_by", "")
            failed |= {
                doc_id
                for doc_id, content_hash in entry.body.get("documents", {}).items()
                if (document := written.get(doc_id)) is not None
                and content_hash == document.content_hash
                and made_by in ("", document.silver_id, state.recipe.chunker_id)
            }
    return Check(
        check_id="candidate.upstream_checks",
        layer="candidate",
        severity="critical",
        passed=not failed,
        value=float(len(failed)),
        threshold=0.0,
        rows=len(written),
        failing=len(failed),
        sample=tuple(sorted(failed)[:20]),
        detail="documents that failed a critical check in silver or gold" if failed else "",
    )


def _accounting(context: Context, state: Desired) -> list[Check]:
    """Check that each source's listed objects are all served or set aside."""
    checks: list[Check] = []
    for source_id, listing in state.listings.items():
        own = [d for d in state.documents if d.row["source_id"] == source_id]
        listed_at = parse_iso(listing["listed_at"])
        # Deleted objects too: a newer ingest may have done no more than delete.
        rows = context.ledger.objects(source_id).values()
        if listed_at is None or any(row["listed_at"] > listed_at for row in rows):
            continue  # a newer ingest is under way, and its own release accounts for it
        served = sum(d.content_hash is not None for d in own)
        aside = sum(d.content_hash is None and d.state == "quarantined" for d in own)
        hole = listing["objects"] - served - aside
        checks.append(
            Check(
                check_id=f"candidate.accounting.{source_id}",
                layer="candidate",
                severity="critical",
                passed=hole == 0,
                value=float(hole),
                threshold=0.0,
                rows=listing["objects"],
                failing=abs(hole),
                detail=f"listed {listing['objects']} = served {served} + quarantined {aside}"
                f" (+ excluded {listing['excluded']})",
            )
        )
    return checks


def _manifest(
    context: Context,
    index: IndexSettings,
    state: Desired,
    built: Built,
    gates: list[Check],
    candidate_id: str,
    number: int,
    outcome: str,
) -> Manifest:
    encoder = context.encoder(index)
    plan = state.plan
    by_id = {d.doc_id: d for d in state.documents}
    sources: dict[str, dict[str, Any]] = {}
    for source_id, listing in state.listings.items():
        times = [
            d.row["modified_at"]
            for d in state.documents
            if d.row["source_id"] == source_id and d.row["modified_at"]
        ]
        sources[source_id] = {
            "listed_at": listing["listed_at"],
            "objects": listing["objects"],
            "watermark": iso(max(times, default=None)),
        }
    engine = context.engine(index)
    as_of = state.as_of(index)
    calibration, calibrated = _calibration(context, index, state, built)
    return Manifest(
        index=index.id,
        candidate=candidate_id,
        release=number,
        parent=state.live[0].release if state.live else None,
        as_of=as_of,
        created_at=iso(context.clock.now()) or "",
        run_id=context.run_id,
        by=context.by,
        sources=sources,
        recipe=state.recipe.id,
        space=asdict(encoder.space),
        runtime=encoder.runtime,
        chunker_id=state.recipe.chunker_id,
        schema_version=SCHEMA_VERSION,
        counts={
            "documents": len(built.served),
            "chunks": built.rows,
            "added": len(plan.added),
            "changed": len(plan.changed),
            "removed": len(plan.removed),
            "rows_written": built.rows_written,
            "quarantined": sum(d.state == "quarantined" for d in state.documents),
            "stale": sum(d.stale for d in state.documents),
        },
        gates=[asdict(gate) for gate in gates],
        verdict=outcome,
        sla={
            "max_staleness_s": index.sla.max_staleness.total_seconds(),
            "verdict": verdict(context, index, as_of),
        },
        engine={"name": engine.name, "abilities": asdict(engine.abilities)},
        engine_version=built.version,
        release_hash=hash_text(built.rows_hash),
        code=CODE,
        calibration=calibration,
        calibrated_rows=calibrated,
        stale=sorted(d for d in built.served if d in by_id and by_id[d].stale),
    )


def _calibration(
    context: Context, index: IndexSettings, state: Desired, built: Built
) -> tuple[dict[str, Any] | None, int]:
    """Return the fusion's units and the rows they were measured on.

    The live release's are kept until the index has grown or shrunk so much that they may be off.
    """
    live = state.live[1] if state.live else None
    if live is not None and state.same_recipe and live.calibration is not None:
        ratio = built.rows / max(1, live.calibrated_rows)
        if 1 / _RECALIBRATE <= ratio <= _RECALIBRATE:
            return live.calibration, live.calibrated_rows
    reader = context.engine(index).open(index.id, built.version)
    ids = sorted(i for b in reader.scan(["chunk_id"]) for i in b.column("chunk_id").to_pylist())
    sample = ids[:: max(1, len(ids) // PROBES)][:PROBES]
    table = reader.rows(["embed_text", "vector"], chunk_ids=sample)
    passages = zip(
        table.column("embed_text").to_pylist(),
        table.column("vector").to_pylist(),
        strict=True,
    )
    found = calibrate(
        list(passages),
        context.encoder(index).encode_query,
        lambda text: [(hit.chunk_id, hit.score) for hit in reader.text(text, 1)],
    )
    return found.to_json(), built.rows


def verdict(context: Context, index: IndexSettings, as_of: str | None) -> str:
    """Return fresh, late or unknown for an as-of at this moment."""
    at = parse_iso(as_of)
    if at is None:
        return "unknown"
    return "fresh" if context.clock.now() - at <= index.sla.max_staleness else "late"


def summary(manifest: Manifest) -> dict[str, Any]:
    """Return what people look at first in a manifest."""
    return {
        "index": manifest.index,
        "release": manifest.release,
        "candidate": manifest.candidate,
        "parent": manifest.parent,
        "as_of": manifest.as_of,
        "verdict": manifest.verdict,
        "counts": manifest.counts,
        "release_hash": manifest.release_hash,
        "gates": [
            {k: g[k] for k in ("check_id", "severity", "passed", "value", "threshold")}
            for g in manifest.gates
        ],
    }
