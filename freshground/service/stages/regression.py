"""The retrieval gate: golden questions asked of the candidate and of the live release."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from freshground.core.records import Check
from freshground.service.asking.judged import judged
from freshground.service.asking.query import Searcher
from freshground.service.stages.golden import Answers, ask, fingerprint, golden, sort
from quality.regression import compare, severity
from quality.retrieval import QuestionResult

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import IndexSettings, RetrievalGate
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from freshground.service.stages.golden import Sorted
    from indexes.release import Manifest
    from quality.regression import Comparison

CHECK = "candidate.retrieval"
NOTE = "golden"
"""What a candidate keeps of its answers, for a successor that its encoder cannot ask any more."""

_SHOWN = 10
_SAMPLE = 200


def regression(
    context: Context, index: IndexSettings, state: Desired, candidate: Manifest
) -> tuple[list[Check], dict[str, Any] | None]:
    """Return the gate's check, none where it is not set, and the candidate's note."""
    gate = index.gates.retrieval
    if gate is None:
        return [], None
    questions = golden(context, index)
    found = sort(context, index, state, questions)
    left = _left_out(found)
    if not questions:
        detail = "There is no golden question yet: name a file, or judge hits (docs/dashboard.md)"
        # Never critical: people judge hits of a release, so there has to be a first one.
        return [replace(_unjudged(gate, detail), severity="warning")], None
    if not found.judged:
        detail = f"None of the {len(questions)} golden questions can be judged{left}"
        return [_unjudged(gate, detail)], None
    answers = ask(Searcher(context, index, candidate), found)
    note = {**_note(answers, found), "file": _of_file(context, index, found)}
    if state.live is None:
        mean = sum(q.ndcg_10 for q in answers.results) / len(answers.results)
        detail = f"first release: nDCG@10 {mean:.3f} over {len(answers.results)} questions{left}"
        return [_check(gate, len(answers.results), None, detail)], note
    before = _live_answers(context, index, state, found)
    if before is None:
        detail = (
            "The live release is of another embedding space and has no answers of its own kept "
            f"for these questions, so nothing was compared{left}"
        )
        return [_unjudged(gate, detail)], note
    # What the live release answered is kept too: it was asked again, of the documents as they are.
    note["live"] = {
        "release": state.live[1].release,
        "ndcg_10": {q.query_id: q.ndcg_10 for q in before.results},
    }
    known = {result.query_id for result in before.results}
    after = [result for result in answers.results if result.query_id in known]
    if len(after) < len(answers.results):
        new = len(answers.results) - len(after)
        left += f"; {new} judged since the live release answered, whose encoder is another one"
    measured = compare(before.results, after, resamples=gate.resamples)
    blamed = _blame(state, found, before, answers, measured.lost)
    detail = _words(measured, gate, state, found, blamed) + left
    return [_check(gate, measured.questions, measured, detail, tuple(blamed))], note


def _check(
    gate: RetrievalGate,
    questions: int,
    measured: Comparison | None,
    detail: str,
    blamed: tuple[str, ...] = (),
) -> Check:
    lost = measured.lost if measured else ()
    return Check(
        check_id=CHECK,
        layer="candidate",
        severity=severity(gate.severity, questions),
        passed=measured is None or not measured.inferior(gate.margin),
        value=measured.low if measured else None,
        threshold=-gate.margin,
        rows=questions,
        failing=len(lost),
        sample=lost[:_SAMPLE],
        detail=detail,
        blamed=blamed,
    )


def _unjudged(gate: RetrievalGate, detail: str) -> Check:
    """A gate that could not look does not pass silently, and stops nothing unless told to."""
    grade = "critical" if gate.severity == "critical" else "warning"
    return Check(CHECK, "candidate", grade, False, None, -gate.margin, 0, 0, (), detail)


def _live_answers(
    context: Context, index: IndexSettings, state: Desired, found: Sorted
) -> Answers | None:
    """Ask the live release, or read what it answered when it was judged: None if neither can be.

    Of what is read, questions that people judged since are left out; the file's have to be there.
    """
    _, live = state.live or (None, None)
    if live is None:
        return None
    if live.space["id"] == state.recipe.space_id:
        return ask(Searcher(context, index, live), found)
    kept = context.releases.noted(live, NOTE)
    if kept is None:
        return None
    results = {row["query_id"]: QuestionResult(**row) for row in kept["results"]}
    if kept["questions"] != fingerprint(*found.judged):
        each = kept.get("each", {})
        same = {q.id for q in found.judged if each.get(q.id) == fingerprint(q)}
        if not same or kept.get("file") != _of_file(context, index, found):
            return None
        results = {name: result for name, result in results.items() if name in same}
    in_order = [results[q.id] for q in found.judged if q.id in results]
    return Answers(in_order, kept["ranking"])


def _of_file(context: Context, index: IndexSettings, found: Sorted) -> str:
    """Return what changes when the questions of the file do."""
    by_people = {one.question.id for one in judged(context, index)}
    return fingerprint(*(q for q in found.judged if q.id not in by_people))


def _note(answers: Answers, found: Sorted) -> dict[str, Any]:
    results = [
        {name: getattr(q, name) for name in QuestionResult.__slots__} for q in answers.results
    ]
    return {
        "questions": fingerprint(*found.judged),
        "each": {question.id: fingerprint(question) for question in found.judged},
        "results": results,
        "ranking": answers.ranking,
    }


def _blame(
    state: Desired, found: Sorted, before: Answers, after: Answers, lost: Sequence[str]
) -> dict[str, int]:
    """Return the changed documents behind lost questions, with how many each, most first.

    Blamed are an answer's own document when it changed, and documents written anew that now stand
    before the first answer and did not before.
    """
    written = {document.doc_id for document in state.plan.written}
    changed = written | set(state.plan.removed)
    counts: Counter[str] = Counter()
    for question in lost:
        answers = set(found.answers[question])
        blamed = answers & changed
        ahead = _ahead(after.ranking[question], answers) & written
        blamed |= ahead - _ahead(before.ranking[question], answers)
        counts.update(blamed)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _ahead(ranking: Sequence[str], answers: set[str]) -> set[str]:
    places = [place for place, doc_id in enumerate(ranking) if doc_id in answers]
    return set(ranking[: min(places, default=len(ranking))])


def _words(
    measured: Comparison,
    gate: RetrievalGate,
    state: Desired,
    found: Sorted,
    blamed: dict[str, int],
) -> str:
    text = (
        f"nDCG@10 {measured.candidate_ndcg_10:.3f}, live {measured.live_ndcg_10:.3f}: difference "
        f"{measured.difference:+.3f}, 90% interval {measured.low:+.3f} to {measured.high:+.3f}, "
        f"margin {gate.margin:g}; recall@5 {measured.candidate_recall_5:.3f}, live "
        f"{measured.live_recall_5:.3f}; of {measured.questions} questions {len(measured.won)} won"
    )
    if not measured.lost:
        return f"{text}, none lost"
    text += f", {len(measured.lost)} lost: {_some(measured.lost)}"
    if not blamed:
        return text
    keys = {document.doc_id: document.row["key"] for document in state.documents}
    answers = {doc_id for question in measured.lost for doc_id in found.answers[question]}
    named = [
        f"{keys.get(doc_id, doc_id)} ({count}{', held the answer' if doc_id in answers else ''})"
        for doc_id, count in blamed.items()
    ]
    return f"{text}; caused by changes of {len(blamed)} documents: {_some(named)}"


def _left_out(found: Sorted) -> str:
    text = ""
    if found.stale:
        text += f"; stale, since their documents were deleted at the source: {_some(found.stale)}"
    if found.unknown:
        text += f"; naming documents that no source ever listed: {_some(found.unknown)}"
    return text


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more
