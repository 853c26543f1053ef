"""Reads golden questions of an index: questions.jsonl. Every ConfigError names file and line.

    {"id": "q1", "text": "Who may claim?", "relevant": ["claims.md"]}
    {"text": "Within how many days?", "spans": [{"document": "claims.md", "text": "14 days"}]}

`relevant` names documents by key, `source/key`, uri or doc_id. `spans` names the passage: its
text, or its 0-based, half-open character positions in the document, or both. `groups` asks as a
member of those access groups; without it the owner asks, who sees all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.core.ids import digest
from quality.jsonl import name_of, objects, span_of, text_of
from quality.retrieval import AnswerSpan

if TYPE_CHECKING:
    from pathlib import Path

_KNOWN = {"id", "text", "relevant", "spans", "groups"}


@dataclass(frozen=True, slots=True)
class Question:
    """One golden question: its right documents, or its answers, never both."""

    id: str
    text: str
    relevant: tuple[str, ...] = ()
    spans: tuple[AnswerSpan, ...] = ()
    groups: frozenset[str] | None = None

    @property
    def documents(self) -> tuple[str, ...]:
        """The names of the documents that answer it, each once."""
        return tuple(dict.fromkeys((*self.relevant, *(span.document for span in self.spans))))


def read_questions(path: str | Path) -> list[Question]:
    """Return the questions in the file's order. A question without an id is named by its text.

    Raises ConfigError on a missing or empty file, a wrong line, or an id that stands twice.
    """
    questions: dict[str, Question] = {}
    for place, row in objects(path):
        unknown = sorted(row.keys() - _KNOWN)
        if unknown:
            raise ConfigError(
                f"{place}: {unknown[0]!r} is no known field.",
                f"Known: {', '.join(sorted(_KNOWN))}.",
            )
        question = _question(row, place)
        if question.id in questions:
            raise ConfigError(f"{place}: question {question.id!r} stands twice.", "Keep one.")
        questions[question.id] = question
    if not questions:
        raise ConfigError(
            f"{path} holds no question.", 'Write lines {"text": "...", "relevant": ["..."]}.'
        )
    return list(questions.values())


def _question(row: dict[str, Any], place: str) -> Question:
    text = text_of(row, "text", place)
    if not text.strip():
        raise ConfigError(f"{place}: the question is empty.", "Write its text.")
    known = name_of(row, "id", place) if "id" in row else f"q-{digest('question', text)[:10]}"
    relevant = _names(row, "relevant", place)
    spans = tuple(dict.fromkeys(_span(item, place) for item in _list(row, "spans", place)))
    if bool(relevant) == bool(spans):
        raise ConfigError(
            f"{place}: question {known!r} has {'both' if spans else 'neither'} of `relevant` and "
            "`spans`.",
            "Name the documents that answer it, or the passages.",
        )
    groups = frozenset(_names(row, "groups", place)) if "groups" in row else None
    if groups is not None and not groups:
        raise ConfigError(f"{place}: `groups` is empty.", "Name a group, or leave it out.")
    return Question(known, text, relevant, spans, groups)


def _list(row: dict[str, Any], key: str, place: str) -> list[Any]:
    value = row.get(key, [])
    if not isinstance(value, list):
        raise ConfigError(f"{place}: {key!r} is {value!r}.", "Write a list.")
    return value


def _names(row: dict[str, Any], key: str, place: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name_of({key: item}, key, place) for item in _list(row, key, place)))


def _span(item: Any, place: str) -> AnswerSpan:
    if not isinstance(item, dict):
        raise ConfigError(f"{place}: a span is {item!r}.", 'Write {"document": ..., "text": ...}.')
    return AnswerSpan(name_of(item, "document", place), *span_of(item, place))
