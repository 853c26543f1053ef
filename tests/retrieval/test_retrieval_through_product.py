"""Hybrid search is at least as good as its better arm, measured through the whole product."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from freshground.core.settings import parse
from freshground.service.asking.evaluation import evaluate
from freshground.service.context import Context
from freshground.service.refresh import refresh
from freshground.service.reports import exit_status

MODES = ("vector", "text", "hybrid")
# The least difference that a few hundred questions can show: one of them answered otherwise.
SLACK = 1 / 200


def _sampled(path: Path, target: Path, step: int) -> Path:
    lines = path.read_text(encoding="utf-8").splitlines()
    target.write_text("\n".join(lines[::step]) + "\n", encoding="utf-8")
    return target


def _project(corpus: Path, root: Path) -> Context:
    with (root / "corpus.jsonl").open("w", encoding="utf-8") as out:
        for line in corpus.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            out.write(json.dumps({"id": row["_id"], "title": row["title"], "text": row["text"]}))
            out.write("\n")
    fields = {"title": "title"}
    source = {
        "id": "corpus",
        "type": "records",
        "url": "corpus.jsonl",
        "access": "public",
        "admission": {"injection": "allow"},
    }  # fmt: skip - every text counts here
    raw = {
        "lake": "./lake",
        "sources": [{**source, "fields": fields}],
        "indexes": [{"id": "corpus", "sources": ["corpus"]}],
    }
    return Context(parse(raw, root))


def _compare(data: Path, root: Path, step: int) -> dict[str, dict[str, float]]:
    context = _project(data / "corpus.jsonl", root)
    assert exit_status(refresh(context)) == 0
    queries = _sampled(data / "queries.jsonl", root / "queries.jsonl", step)
    index = context.settings.indexes[0]
    found = {
        mode: evaluate(context, index, queries, data / "qrels" / "test.tsv", None, mode)
        for mode in MODES
    }
    for mode, row in found.items():
        metrics = {k: round(v, 4) for k, v in row.items() if isinstance(v, float)}
        print(data.name, mode, row["questions"], "questions", metrics)
    return found


def _no_worse(found: dict[str, dict[str, float]], slack: float) -> None:
    for metric in ("ndcg_10", "recall_5", "recall_10", "recall_100", "mrr_10"):
        best = max(found["vector"][metric], found["text"][metric])
        assert found["hybrid"][metric] >= best - slack, (metric, found)


@pytest.mark.slow
def test_hybrid_is_no_worse_than_its_better_arm_on_a_sample(shared_data, tmp_path):
    found = _compare(shared_data / "retrieval" / "xquad_en", tmp_path, 6)
    _no_worse(found, SLACK)


@pytest.mark.prove
@pytest.mark.parametrize("name", ["covid_qa", "xquad_en"])
def test_hybrid_is_no_worse_than_its_better_arm(shared_data, tmp_path, name):
    _no_worse(_compare(shared_data / "retrieval" / name, tmp_path, 1), 0.0)
