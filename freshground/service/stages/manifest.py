"""Writes down what a candidate is: its manifest, with the fusion's units measured on it."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.core.ids import hash_text
from freshground.lake.ledger import EXCLUDED
from freshground.service.context import CODE
from indexes.fusion import PROBES, calibrate
from indexes.release import Manifest
from indexes.rows import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.records import Check
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from indexes.candidate import Built

_RECALIBRATE = 1.5
"""Factor of growth after which the fusion's units are measured anew."""


def draft(
    context: Context,
    index: IndexSettings,
    state: Desired,
    built: Built,
    candidate_id: str,
    number: int,
) -> Manifest:
    """Return the manifest of a candidate that is not judged yet: it can be opened and asked."""
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
            "excluded": sum(d.state == EXCLUDED for d in state.documents),
            "stale": sum(d.stale for d in state.documents),
        },
        gates=[],
        verdict="",
        sla={
            "max_staleness_s": index.sla.max_staleness.total_seconds(),
            "verdict": verdict(context, index, as_of),
        },
        engine={"name": engine.name, "abilities": asdict(engine.abilities)},
        engine_version=built.version,
        release_hash=hash_text(built.rows_hash),
        code=CODE,
        settings=context.settings_id,
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


def judged(manifest: Manifest, gates: Sequence[Check]) -> Manifest:
    """Return a manifest with its gates; its verdict is passed, warning or blocked."""
    failed = {gate.severity for gate in gates if not gate.passed}
    outcome = "blocked" if "critical" in failed else "warning" if failed else "passed"
    return replace(manifest, gates=[gate.as_dict() for gate in gates], verdict=outcome)


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
            {k: g[k] for k in ("check_id", "severity", "passed", "value", "threshold", "detail")}
            for g in manifest.gates
        ],
    }
