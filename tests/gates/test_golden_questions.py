"""questions.jsonl: what can be written, and what is refused by file and line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import ConfigError
from quality.questions import read_questions
from quality.retrieval import AnswerSpan

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, *lines: str) -> Path:
    place = folder / "questions.jsonl"
    place.write_text("\n".join(lines) + "\n")
    return place


def test_documents_spans_and_groups_are_read(tmp_path: Path) -> None:
    place = written(
        tmp_path,
        '{"id": "a", "text": "Who?", "relevant": ["x.md", "x.md", "y.md"]}',
        "",
        '{"id": 7, "text": "How long?", "groups": ["hr"], "spans": '
        '[{"document": "x.md", "text": "14 days"}, {"document": "y.md", "start": 3, "end": 9}]}',
    )
    first, second = read_questions(place)
    assert (first.id, first.relevant, first.groups) == ("a", ("x.md", "y.md"), None)
    assert second.id == "7"
    assert second.groups == frozenset({"hr"})
    assert second.spans == (AnswerSpan("x.md", 0, 0, "14 days"), AnswerSpan("y.md", 3, 9, ""))
    assert second.documents == ("x.md", "y.md")


def test_a_question_without_an_id_keeps_its_name_when_lines_move(tmp_path: Path) -> None:
    one, two = '{"text": "A?", "relevant": ["x"]}', '{"text": "B?", "relevant": ["x"]}'
    ids = {q.text: q.id for q in read_questions(written(tmp_path, one, two))}
    assert ids == {q.text: q.id for q in read_questions(written(tmp_path, two, one))}
    assert len(set(ids.values())) == 2


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("not json", "no valid JSON"),
        ("[1]", "one JSON object a line"),
        ('{"text": "  ", "relevant": ["x"]}', "empty"),
        ('{"relevant": ["x"]}', "'text' is None"),
        ('{"text": "A?"}', "neither of"),
        ('{"text": "A?", "relevant": ["x"], "spans": [{"document": "x", "text": "y"}]}', "both of"),
        ('{"text": "A?", "relevant": "x"}', "Write a list"),
        ('{"text": "A?", "relevant": [""]}', "not empty"),
        ('{"text": "A?", "relevant": ["x"], "groups": []}', "`groups` is empty"),
        ('{"text": "A?", "spans": ["x"]}', "a span is 'x'"),
        ('{"text": "A?", "spans": [{"document": "x", "start": 5, "end": 5}]}', "5 to 5"),
        ('{"text": "A?", "relevant": ["x"], "answer": "x"}', "'answer' is no known field"),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, line: str, says: str) -> None:
    place = written(tmp_path, '{"text": "Fine?", "relevant": ["x"]}', line)
    with pytest.raises(ConfigError) as caught:
        read_questions(place)
    assert f"{place}:2" in str(caught.value)
    assert says in str(caught.value)


def test_a_question_that_stands_twice_and_a_file_without_any_are_refused(tmp_path: Path) -> None:
    line = '{"id": "a", "text": "A?", "relevant": ["x"]}'
    with pytest.raises(ConfigError, match="stands twice"):
        read_questions(written(tmp_path, line, line))
    with pytest.raises(ConfigError, match="no question"):
        read_questions(written(tmp_path, ""))
    with pytest.raises(ConfigError, match="no file"):
        read_questions(tmp_path / "elsewhere.jsonl")
