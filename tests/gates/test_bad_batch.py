"""A bad batch: 200 of 690 documents are overwritten with the same boilerplate overnight.

The guard of mass edits lets so many pass (it stops half of a source), and is off here all the same:
the gates are what is tested.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from freshground.service.asking.query import searcher
from tests.conftest import DATA_VARIABLE
from tests.gates.gate_pages import BOILERPLATE, page
from tests.project import Project, Run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

DOCUMENTS = 690
BATCH = 200
QUESTIONS = 120
ENCODER = "hashing-256"
SAME = BOILERPLATE.format(n="")


@dataclass
class Corpus:
    documents: dict[str, str]
    questions: list[dict[str, Any]]


@pytest.fixture
def corpus(request: pytest.FixtureRequest) -> Corpus:
    """Real documents where there are any; a run of both proves no more."""
    if os.environ.get(DATA_VARIABLE):
        return real(request.getfixturevalue("shared_data") / "retrieval")
    return generated()


def generated() -> Corpus:
    documents = {f"pages/{n:04d}.md": page(n) for n in range(DOCUMENTS)}
    questions = [
        {"id": key, "text": " ".join(text.split()[4:14]), "relevant": [key]}
        for key, text in list(documents.items())[:QUESTIONS]
    ]
    return Corpus(documents, questions)


def real(folder: Path) -> Corpus:
    """The paragraphs of xquad, with their questions, among pieces of long medical articles."""
    documents = {f"xquad/{row['_id']}.txt": row["text"] for row in rows(folder / "xquad_en/corpus")}
    pieces = [
        (f"covid/{row['_id']}-{n}.txt", row["text"][1200 * n : 1200 * (n + 1)])
        for n in range(6)
        for row in rows(folder / "covid_qa/corpus")
        if len(row["text"]) >= 1200 * (n + 1)
    ]
    documents |= dict(pieces[: DOCUMENTS - len(documents)])
    answers = {row["query-id"]: row["corpus-id"] for row in rows(folder / "xquad_en/answer_spans")}
    questions = [
        {"id": row["_id"], "text": row["text"], "relevant": [f"xquad/{answers[row['_id']]}.txt"]}
        for row in list(rows(folder / "xquad_en/queries"))[::4][:QUESTIONS]
    ]
    return Corpus(documents, questions)


def rows(place: Path) -> list[dict[str, Any]]:
    lines = place.with_suffix(".jsonl").read_text().split("\n")
    return [json.loads(line) for line in lines if line]


def gates(project: Project, **given: Any) -> None:
    project.index(gates={"drift": {"severity": "off"}, **given})


def answers(project: Project, corpus: Corpus) -> list[list[str]]:
    context = project.context()
    index = context.settings.index("docs")
    opened = searcher(context, index)
    return [[h.chunk_id for h in opened.ranked(q["text"], 5)] for q in corpus.questions[::10]]


def failed(run: Run) -> dict[str, dict[str, Any]]:
    return {c["check_id"]: c for c in run.of("build").checks if not c["passed"]}


def keys_of(run: Run, doc_ids: list[str]) -> set[str]:
    known = run.context.ledger.objects("docs")
    return {known[doc_id]["key"] for doc_id in doc_ids}


def test_a_bad_batch_is_stopped_and_an_honest_one_is_not(corpus: Corpus, tmp_path: Path) -> None:
    assert len(corpus.documents) == DOCUMENTS
    project = Project(tmp_path, engine="memory", changes={"encoder": {"model": ENCODER}})
    for key, text in corpus.documents.items():
        project.write(key, text)
    # What a single text may be taken for is no matter of gates.
    project.source(guards={"edit": {"share": 1.0}}, admission={"injection": "allow"})
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, corpus.questions)))
    retrieval = {"questions": "questions.jsonl"}
    gates(project, retrieval=retrieval)
    assert project.refresh().status == 0
    before, live = answers(project, corpus), project.release_hash()
    batch = list(corpus.documents)[1::3][:BATCH]
    for key in batch:
        project.write(key, SAME)

    stopped = project.refresh()
    found = failed(stopped)
    assert stopped.status == 5
    assert found.keys() == {"candidate.retrieval"}
    gate = found["candidate.retrieval"]
    hit = {q["id"] for q in corpus.questions if q["relevant"][0] in batch}
    assert len(set(gate["sample"]) & hit) >= 0.9 * len(hit), "questions whose answers are gone"
    assert gate["value"] < -0.1
    blamed = keys_of(stopped, gate["blamed"])
    assert blamed <= set(batch)
    assert {q["relevant"][0] for q in corpus.questions if q["id"] in gate["sample"]} & set(
        batch
    ) <= blamed
    assert "caused by changes of" in stopped.messages
    assert answers(project, corpus) == before
    assert project.release_hash() == live

    gates(project, drift={"severity": "critical"})
    stopped = project.refresh()
    found = failed(stopped)
    assert stopped.status == 5
    assert {"candidate.drift.embedding", "candidate.drift.repetition"} <= found.keys()
    for name in ("candidate.drift.embedding", "candidate.drift.repetition"):
        assert keys_of(stopped, found[name]["blamed"]) == set(batch), name
    assert answers(project, corpus) == before
    assert project.release_hash() == live

    for key in batch:
        project.write(key, corpus.documents[key] + "\nReviewed in November by the editors.\n")
    gates(project, drift={"severity": "critical"}, retrieval=retrieval)
    honest = project.refresh()
    assert honest.status == 0, failed(honest)
    assert honest.of("build").counts["changed"] == BATCH
    assert project.release_hash() != live
