"""One hybrid question to one index: what retrieval for agents and the MCP tools share.

Managed indexes join their arms as `query` does: by evidence, with the release's own calibration,
unless their settings say `rrf`. That was measured to be better than ranks alone (ADR 8); the
protocol's `search` keeps to Azure's formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError
from indexes.fusion import Calibration, fuse
from indexes.search.execute import run
from indexes.search.plan import Found, Result, SearchPlan, TextArm, VectorArm
from indexes.search.text import Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

    from freshground.service.api.catalog import Served
    from indexes.fusion import Arm
    from indexes.search.contract import Ranked, View

ARM_HITS = 200
"""Hits that each arm gives to the fusion, at least: as many as `query` takes."""

VECTOR = "vector"
TEXT = "text"


def ask(
    served: Served,
    text: str,
    *,
    where: str | None = None,
    k: int = 50,
    select: Sequence[str] | None = None,
) -> Result:
    """Return the best `k` rows for a text in plain words, from all that may be seen.

    The text is no syntax: `-` and quotes in it are punctuation. An index that cannot encode texts
    is asked by its words alone. `select` None: every retrievable field. ConfigError for a filter
    that is wrong.
    """
    view = served.view.narrowed(served.parse(where)) if where and where.strip() else served.view
    words = TextArm(Words(text), dict.fromkeys(served.definition.default_texts, 1.0))
    vector = _encoded(served, text)
    fields = [
        path
        for path, field in served.definition.vectors.items()
        if vector is not None and field.dimensions == len(vector)
    ]
    if served.index is not None and served.index.fusion.mode == "adaptive" and fields:
        assert vector is not None
        count = max(2 * k, ARM_HITS)
        by_vector = view.vector(fields[0], vector, count)
        by_text = view.text(words.query, words.fields)
        return _by_evidence(served, view, text, by_vector, by_text, count, k, select)
    arms = (VectorArm(tuple(fields), vector, max(k, 50)),) if fields and vector is not None else ()
    chosen = None if select is None else tuple(select)
    return run(view, SearchPlan(text=words, vectors=arms, select=chosen, top=k))


def _by_evidence(
    served: Served,
    view: View,
    text: str,
    by_vector: Ranked,
    by_text: Ranked,
    count: int,
    k: int,
    select: Sequence[str] | None,
) -> Result:
    arms = {VECTOR: _arm(view, by_vector, count), TEXT: _arm(view, by_text, count)}
    stored = served.manifest.calibration if served.manifest is not None else None
    calibration = Calibration.from_json(stored) if stored else None
    fused = fuse(arms[VECTOR], arms[TEXT], k, "adaptive", calibration, query=text)
    positions = [view.position(hit.chunk_id) for hit in fused]
    known = [at for at in positions if at is not None]
    assert len(known) == len(fused)
    shown = [
        field.name
        for field in served.definition.fields
        if field.retrievable and (field.name in select if select is not None else True)
    ]
    hits = [
        Found(
            hit.chunk_id,
            at,
            hit.score,
            document,
            arms={
                name: (rank, score)
                for name, rank, score in (
                    (VECTOR, hit.vector_rank, hit.vector_score),
                    (TEXT, hit.text_rank, hit.text_score),
                )
                if rank is not None and score is not None
            },
        )
        for hit, at, document in zip(fused, known, view.documents(known, shown), strict=True)
    ]
    found = len({key for arm in arms.values() for key, _ in arm})
    return Result(hits, found)


def _arm(view: View, ranked: Ranked, count: int) -> Arm:
    positions = ranked.positions[:count]
    scores = ranked.scores[:count].tolist()
    return list(zip(view.keys(positions), scores, strict=True))


def _encoded(served: Served, text: str) -> np.ndarray | None:
    if not text.strip() or not served.definition.vectors:
        return None
    try:
        return served.encode(text)
    except ApiError as error:
        if error.code != "NoVectorizer":
            raise
        return None
