"""Measures how well a search answers questions whose right documents, or passages, are known.

nDCG is trec_eval's: gains are the grades themselves, discounted by log2(rank + 1). Ranks count
documents (each by its best hit), or answers where spans are given. All metrics lie in 0..1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

METRICS = ("ndcg_10", "recall_5", "recall_10", "recall_100", "mrr_10")
RECALL_DEPTH = 100
FIRST_DEPTH = 100
LAST_DEPTH = 3200
_CUT = 10


@dataclass(frozen=True, slots=True)
class RankedDoc:
    """One hit of a search: a chunk, and the document that it is from.

    `names` are all names by which judgements may call the document: its id, key, uri, a record's
    own id. `start`, `end` and `text` are the chunk's; they are needed for relevance by spans only.
    """

    document: str
    names: tuple[str, ...]
    start: int | None = None
    end: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class AnswerSpan:
    """Where an answer stands: `document`'s characters from `start` to `end`, which read `text`."""

    document: str
    start: int
    end: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """The metrics of one question. `seen` of its `relevant` items came up in the search."""

    query_id: str
    ndcg_10: float
    recall_5: float
    recall_10: float
    recall_100: float
    mrr_10: float
    relevant: int
    seen: int


@dataclass(frozen=True, slots=True)
class Report:
    """The results of an evaluation, in the order of the queries.

    `level` says what was ranked. `unjudged` counts questions left out for want of judgements.
    """

    level: Literal["document", "span"]
    questions: tuple[QuestionResult, ...]
    unjudged: int

    def mean(self, metric: str) -> float:
        """Return the mean of one of METRICS over the questions."""
        if metric not in METRICS:
            raise ConfigError(f"There is no metric {metric!r}.", f"Known: {', '.join(METRICS)}.")
        return math.fsum(getattr(q, metric) for q in self.questions) / len(self.questions)

    @property
    def seen(self) -> int:
        """How many relevant items came up anywhere; 0 mostly means that the names do not match."""
        return sum(question.seen for question in self.questions)

    def to_json(self) -> dict[str, Any]:
        """Return level, counts and means as JSON-ready data, without the single questions."""
        return {
            "level": self.level,
            "questions": len(self.questions),
            "unjudged": self.unjudged,
            "relevant": sum(question.relevant for question in self.questions),
            "seen": self.seen,
            **{metric: self.mean(metric) for metric in METRICS},
        }


def evaluate(
    search: Callable[[str, int], Sequence[RankedDoc]],
    queries: Mapping[str, str],
    judgements: Mapping[str, Mapping[str, int]],
    spans: Mapping[str, Sequence[AnswerSpan]] | None = None,
) -> Report:
    """Ask every judged query and return its metrics.

    `search(text, n)` returns the best n hits, best first, fewer only when there are no more.
    `queries` is query id to text; `judgements` query id to document name to grade, relevant above
    0. With `spans` (query id to answers) a hit counts when it is from the answer's document and
    overlaps its span or holds its text; judgements are then not read. A search is asked for 100
    hits, and for more only where these hold too few documents to judge recall@100.

    Raises ConfigError when no query is judged.
    """
    results: list[QuestionResult] = []
    for query_id, text in queries.items():
        if spans is not None:
            answers = spans.get(query_id, ())
            if answers:
                results.append(by_span(query_id, text, search, answers))
            continue
        grades = {name: grade for name, grade in judgements.get(query_id, {}).items() if grade > 0}
        if grades:
            results.append(by_document(query_id, text, search, grades))
    if not results:
        what = "answer spans" if spans is not None else "relevance judgements"
        raise ConfigError(
            f"None of the {len(queries)} queries has {what}.",
            "Check that the query ids of both files are the same.",
        )
    level: Literal["document", "span"] = "document" if spans is None else "span"
    return Report(level, tuple(results), len(queries) - len(results))


def by_document(
    query_id: str,
    text: str,
    search: Callable[[str, int], Sequence[RankedDoc]],
    grades: Mapping[str, int],
    depth: int = RECALL_DEPTH,
) -> QuestionResult:
    """Return the metrics of one question whose right documents are known by name.

    The search goes deeper until it has found them all or `depth` documents; metrics at a greater
    depth are lower bounds.
    """
    found: dict[str, tuple[str, ...]] = {}
    for hits in _deeper(search, text):
        # A deeper search may only add documents below those that are known.
        for hit in hits:
            found.setdefault(hit.document, hit.names)
        if len(found) >= depth or not set(grades).difference(*found.values()):
            break
    gains: list[int] = []
    left = dict(grades)
    for names in found.values():
        matched = [left.pop(name) for name in dict.fromkeys(names) if name in left]
        gains.append(max(matched, default=0))
    return _result(query_id, gains, sorted(grades.values(), reverse=True))


def by_span(
    query_id: str,
    text: str,
    search: Callable[[str, int], Sequence[RankedDoc]],
    answers: Sequence[AnswerSpan],
) -> QuestionResult:
    """Return the metrics of one question whose answers' places are known."""
    left = list(answers)
    gains: list[int] = []
    # Ranks count hits here, so that the first 100 are all that is needed.
    for hit in search(text, RECALL_DEPTH):
        held = [answer for answer in left if _holds(hit, answer)]
        left = [answer for answer in left if answer not in held]
        # Two answers in one hit take two ranks: otherwise the ideal order could be beaten.
        gains.extend([1] * len(held) or [0])
    return _result(query_id, gains, [1] * len(answers))


def _deeper(
    search: Callable[[str, int], Sequence[RankedDoc]], text: str
) -> Iterator[Sequence[RankedDoc]]:
    depth = FIRST_DEPTH
    while True:
        hits = search(text, depth)
        yield hits
        if len(hits) < depth or depth >= LAST_DEPTH:
            return
        depth *= 2


def _holds(hit: RankedDoc, answer: AnswerSpan) -> bool:
    if answer.document not in hit.names:
        return False
    if (
        hit.start is not None
        and hit.end is not None
        and max(hit.start, answer.start) < min(hit.end, answer.end)
    ):
        return True
    wanted = _plain(answer.text)
    return bool(wanted) and hit.text is not None and wanted in _plain(hit.text)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _result(query_id: str, gains: Sequence[int], ideal: Sequence[int]) -> QuestionResult:
    """Return the metrics of gains by rank; `ideal` holds all grades above 0, greatest first."""
    hits = [rank for rank, gain in enumerate(gains, 1) if gain > 0]

    def recall(depth: int) -> float:
        return sum(rank <= depth for rank in hits) / len(ideal)

    return QuestionResult(
        query_id=query_id,
        ndcg_10=_dcg(gains[:_CUT]) / _dcg(ideal[:_CUT]),
        recall_5=recall(5),
        recall_10=recall(10),
        recall_100=recall(RECALL_DEPTH),
        mrr_10=1 / hits[0] if hits and hits[0] <= _CUT else 0.0,
        relevant=len(ideal),
        seen=len(hits),
    )


def _dcg(gains: Collection[int]) -> float:
    return math.fsum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))
