"""The retrieval gate on the real stages: it stops what loses answers, and only that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from freshground.service import status
from tests.project import Project, Run, article

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow

DOCUMENTS = 12
BOILERPLATE = "# Notice\n\nThis page has moved. Please sign in to continue.\n"


def question(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "id": f"q{number}",
        "text": f"Which claims does clause 4 of policy {number} cover up to {number * 100 + 4}?",
        "relevant": [f"d{number:03d}.md"],
        **fields,
    }


def questions(count: int = DOCUMENTS) -> list[dict[str, Any]]:
    return [question(number) for number in range(count)]


def gate(run: Run) -> dict[str, Any]:
    found = [c for c in run.of("build").checks if c["check_id"] == "candidate.retrieval"]
    assert len(found) == 1
    return found[0]


def test_answers_overwritten_are_stopped_and_named(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden(questions(), severity="critical")
    quick.fill(DOCUMENTS)
    first = quick.refresh()
    assert first.status == 0, first.messages
    assert "first release" in gate(first)["detail"]
    before = quick.content()
    for number in (2, 5):
        quick.write(f"d{number:03d}.md", BOILERPLATE)
    run = quick.refresh()
    found = gate(run)
    assert run.status == 5
    assert set(found["sample"]) >= {"q2", "q5"}
    assert set(found["sample"][:2]) == {"q2", "q5"}, "the greatest losses stand first"
    assert not found["passed"]
    assert found["value"] < found["threshold"] == -0.02
    keys = {d.doc_id: d.row["key"] for d in run.context.ledger.current(
        "docs", run.context.silver_id("docs"))}  # fmt: skip
    assert {keys[doc_id] for doc_id in found["blamed"]} == {"d002.md", "d005.md"}
    assert "d002.md (1, held the answer)" in found["detail"]
    assert "candidate.retrieval" in run.messages
    assert quick.content() == before


def test_a_document_that_pushes_the_answer_out_is_blamed(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden(questions(), severity="critical", margin=0.001)
    quick.fill(DOCUMENTS)
    quick.refresh()
    text = question(7)["text"]
    quick.write("spam.md", f"# {text}\n\n{text} {text}\n")
    run = quick.refresh()
    assert run.status == 5, gate(run)
    assert "q7" in gate(run)["sample"]
    assert "spam.md" in gate(run)["detail"]
    assert "spam.md (1, held" not in gate(run)["detail"]


def test_an_honest_edit_passes_and_the_release_keeps_the_verdict(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden(questions(), severity="critical")
    quick.fill(DOCUMENTS)
    quick.refresh()
    quick.write("d003.md", article(3) + "\nA last remark on policy 3.\n")
    quick.write("new.md", article(77))
    run = quick.refresh()
    assert run.status == 0, run.messages
    rows = status.releases(run.context, run.context.settings.index("docs"))
    kept = [g for g in rows[0]["gates"] if g["check_id"] == "candidate.retrieval"]
    assert rows[0]["verdict"] == "passed"
    assert len(kept) == 1
    assert kept[0]["passed"]
    assert kept[0]["rows"] == DOCUMENTS
    assert kept[0]["threshold"] == -0.02
    assert kept[0]["detail"].startswith("nDCG@10")


def test_few_questions_warn_and_publish(quick: Project, ask_golden: Callable[..., None]) -> None:
    ask_golden(questions())
    quick.fill(DOCUMENTS)
    quick.refresh()
    quick.write("d002.md", BOILERPLATE)
    run = quick.refresh()
    assert run.status == 0
    assert run.of("build").release is not None
    assert run.of("build").release["verdict"] == "warning"
    assert gate(run)["severity"] == "warning"
    assert "q2" in gate(run)["sample"]


def test_answers_deleted_at_the_source_are_stale_and_no_loss(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden([*questions(), question(99)], severity="critical")
    quick.fill(DOCUMENTS)
    quick.refresh()
    quick.delete("d004.md")
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert gate(run)["rows"] == DOCUMENTS - 1
    assert "stale, since their documents were deleted at the source: q4" in gate(run)["detail"]
    assert "no source ever listed: q99" in gate(run)["detail"]
    quick.delete(*(f"d{n:03d}.md" for n in range(DOCUMENTS) if n != 4))
    quick.write("other.md", article(50))
    run = quick.refresh("docs")
    assert gate(run)["passed"] is False, "a gate with nothing to look at does not pass silently"
    assert "None of the 13 golden questions can be judged" in gate(run)["detail"]


def test_a_question_follows_its_document_when_that_is_renamed(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden(questions(), severity="critical")
    quick.fill(DOCUMENTS)
    quick.refresh()
    quick.rename("d001.md", "archive/one.md")
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert gate(run)["rows"] == DOCUMENTS
    assert gate(run)["failing"] == 0, gate(run)


def test_spans_are_judged_by_passage(quick: Project, ask_golden: Callable[..., None]) -> None:
    asked = [
        {
            "id": f"q{n}",
            "text": f"Which claims does clause 4 of policy {n} cover?",
            "spans": [{"document": f"d{n:03d}.md", "text": f"Clause 4 of policy {n} covers"}],
        }
        for n in range(DOCUMENTS)
    ]
    ask_golden(asked, severity="critical")
    quick.fill(DOCUMENTS)
    quick.refresh()
    edited = quick.read("d006.md").replace("Clause 4 of policy 6 covers", "It covers")
    quick.write("d006.md", edited)
    run = quick.refresh()
    assert run.status == 5
    assert gate(run)["sample"] == ("q6",)


def test_questions_are_asked_as_their_groups(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    asked = [question(n, id=f"{g}{n}", groups=[g]) for n in range(4) for g in ("hr", "guests")]
    ask_golden(asked)
    quick.source(access={"groups": ["hr", "staff"]})
    quick.fill(4)
    all_seen = 2 * float(first_mean(quick.refresh()))
    assert 0.8 < all_seen <= 1, "half of the questions may see nothing"


def first_mean(run: Run) -> str:
    return gate(run)["detail"].split("nDCG@10 ")[1].split()[0]


def test_a_new_model_is_compared_with_what_the_live_release_answered(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    ask_golden(questions(), severity="critical")
    quick.fill(DOCUMENTS)
    quick.refresh()
    quick.changes["encoder"] = {"model": "hashing-128"}
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert gate(run)["rows"] == DOCUMENTS
    assert "live" in gate(run)["detail"]
    ask_golden(questions(5), severity="critical")
    quick.changes["encoder"] = {"model": "hashing-32"}
    run = quick.refresh()
    assert run.status == 5
    assert "another embedding space" in gate(run)["detail"]


def test_a_wrong_file_of_questions_is_said_before_anything_is_embedded(
    quick: Project, ask_golden: Callable[..., None]
) -> None:
    quick.fill(2)
    ask_golden([{"text": "Which?"}])
    run = quick.refresh()
    assert run.status == 1
    assert "questions.jsonl:1" in run.messages
    assert quick.encoder.texts_encoded == []
    assert quick.served_keys() == set()
