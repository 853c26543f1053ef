"""Golden questions of an index: which of them can be judged, and how a release answers them.

They are those of a file that the settings name, and those that people judged hits of.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from freshground.core.ids import digest
from freshground.service.asking.evaluation import Hits, names_of
from freshground.service.asking.judged import joined, judged
from quality.questions import read_questions
from quality.retrieval import QuestionResult, by_document, by_span

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.service.asking.query import Searcher
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from quality.questions import Question
    from quality.retrieval import RankedDoc

DOCUMENTS = 10
"""Ranks that the gate's metrics look at."""


def golden(context: Context, index: IndexSettings) -> list[Question]:
    """Return the index's golden questions, none where its retrieval gate is not set.

    Raises ConfigError when the file cannot be used.
    """
    if index.gates.retrieval is None:
        return []
    return joined(of_file(context, index), judged(context, index))


def of_file(context: Context, index: IndexSettings) -> list[Question]:
    """Return the questions of the file that the settings name, none where they name none."""
    gate = index.gates.retrieval
    if gate is None or gate.questions is None:
        return []
    return read_questions(context.settings.resolve(gate.questions))


@dataclass(frozen=True)
class Sorted:
    """Golden questions by whether they can be judged.

    Of `judged` ones, documents that were deleted at the source count no more. All documents of
    `stale` ones were deleted there; no document of `unknown` ones was ever listed. `answers` maps a
    judged question to the doc_ids that answer it, `aliases` a moved document to its older names.
    """

    judged: list[Question]
    stale: list[str]
    unknown: list[str]
    answers: dict[str, tuple[str, ...]]
    aliases: dict[str, tuple[str, ...]]


def sort(
    context: Context, index: IndexSettings, state: Desired, questions: Sequence[Question]
) -> Sorted:
    """Sort questions by what the sources hold now."""
    rows = {
        doc_id: row
        for source_id in index.sources
        for doc_id, row in context.ledger.objects(source_id).items()
    }
    here = {document.doc_id for document in state.documents}
    aliases = {doc_id: names for doc_id in here if (names := _older_names(doc_id, rows, here))}
    held: dict[str, list[str]] = {}
    for doc_id in here:
        for name in (*names_of(rows[doc_id]), *aliases.get(doc_id, ())):
            held.setdefault(name, []).append(doc_id)
    ever = {name for row in rows.values() for name in names_of(row)}
    found = Sorted([], [], [], {}, aliases)
    for question in questions:
        left = [name for name in question.documents if name in held]
        if left:
            found.judged.append(_only(question, left))
            found.answers[question.id] = tuple(d for name in left for d in held[name])
        elif any(name in ever for name in question.documents):
            found.stale.append(question.id)
        else:
            found.unknown.append(question.id)
    return found


def _older_names(
    doc_id: str, rows: Mapping[str, Mapping[str, object]], here: set[str]
) -> tuple[str, ...]:
    """Return the names that a moved document had, unless another document bears them now."""
    names: list[str] = []
    seen = {doc_id}
    old = rows[doc_id]["moved_from"]
    while isinstance(old, str) and old in rows and old not in here and old not in seen:
        seen.add(old)
        names += names_of(rows[old])
        old = rows[old]["moved_from"]
    return tuple(names)


def _only(question: Question, names: Sequence[str]) -> Question:
    """Return a question without the documents that are gone: neither side can find them."""
    return replace(
        question,
        relevant=tuple(name for name in question.relevant if name in names),
        spans=tuple(span for span in question.spans if span.document in names),
    )


@dataclass(frozen=True)
class Answers:
    """One release's results by question, and the doc_ids of its first ranks, best first."""

    results: list[QuestionResult]
    ranking: dict[str, list[str]]


def ask(opened: Searcher, found: Sorted) -> Answers:
    """Ask one release every question that can be judged."""
    hits = Hits(opened, texts=any(q.spans for q in found.judged), aliases=found.aliases)
    answers = Answers([], {})
    for question in found.judged:
        first: list[str] = []

        def search(
            text: str,
            count: int,
            question: Question = question,
            first: list[str] = first,
        ) -> list[RankedDoc]:
            ranked = hits.search(text, count, groups=question.groups)
            first[:] = list(dict.fromkeys(hit.document for hit in ranked))[:DOCUMENTS]
            return ranked

        if question.spans:
            result = by_span(question.id, question.text, search, question.spans)
        else:
            grades = dict.fromkeys(question.relevant, 1)
            result = by_document(question.id, question.text, search, grades, DOCUMENTS)
        answers.results.append(result)
        answers.ranking[question.id] = first
    return answers


def fingerprint(*questions: Question) -> str:
    """Return what changes when one of the questions does, or how it is judged."""
    return digest(*(repr((q.id, q.text, q.relevant, q.spans)) for q in questions))
