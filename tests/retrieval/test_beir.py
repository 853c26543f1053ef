from __future__ import annotations

import json

import pytest

from freshground.core.errors import ConfigError
from quality.beir import read_judgements, read_queries, read_spans
from quality.retrieval import AnswerSpan


@pytest.fixture
def write(tmp_path):
    def put(text, encoding="utf-8"):
        path = tmp_path / "file"
        path.write_bytes(text.encode(encoding))
        return path

    return put


def test_queries(write):
    path = write('{"_id": "b", "text": "Was?\u2028"}\r\n\n{"_id": 7, "text": "x", "more": 1}\n')
    assert read_queries(path) == {"b": "Was?\u2028", "7": "x"}
    assert list(read_queries(path)) == ["b", "7"]
    assert read_queries(write('{"_id": "1", "text": "x"}', "utf-8-sig")) == {"1": "x"}


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ('{"_id": "1", "text": "x"}\n{"_id": "1", "text": "y"}', 2, "stands twice"),
        ('{"_id": "1", "text": "x"}\n\n{"text": "y"}', 3, "_id"),
        ('{"_id": "1", "text": 5}', 1, "text"),
        ('{"_id": "1", "text": " "}', 1, "empty"),
        ('{"_id": true, "text": "x"}', 1, "_id"),
        ('["1", "x"]', 1, "object"),
        ('{"_id": "1", ', 1, "JSON"),
    ],
)
def test_wrong_queries_name_the_line(write, text, line, found):
    path = write(text)
    with pytest.raises(ConfigError, match=found) as caught:
        read_queries(path)
    assert f"{path}:{line}:" in str(caught.value)


def test_judgements(write):
    header = "query-id\tcorpus-id\tscore\n"
    lines = "1\ta b.md\t2\n1\tc\t0\n1\ta b.md\t2\n2\tc\t1\n"
    expected = {"1": {"a b.md": 2, "c": 0}, "2": {"c": 1}}
    assert read_judgements(write(header + lines)) == expected
    assert read_judgements(write(lines)) == expected
    assert read_judgements(write((header + lines).replace("\n", "\r\n"))) == expected


@pytest.mark.parametrize(
    ("text", "line", "found"),
    [
        ("query-id\tcorpus-id\tscore\n1 a 1", 2, "tabs"),
        ("1\ta", 1, "tabs"),
        ("1\t\t1", 1, "tabs"),
        ("1\ta\t1\n1\ta\tyes", 2, "yes"),
        ("1\ta\t1\n1\ta\t2", 2, "two scores"),
        ("1\ta\t1\nquery-id\tcorpus-id\tscore", 2, "score"),
    ],
)
def test_wrong_judgements_name_the_line(write, text, line, found):
    path = write(text)
    with pytest.raises(ConfigError, match=found) as caught:
        read_judgements(path)
    assert f"{path}:{line}:" in str(caught.value)


def span(**changes):
    row = {"query-id": "1", "corpus-id": "a", "start": 3, "end": 9, "text": "answer"}
    row.update(changes)
    return json.dumps({key: value for key, value in row.items() if value is not ...})


def test_spans(write):
    path = write("\n".join([span(), span(), span(start=4, text=...), span(**{"query-id": 2})]))
    first = AnswerSpan("a", 3, 9, "answer")
    assert read_spans(path) == {"1": [first, AnswerSpan("a", 4, 9)], "2": [first]}


@pytest.mark.parametrize(
    "changes",
    [{"start": 9}, {"start": -1}, {"end": 3.5}, {"end": ...}, {"corpus-id": ""}, {"text": None}],
)
def test_wrong_spans_name_the_line(write, changes):
    path = write(span() + "\n" + span(**changes))
    with pytest.raises(ConfigError) as caught:
        read_spans(path)
    assert f"{path}:2:" in str(caught.value)


@pytest.mark.parametrize("read", [read_queries, read_judgements, read_spans])
def test_missing_empty_and_unreadable_files(read, write, tmp_path):
    with pytest.raises(ConfigError, match="no file"):
        read(tmp_path / "none")
    with pytest.raises(ConfigError, match="holds no"):
        read(write("\n"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read(write("grüße", "latin-1"))
    with pytest.raises(ConfigError, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["covid_qa", "xquad_en"])
def test_real_questions(shared_data, name):
    folder = shared_data / "retrieval" / name
    queries = read_queries(folder / "queries.jsonl")
    judgements = read_judgements(folder / "qrels" / "test.tsv")
    spans = read_spans(folder / "answer_spans.jsonl")
    assert set(queries) == set(judgements) == set(spans)
    assert all(
        answer.end - answer.start == len(answer.text) for a in spans.values() for answer in a
    )


def test_an_answer_without_positions_is_found_by_its_text(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"query-id": "q", "corpus-id": "d", "text": "seven days"}\n')
    assert read_spans(path) == {"q": [AnswerSpan("d", 0, 0, "seven days")]}


def test_an_answer_without_positions_and_text_is_refused(tmp_path):
    path = tmp_path / "answers.jsonl"
    path.write_text('{"query-id": "q", "corpus-id": "d"}\n')
    with pytest.raises(ConfigError, match="answers.jsonl:1"):
        read_spans(path)
