"""Reads golden questions in BEIR's form: queries.jsonl, qrels.tsv, and answer_spans.jsonl.

Every ConfigError names the file and the line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError
from quality.jsonl import lines, name_of, objects, span_of, text_of
from quality.retrieval import AnswerSpan

if TYPE_CHECKING:
    from pathlib import Path

_QRELS_HEADER = ["query-id", "corpus-id", "score"]


def read_queries(path: str | Path) -> dict[str, str]:
    """Return query id to text, in the file's order. Lines are `{"_id": ..., "text": ...}`.

    Raises ConfigError on a missing or empty file, a wrong line, or an id that stands twice.
    """
    queries: dict[str, str] = {}
    for place, row in objects(path):
        query_id, text = name_of(row, "_id", place), text_of(row, "text", place)
        if query_id in queries:
            raise ConfigError(f"{place}: query id {query_id!r} stands twice.", "Ids must differ.")
        if not text.strip():
            raise ConfigError(f"{place}: query {query_id!r} is empty.", "Write its question.")
        queries[query_id] = text
    if not queries:
        raise ConfigError(f"{path} holds no query.", 'Write lines {"_id": "1", "text": "..."}.')
    return queries


def read_judgements(path: str | Path) -> dict[str, dict[str, int]]:
    """Return query id to document name to grade. Lines are `query-id<TAB>corpus-id<TAB>score`.

    The header line may be left out. Raises ConfigError on a missing or empty file, a line without
    three columns, a score that is no whole number, or two scores for one pair.
    """
    judgements: dict[str, dict[str, int]] = {}
    for number, line in lines(path):
        place = f"{path}:{number}"
        columns = [column.strip() for column in line.split("\t")]
        if number == 1 and columns == _QRELS_HEADER:
            continue
        if len(columns) != len(_QRELS_HEADER) or not all(columns):
            raise ConfigError(
                f"{place}: found {line!r}.",
                "Write query id, document and score, with tabs between.",
            )
        query_id, document, score = columns
        try:
            grade = int(score)
        except ValueError:
            raise ConfigError(
                f"{place}: the score is {score!r}.", "Write a whole number, 0 for irrelevant."
            ) from None
        if judgements.setdefault(query_id, {}).setdefault(document, grade) != grade:
            raise ConfigError(
                f"{place}: query {query_id!r} and document {document!r} have two scores.",
                "Keep one.",
            )
    if not judgements:
        raise ConfigError(f"{path} holds no judgement.", "Write one line for each right document.")
    return judgements


def read_spans(path: str | Path) -> dict[str, list[AnswerSpan]]:
    """Return query id to its answers, each once.

    Lines are `{"query-id": ..., "corpus-id": ..., "start": 0, "end": 9, "text": "..."}`, with
    0-based, half-open character positions. `text` may be left out; so may the positions where the
    text is there. Raises ConfigError on a missing or empty file or a wrong line.
    """
    spans: dict[str, list[AnswerSpan]] = {}
    for place, row in objects(path):
        answer = AnswerSpan(name_of(row, "corpus-id", place), *span_of(row, place))
        answers = spans.setdefault(name_of(row, "query-id", place), [])
        if answer not in answers:
            answers.append(answer)
    if not spans:
        raise ConfigError(f"{path} holds no answer span.", "Write one line for each answer.")
    return spans
