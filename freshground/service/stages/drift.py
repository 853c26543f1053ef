"""The drift gate: documents that a candidate writes, held against those of the live release."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.core.clock import parse_iso
from freshground.core.ids import digest
from freshground.core.records import Check
from freshground.lake.tables import among
from quality.drift import EFFECTS, Documents, Finding, measure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.settings import DriftGate, IndexSettings
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from indexes.engines.contract import Reader
    from indexes.release import Manifest

CHECK = "candidate.drift"

READ = 1000
"""Documents of a candidate that are looked at; a sample of them is tested."""

_NAMED = 200
_SHOWN = 10
_NULLABLE = ("title", "modified_at", "page_first")


def drift(
    context: Context, index: IndexSettings, state: Desired, candidate: Manifest
) -> list[Check]:
    """Return one check a measure; one that says why where nothing could be tested."""
    gate = index.gates.drift
    if gate.severity == "off" or state.live is None:
        return []
    live = state.live[1]
    written = [document.doc_id for document in state.plan.written]
    if live.space["id"] != state.recipe.space_id:
        return [_untested(gate, len(written), "another embedding space: nothing to compare with")]
    few = gate.min_documents
    if len(written) < few or len(state.served) < few:
        detail = f"{len(written)} documents written, {len(state.served)} live: tested from {few} on"
        return [_untested(gate, len(written), detail)]
    seed = int(digest("drift", index.id, *written)[:8], 16)
    rng = np.random.default_rng(seed)
    engine = context.engine(index)
    nullable = (*_NULLABLE, *index.fields)
    new = _documents(
        engine.open(index.id, candidate.engine_version),
        _some(written, READ, rng),
        nullable,
        _media_types(context, written, None),
        rng,
    )
    known = _some(sorted(state.served), gate.sample, rng)
    old = _documents(
        engine.open(index.id, live.engine_version),
        known,
        nullable,
        _media_types(context, known, live.created_at),
        rng,
    )
    found = measure(new, old, alpha=gate.alpha, sample=gate.sample, seed=seed)
    keys = {document.doc_id: document.row["key"] for document in state.plan.written}
    return [_check(gate, finding, len(found), len(new), keys) for finding in found]


def _check(
    gate: DriftGate, found: Finding, tests: int, documents: int, keys: Mapping[str, str]
) -> Check:
    least = gate.effects.get(found.measure, EFFECTS[found.measure])  # type: ignore[call-overload]
    tripped = found.drifted(gate.alpha, least)
    typical = found.typical if tripped else ()
    detail = f"{found.detail}; p {found.p:.2g}, corrected for {tests} measures"
    if typical:
        more = f" and {len(typical) - _SHOWN} more" if len(typical) > _SHOWN else ""
        names = ", ".join(sorted(keys[doc_id] for doc_id in typical)[:_SHOWN])
        detail += f"; {len(typical)} of {documents} new documents make it: {names}{more}"
    return Check(
        check_id=f"{CHECK}.{found.measure}",
        layer="candidate",
        severity=gate.severity,
        passed=not tripped,
        value=round(found.effect, 4),
        threshold=least,
        rows=documents,
        failing=len(typical),
        sample=typical[:_NAMED],
        detail=detail,
        blamed=typical,
    )


def _untested(gate: DriftGate, written: int, why: str) -> Check:
    return Check(CHECK, "candidate", gate.severity, True, None, None, written, 0, (), why)


def _some(ids: Sequence[str], count: int, rng: np.random.Generator) -> list[str]:
    """Return at most `count` ids, in random order: the first n are a sample of themselves."""
    return [ids[n] for n in rng.permutation(len(ids))[:count]]


def _documents(
    reader: Reader,
    ids: Sequence[str],
    nullable: Sequence[str],
    media_types: Mapping[str, str],
    rng: np.random.Generator,
) -> Documents:
    """Read documents in the order given, each with one of its passages taken by chance."""
    names = list(dict.fromkeys(["doc_id", "chunk_id", "tokens", "language", *nullable]))
    chunks: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in reader.rows(names, doc_ids=ids).to_pylist():
        chunks[row["doc_id"]].append(row)
    held = [doc_id for doc_id in ids if doc_id in chunks]
    heads = [chunks[doc_id][0] for doc_id in held]
    chosen = [chunks[doc_id][rng.integers(len(chunks[doc_id]))]["chunk_id"] for doc_id in held]
    table = reader.rows(["text", "vector"], chunk_ids=chosen)
    vectors = table.column("vector").combine_chunks().flatten().to_numpy()
    return Documents(
        held,
        vectors.reshape(len(held), -1),
        [_fingerprint(text) for text in table.column("text").to_pylist()],
        [sum(row["tokens"] for row in chunks[doc_id]) for doc_id in held],
        [head["language"] for head in heads],
        [media_types.get(doc_id) for doc_id in held],
        {name: [head[name] is None for head in heads] for name in nullable},
    )


def _fingerprint(text: str) -> str:
    """Return the same for passages that differ in numbers, case and spaces alone."""
    return digest(" ".join("".join("0" if c.isdigit() else c for c in text.casefold()).split()))


def _media_types(context: Context, ids: Sequence[str], until: str | None) -> dict[str, str]:
    """Return the formats that silver found, as they were when a release was made."""
    at = parse_iso(until)
    table = context.lake.silver.rows(
        "SELECT doc_id, media_type, parsed_at FROM t WHERE status = 'ok' AND "
        f"{among('doc_id', list(ids))} ORDER BY parsed_at"
    )
    return {
        row["doc_id"]: row["media_type"]
        for row in table.to_pylist()
        if at is None or row["parsed_at"] <= at
    }
