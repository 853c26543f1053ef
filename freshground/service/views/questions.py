"""The golden questions of an index: whose they are, what answers them, how they last went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.service.asking.evaluation import names_of
from freshground.service.asking.judged import joined, judged
from freshground.service.stages.golden import of_file
from freshground.service.stages.regression import NOTE
from freshground.service.views.readable import objects, sight

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.service.asking.judged import Judged
    from freshground.service.context import Context
    from freshground.service.views.readable import Sight
    from quality.questions import Question


@dataclass(frozen=True, slots=True)
class Last:
    """How a release answered golden questions when it was judged."""

    release: int
    results: dict[str, dict[str, Any]]
    ranking: dict[str, list[str]]


def last(context: Context, index: IndexSettings) -> Last | None:
    """Return how the live release answered, None where it was not asked."""
    live = context.releases.live(index.id)
    note = context.releases.noted(live[1], NOTE) if live else None
    if live is None or note is None:
        return None
    results = {row["query_id"]: row for row in note["results"]}
    return Last(live[1].release, results, note["ranking"])


def questions(
    context: Context, index: IndexSettings, own: frozenset[str] | None = None
) -> dict[str, Any]:
    """Return the questions that somebody with groups may see, the file's first. JSON-ready.

    `hidden` counts the others (see `may_see`). `own` None: every known group.
    """
    file = of_file(context, index)
    people = judged(context, index)
    counted = {question.id for question in joined(file, people)}
    answers = last(context, index)
    seen = sight(context, own)
    rows_of = objects(context, index.sources)
    known = _documents(context, index, (name for q in file for name in q.documents))
    rows: list[dict[str, Any]] = []
    hidden = 0
    for question, by in [*((q, None) for q in file), *((each.question, each) for each in people)]:
        right = [d for name in question.documents for d in known.get(name, [name])]
        wrong = list(by.wrong) if by is not None else []
        readable = {d for d in (*right, *wrong) if seen.row(rows_of.get(d))}
        # Without an answer a question tells of what was judged to be none.
        theirs = readable.issuperset(right) if right else bool(readable)
        if not may_see(seen, question, readable=theirs):
            hidden += 1
            continue
        rows.append(
            {
                **_row(question, by, counted=question.id in counted),
                "relevant": _named(rows_of, right, readable),
                "not_relevant": _named(rows_of, wrong, readable),
                "unreadable": len({*right, *wrong} - readable),
                **_went(question.id, wrong, answers),
            }
        )
    gate = index.gates.retrieval
    return {
        "index": index.id,
        "gate": gate is not None,
        "file": gate.questions if gate else None,
        "counted": len(counted),
        "release": answers.release if answers else None,
        "hidden": hidden,
        "questions": rows,
    }


def may_see(seen: Sight, question: Question, *, readable: bool) -> bool:
    """Return whether somebody may see a question: it tells what its answers say, and who asked.

    It is for who may read all of its answers (`readable`) and has a group that it is asked as.
    """
    if seen.groups is None:
        return True
    return readable and (question.groups is None or seen.meets(question.groups))


def _row(question: Question, by: Judged | None, *, counted: bool) -> dict[str, Any]:
    return {
        "id": question.id,
        "text": question.text,
        "source": "file" if by is None else "judged",
        "by": list(by.by) if by is not None else [],
        "at": by.at if by is not None else None,
        "groups": None if question.groups is None else sorted(question.groups),
        "counts": counted,
    }


def _named(
    rows_of: Mapping[str, Mapping[str, Any]], documents: Sequence[str], readable: set[str]
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for doc_id in dict.fromkeys(documents):
        row = rows_of.get(doc_id)
        if doc_id in readable and row is not None:
            found.append({"doc_id": doc_id, "source": row["source_id"], "key": row["key"]})
    return found


def _went(question: str, wrong: Sequence[str], answers: Last | None) -> dict[str, Any]:
    """Return the rank of the first answer in the release that is live, None beyond the tenth."""
    result = answers.results.get(question) if answers else None
    if answers is None or result is None:
        return {"asked": False, "rank": None, "ndcg_10": None, "wrong_before": 0}
    rank = round(1 / result["mrr_10"]) if result["mrr_10"] else None
    ranking = answers.ranking.get(question, [])
    ahead = ranking if rank is None else ranking[: rank - 1]
    return {
        "asked": True,
        "rank": rank,
        "ndcg_10": result["ndcg_10"],
        "wrong_before": len(set(ahead) & set(wrong)),
    }


def _documents(
    context: Context, index: IndexSettings, names: Iterable[str]
) -> dict[str, list[str]]:
    """Return the doc_ids that names of the file mean, by name."""
    wanted = set(names)
    found: dict[str, list[str]] = {}
    for source in index.sources if wanted else ():
        for doc_id, row in context.ledger.objects(source).items():
            for name in wanted.intersection(names_of(row)):
                found.setdefault(name, []).append(doc_id)
    return found
