"""Questions whose answers people judged: what was decided of them, and as golden questions.

A judged question counts for the gate as one of the file does, once a document answers it. Asked as
some groups, it is asked as those again: two people may be right to be shown different answers.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.core.ids import digest
from freshground.core.records import PUBLIC
from freshground.lake.judgements import Judgement, Verdict
from freshground.service.asking.evaluation import names_of
from quality.questions import Question

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

LONGEST = 2_000
"""Characters of a question that is judged."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One question, with the doc_ids that answer it and those that do not; by whom, and when."""

    question: Question
    wrong: tuple[str, ...]
    by: tuple[str, ...]
    at: str


def question_id(index: str, text: str, groups: Collection[str] | None) -> str:
    """Return the id of a question: the same words asked as others are another question."""
    asked_as = "owner" if groups is None else json.dumps(sorted(groups))
    return f"j-{digest('judged', index, plain(text), asked_as)[:12]}"


def plain(text: str) -> str:
    """Return a question as it is compared: case and spaces say nothing."""
    return " ".join(text.casefold().split())


def judge(
    context: Context,
    index: IndexSettings,
    text: str,
    doc_id: str,
    verdict: Verdict,
    *,
    groups: Collection[str] | None = None,
    chunk_id: str = "",
    release: int | None = None,
    comment: str = "",
) -> str:
    """Keep that a document answers a question or does not; return the question's id.

    `groups` are those that it was asked as, None the owner, nobody's the public's. ConfigError for
    a question that is empty or too long, and for a document that no source of the index listed.
    """
    if not text.strip() or len(text) > LONGEST:
        raise ConfigError(
            f"The question has {len(text):,} characters.", f"Ask in 1 to {LONGEST:,} of them."
        )
    if not any(doc_id in context.ledger.objects(source) for source in index.sources):
        raise ConfigError(
            f"No source of index {index.id!r} holds a document {doc_id!r}.",
            "Judge a hit of this index.",
        )
    # Without a group one still reads what is public, which is how the file's `groups` says it.
    asked_as = None if groups is None else tuple(sorted(groups)) or (PUBLIC,)
    name = question_id(index.id, text, asked_as)
    context.lake.judgements.add(
        Judgement(
            index=index.id,
            question=name,
            text=text.strip(),
            groups=asked_as,
            doc_id=doc_id,
            verdict=verdict,
            by=context.by,
            chunk_id=chunk_id,
            release=release,
            comment=comment,
        )
    )
    return name


def judged(context: Context, index: IndexSettings) -> list[Judged]:
    """Return all questions of an index that were judged, oldest first."""
    found: dict[str, list[Judgement]] = {}
    for judgement in context.lake.judgements.of(index.id):
        found.setdefault(judgement.question, []).append(judgement)
    return [_judged(name, own) for name, own in found.items()]


def _judged(name: str, own: Sequence[Judgement]) -> Judged:
    right = tuple(each.doc_id for each in own if each.verdict == "relevant")
    groups = own[0].groups
    asked_as = None if groups is None else frozenset(groups)
    return Judged(
        Question(name, own[-1].text, relevant=right, groups=asked_as),
        tuple(each.doc_id for each in own if each.verdict == "not_relevant"),
        tuple(dict.fromkeys(each.by for each in own)),
        own[-1].at,
    )


def joined(file: Sequence[Question], judged: Sequence[Judged]) -> list[Question]:
    """Return a file's questions and those judged that have an answer; the file goes first.

    A judged question that the file asks too is left to the file.
    """
    known = {plain(question.text) for question in file}
    return [
        *file,
        *(
            each.question
            for each in judged
            if each.question.relevant and plain(each.question.text) not in known
        ),
    ]


def remove(context: Context, index: IndexSettings, question: str) -> int:
    """Delete what was judged of a question, its words too. ConfigError when nothing was."""
    known = {each.question.id for each in judged(context, index)}
    if question not in known:
        raise ConfigError(
            f"No judged question of index {index.id!r} bears the id {question!r}.",
            "See `freshground questions list`; those of the file are edited there.",
        )
    return context.lake.judgements.remove(index.id, question)


def record(
    context: Context, index: IndexSettings, action: str, facts: dict[str, Any], comment: str
) -> None:
    """Note in the journal what somebody did to a question, as a page's actions are noted."""
    body = {"action": action, "by": context.by, "comment": comment, **facts}
    context.lake.journal.add(context.run_id, "action", index.id, body)


def named(context: Context, index: IndexSettings, name: str) -> str:
    """Return the doc_id of a document by key, source/key, uri or doc_id. ConfigError if not one."""
    found = {
        doc_id
        for source in index.sources
        for doc_id, row in context.ledger.live(source).items()
        if name in names_of(row)
    }
    if len(found) != 1:
        some = "no document" if not found else f"{len(found)} documents"
        raise ConfigError(
            f"{name!r} names {some} of index {index.id!r}.", "Write source/key, or the doc_id."
        )
    return found.pop()


def lines(context: Context, index: IndexSettings) -> list[dict[str, Any]]:
    """Return the judged questions that have an answer as rows of a questions.jsonl."""
    rows = {
        doc_id: row
        for source in index.sources
        for doc_id, row in context.ledger.objects(source).items()
    }
    found: list[dict[str, Any]] = []
    for each in judged(context, index):
        question = each.question
        if not question.relevant:
            continue
        names = [names_of(rows[d])[-1] if d in rows else d for d in question.relevant]
        line: dict[str, Any] = {"id": question.id, "text": question.text, "relevant": names}
        if question.groups is not None:
            line["groups"] = sorted(question.groups)
        found.append(line)
    return found
