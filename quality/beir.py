"""Reads golden questions in BEIR's form: queries.jsonl, qrels.tsv, and answer_spans.jsonl.

Every ConfigError names the file and the line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from quality.retrieval import AnswerSpan

if TYPE_CHECKING:
    from collections.abc import Iterator

_QRELS_HEADER = ["query-id", "corpus-id", "score"]


def read_queries(path: str | Path) -> dict[str, str]:
    """Return query id to text, in the file's order. Lines are `{"_id": ..., "text": ...}`.

    Raises ConfigError on a missing or empty file, a wrong line, or an id that stands twice.
    """
    queries: dict[str, str] = {}
    for place, row in _objects(path):
        query_id, text = _name(row, "_id", place), _text(row, "text", place)
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
    for number, line in _lines(path):
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
    for place, row in _objects(path):
        start, end = row.get("start"), row.get("end")
        text = _text(row, "text", place) if "text" in row else ""
        if start is None and end is None and text.strip():
            start = end = 0  # an empty span overlaps nothing: the text alone decides
        elif type(start) is not int or type(end) is not int or not 0 <= start < end:
            raise ConfigError(
                f"{place}: the span is {start!r} to {end!r}.",
                "Write character positions, start at least 0 and below end, or the answer's text.",
            )
        answer = AnswerSpan(_name(row, "corpus-id", place), start, end, text)
        answers = spans.setdefault(_name(row, "query-id", place), [])
        if answer not in answers:
            answers.append(answer)
    if not spans:
        raise ConfigError(f"{path} holds no answer span.", "Write one line for each answer.")
    return spans


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"There is no file {path}.", "Check the path.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}.", "Give a UTF-8 text file.") from None
    # Not splitlines: a JSON text may hold U+2028 and its like, which end no line here.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            yield number, line.rstrip("\r")


def _objects(path: str | Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, line in _lines(path):
        place = f"{path}:{number}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(
                f"{place}: no valid JSON ({error.msg}).", "Write one object a line."
            ) from None
        if not isinstance(row, dict):
            raise ConfigError(f"{place}: found {line!r}.", "Write one JSON object a line.")
        yield place, row


def _name(row: dict[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{place}: {key!r} is {value!r}.", "Write a text that is not empty.")
    return value


def _text(row: dict[str, Any], key: str, place: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {key!r} is {value!r}.", "Write a text.")
    return value
