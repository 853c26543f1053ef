"""Joins the two arms of hybrid search, and learns the scales that make their scores addable.

`adaptive` adds evidence on absolute scales: a cosine in units of how far a true match stands above
the background, a BM25 score per query word in units of what a passage's own words score. An arm
that finds nothing convincing therefore adds little, whatever its best hit is; nothing is divided by
the best score of the query at hand. `rrf` is Azure AI Search's formula, which sees ranks alone.
What the constants were chosen on stands in docs/adr/0008-fusion.md.

Everything here is pure: no engine, no clock, no random numbers. Ties are ordered by chunk id.
"""

from __future__ import annotations

import math
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    Arm = Sequence[tuple[str, float]]
    """One arm's hits, best first: chunk id and score, higher is better."""

Mode = Literal["adaptive", "rrf"]

RRF_K = 60
HEAD = 20
"""So many hits are ordered by evidence; the rest by rank, so that neither arm's finds are lost."""
DEFAULT_WEIGHT = 0.68
"""The text arm's share: chosen on whole runs of the product, see the decision record."""
VECTOR_UNIT = 0.3
TEXT_UNIT = 2.7
TEXT_GAIN = 1.1
TEXT_POWER = 1.5
"""Above 1: a hit that holds half of the query's words proves less than half."""
MATCH_SHARE = 0.6
"""One vector unit, as a share of the distance between a true match and the background."""
TRUSTED_RATIO = 1.75
"""Measured units nearer to the usual ones than this ratio are mostly noise and change little."""
PROBES = 40
PROBE_WORDS = 12
_FEWEST_PROBES = 5
_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one unit of evidence is in each arm of a release, and how much the text arm counts.

    `vector_unit` is a difference of cosines, `text_unit` BM25 per query word, both above 0. The
    defaults fit a MiniLM-like encoder and plain BM25 (k1 1.2, b 0.75, factor k1 + 1).
    `weight` is the text arm's share, 0 to 1. `probes` counts the passages it was measured on.
    """

    vector_unit: float = VECTOR_UNIT
    text_unit: float = TEXT_UNIT
    weight: float = DEFAULT_WEIGHT
    probes: int = 0

    def __post_init__(self) -> None:
        """Raise ConfigError unless the units are positive and the weight is a share."""
        for name in ("vector_unit", "text_unit"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigError(
                    f"Fusion calibration has {name} {value!r}, which is no positive number.",
                    "Build the release again, or leave the calibration out.",
                )
        _check_weight(self.weight)

    def to_json(self) -> dict[str, float | int]:
        """Return JSON-ready data, for the release manifest."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Calibration:
        """Return what `to_json` gave. ConfigError when a value is missing or wrong."""
        try:
            return cls(
                float(data["vector_unit"]),
                float(data["text_unit"]),
                float(data["weight"]),
                int(data["probes"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(
                f"Fusion calibration {dict(data)!r} cannot be used: {error!r}.",
                "Build the release again, or leave the calibration out.",
            ) from None


@dataclass(frozen=True, slots=True)
class FusedHit:
    """One hit of hybrid search. Ranks count from 1; rank and score are None where an arm had none.

    `score` falls from hit to hit; it is comparable between hits of one query, not between queries.
    """

    chunk_id: str
    score: float
    vector_rank: int | None
    text_rank: int | None
    vector_score: float | None
    text_score: float | None


@dataclass(frozen=True, slots=True)
class GoldenRun:
    """What both arms found for a question whose right chunks are known."""

    query: str
    vector: Arm
    text: Arm
    relevant: frozenset[str]


def fuse(
    vector: Arm,
    text: Arm,
    k: int,
    mode: Mode = "adaptive",
    calibration: Calibration | None = None,
    weight: float | None = None,
    *,
    query: str | None = None,
) -> list[FusedHit]:
    """Return the best `k` hits of both arms, each chunk once, best first.

    `vector` holds cosines, `text` BM25 scores; ask each arm for at least max(2 k, 200) hits.
    `query` is the text that the text arm was asked: always give it. Without it the text arm's best
    hit counts as one unit, which is not safe when that arm is wrong. `weight` is the text arm's
    share, 0 to 1, and goes before the calibration's. `rrf` heeds neither calibration nor weight nor
    query.

    The first hits of a larger `k` are those of a smaller one. Raises ConfigError on a weight
    outside 0..1, a negative `k` or an unknown mode.
    """
    if k < 0:
        raise ConfigError(f"Fusion was asked for {k} hits.", "Ask for 0 or more.")
    vector_ranks = _ranks(vector)
    text_ranks = _ranks(text)
    if mode == "rrf":
        scores = {
            chunk: _azure_rrf(rank[chunk] for rank in (vector_ranks, text_ranks) if chunk in rank)
            for chunk in vector_ranks | text_ranks
        }
        order = _sorted(scores)
    elif mode == "adaptive":
        use = calibration or Calibration()
        share = use.weight if weight is None else _check_weight(weight)
        scores, order = _adaptive(vector, text, use, share, query)
    else:
        raise ConfigError(f"There is no fusion mode {mode!r}.", "Known modes: adaptive, rrf.")
    return [
        FusedHit(
            chunk_id=chunk,
            score=scores[chunk],
            vector_rank=vector_ranks.get(chunk),
            text_rank=text_ranks.get(chunk),
            vector_score=vector[vector_ranks[chunk] - 1][1] if chunk in vector_ranks else None,
            text_score=text[text_ranks[chunk] - 1][1] if chunk in text_ranks else None,
        )
        for chunk in order[:k]
    ]


def calibrate(
    passages: Sequence[tuple[str, Sequence[float] | np.ndarray]],
    encode_query: Callable[[str], np.ndarray],
    text_search: Callable[[str], Arm],
    weight: float = DEFAULT_WEIGHT,
) -> Calibration:
    """Measure a release's units of evidence, with a few words of some of its own passages.

    `passages` are (text, unit vector of shape (dimensions,)) of chunks; up to 40 of them, spread
    over the sequence, are asked: one encoding and one text search (the best hit will do) each. The
    result depends on the order of `passages` alone, so sort them. Below 5 that hold words and are
    found, the units are the defaults.
    """
    step = max(1, math.ceil(len(passages) / PROBES))
    asked = [(_probe(text), vector) for text, vector in passages[::step]]
    asked = [(probe, vector) for probe, vector in asked if probe]
    per_word = [
        hits[0][1] / count_words(probe)
        for probe, _ in asked
        if (hits := text_search(probe)) and hits[0][1] > 0
    ]
    if len(asked) < _FEWEST_PROBES:
        return Calibration(weight=weight)
    queries = np.stack([np.asarray(encode_query(probe), np.float64) for probe, _ in asked])
    cosines = queries @ np.stack([np.asarray(vector, np.float64) for _, vector in asked]).T
    match = float(np.median(np.diag(cosines)))
    background = float(np.median(cosines[~np.eye(len(asked), dtype=bool)]))
    text_unit = float(np.median(per_word)) if len(per_word) >= _FEWEST_PROBES else 0.0
    return Calibration(
        vector_unit=_shrunk(MATCH_SHARE * (match - background), VECTOR_UNIT),
        text_unit=_shrunk(text_unit, TEXT_UNIT),
        weight=weight,
        probes=len(asked),
    )


def tune(runs: Sequence[GoldenRun], calibration: Calibration | None = None) -> float:
    """Return the text arm's weight that golden questions ask for, between 0.05 and 0.95.

    A weight is judged by the first relevant chunk's discounted gain within ten hits. The weight
    nearest to the calibration's is taken that is not worse than the best by more than one standard
    error of the paired differences: few or indifferent questions move nothing.
    """
    use = calibration or Calibration()
    if len(runs) < 2:  # noqa: PLR2004 - one question has no standard error
        return use.weight
    weights = sorted({use.weight, *(step / 20 for step in range(1, 20))})
    gains = np.array([[_gain(run, use, weight) for run in runs] for weight in weights])
    best = gains[int(gains.mean(axis=1).argmax())]
    differences = best - gains
    errors = differences.std(axis=1, ddof=1) / math.sqrt(len(runs))
    good = [w for w, d, e in zip(weights, differences.mean(axis=1), errors, strict=True) if d <= e]
    return min(good, key=lambda weight: (abs(weight - use.weight), weight))


def count_words(query: str) -> int:
    """Return the number of different words of a query, function words included, at least 1."""
    return max(1, len(set(_WORD.findall(query.casefold()))))


def _adaptive(
    vector: Arm, text: Arm, use: Calibration, share: float, query: str | None
) -> tuple[dict[str, float], list[str]]:
    # A chunk that the vector arm left out is at most as near as its last hit; one that the text
    # arm left out holds no word of the query, or few.
    floor = min((score for _, score in vector), default=0.0)
    if query is not None:
        text_unit = use.text_unit * count_words(query)
    else:
        text_unit = max((score for _, score in text), default=0.0) or 1.0
    evidence: dict[str, float] = {}
    for chunk, score in vector:
        evidence[chunk] = (1 - share) * (score - floor) / use.vector_unit
    for chunk, score in text:
        shared_words = TEXT_GAIN * (max(score, 0.0) / text_unit) ** TEXT_POWER
        evidence[chunk] = evidence.get(chunk, 0.0) + share * shared_words
    order = _sorted(evidence)
    head, rest = order[:HEAD], order[HEAD:]
    if not rest:
        return evidence, order
    ranked = dict.fromkeys(rest, 0.0)
    # Recall is all that counts here, so both arms count alike, unless one is not to count at all.
    for arm, part in ((vector, 1 - share), (text, share)):
        for rank, (chunk, _) in enumerate(arm, 1):
            if chunk in ranked and part > 0:
                ranked[chunk] += 1 / (RRF_K + rank)
    tail = _sorted(ranked)
    scale = evidence[head[-1]] / (1 + max(ranked.values()))
    scores = {chunk: evidence[chunk] for chunk in head}
    scores |= {chunk: scale * ranked[chunk] for chunk in tail}
    return scores, head + tail


def _azure_rrf(ranks: Iterable[int]) -> float:
    total = np.float32(0)
    for rank in ranks:
        total = np.float32(total + np.float32(1 / (RRF_K + rank)))
    return float(total)


def _gain(run: GoldenRun, calibration: Calibration, weight: float) -> float:
    hits = fuse(run.vector, run.text, HEAD, "adaptive", calibration, weight, query=run.query)
    found = (rank for rank, hit in enumerate(hits, 1) if hit.chunk_id in run.relevant)
    first = next(found, None)
    return 0.0 if first is None else 1 / math.log2(first + 1)


def _ranks(arm: Arm) -> dict[str, int]:
    ranks = {chunk: rank for rank, (chunk, _) in enumerate(arm, 1)}
    if len(ranks) != len(arm):
        raise ConfigError(
            "An arm of hybrid search returned a chunk twice.", "Each chunk may stand once in it."
        )
    return ranks


def _sorted(scores: Mapping[str, float]) -> list[str]:
    return sorted(scores, key=lambda chunk: (-scores[chunk], chunk))


def _shrunk(measured: float, usual: float) -> float:
    """Return a unit between the usual one and the measured one, nearer to it the farther it is."""
    if measured <= 0:
        return usual
    distance = math.log(measured / usual)
    trust = distance**2 / (distance**2 + math.log(TRUSTED_RATIO) ** 2)
    return usual * math.exp(distance * trust)


def _probe(text: str) -> str:
    """Return some words from the middle of a passage, so that a shared title is left out."""
    words = text.split()
    start = max(0, (len(words) - PROBE_WORDS) // 2)
    probe = " ".join(words[start : start + PROBE_WORDS])
    return probe if _WORD.search(probe) else ""


def _check_weight(weight: float) -> float:
    if not 0 <= weight <= 1:
        raise ConfigError(f"The text arm's weight is {weight!r}.", "Give a number between 0 and 1.")
    return weight
