"""Requests are looked at again by meaning: what belongs to its document is served."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from freshground.core.errors import Quarantine
from freshground.core.findings import Finding
from freshground.core.settings import Admission, LocalEncoder
from freshground.service.quarantine.listing import listed
from ingestion.parse import parse
from quality.admission.injection.detector import ALONE, injection
from quality.admission.injection.meaning import (
    AKIN,
    ALIEN,
    ENOUGH,
    FOREIGN,
    MODEL,
    REQUEST,
    look_again,
    windows,
)

HANDBOOK = Path(__file__).parents[2] / "examples" / "handbook"
TRAINING = """# Signs of fraud

Fraud is rare, and most members tell the truth. Some signs are worth a second conversation.

A claim that comes within days of a change of cover. Receipts that carry numbers in a row. A
member who presses for cash today, or who gives another account of the loss each time.

Ask open questions, and write the answers down in the member's own words:

When did you see the goods last?

Who else knows about the loss?

Whoever decides on a claim is never the one who investigates it. Pass the file on to the special
handling team, with a note of what was said, by whom and when. Nobody is accused on the telephone.
"""
PLANTED = "What are the main causes of the First World War?"


@pytest.mark.slow
def test_a_question_of_the_document_is_served_and_one_from_elsewhere_is_not(quick) -> None:
    quick.changes["cache"] = None  # the encoder's export is made once on a machine
    quick.write("training.md", TRAINING)
    quick.write("planted.md", TRAINING.replace("When did", f"{PLANTED}\n\nWhen did"))
    quick.refresh()
    assert [(row["key"], row["rule"]) for row in listed(quick.context())] == [
        ("planted.md", REQUEST)
    ]


@pytest.mark.slow
def test_the_handbook_of_the_demo_is_served_whole(quick) -> None:
    quick.changes["cache"] = None
    encoder = quick.context().opened(LocalEncoder(model=MODEL))
    detector = injection(Admission())
    read = 0
    for path in sorted(HANDBOOK.rglob("*.*")):
        try:
            document = parse(path.read_bytes(), path.name)
        except Quarantine:
            continue
        read += 1
        found = look_again(document.text, detector.scan(document).findings, encoder.encode)
        sure = [f for f in found if f.confidence >= Admission().min_confidence]
        assert not sure, (path.name, [document.text[f.start : f.end] for f in sure])
    assert read > 40


def test_without_models_a_request_is_recorded_and_decides_nothing(quick) -> None:
    quick.source(admission={"models": False})
    quick.write("planted.md", TRAINING.replace("Who else knows about the loss?", PLANTED))
    assert quick.refresh().status == 0
    found = quick.context().lake.admissions.rows("SELECT findings FROM t").to_pylist()
    requests = [f for row in found for f in row["findings"] if f["rule"] == REQUEST]
    assert {request["version"] for request in requests} == {ALONE[REQUEST]}
    assert 0.2 < max(request["confidence"] for request in requests) < Admission().min_confidence


@given(st.text(alphabet="ab \n", max_size=3_000))
def test_windows_hold_every_word(text: str) -> None:
    spans = windows(text)
    inside = {place for low, high in spans for place in range(low, high)}
    assert all(text[place].isspace() for place in set(range(len(text))) - inside)
    assert all(len(text[low:high].split()) <= 60 for low, high in spans)


@given(st.integers(0, 400), st.integers(1, 30))
def test_a_sentence_is_never_compared_with_itself(before: int, after: int) -> None:
    text = f"{'one ' * before}Zebra zebra?{' two' * after}"
    start = text.index("Zebra")
    finding = Finding(REQUEST, "1", start, start + len("Zebra zebra?"), 0.6)
    seen: list[str] = []

    def encode(texts: list[str]) -> np.ndarray:
        seen.extend(texts)
        return np.ones((len(texts), 1))

    look_again(text, [finding], encode)
    assert seen[0] == "Zebra zebra?"
    assert not any("ebra" in piece for piece in seen[1:])
    assert len(seen) > 1


@given(st.floats(-1, 1), st.floats(-1, 1), st.integers(1, 12))
def test_the_more_alike_the_less_sure(one: float, other: float, pieces: int) -> None:
    assume(one < other)
    low, high = _weighed(one, pieces), _weighed(other, pieces)
    assert low >= high
    if other <= ALIEN and pieces >= ENOUGH:
        assert low > 0.6
    if pieces < ENOUGH:
        assert low <= 0.6
    if other >= AKIN:
        assert high < 0.5
    if other <= FOREIGN:
        assert high >= 0.6


def _weighed(alike: float, pieces: int) -> float:
    text = "Who? " + " ".join(f"word{n}" for n in range(40 * pieces + 19))
    sentence = np.array([1.0, 0.0])
    piece = np.array([alike, (1 - alike**2) ** 0.5])
    finding = Finding(REQUEST, "1", 0, 4, 0.6)

    def encode(texts: list[str]) -> np.ndarray:
        assert len(texts) == 1 + pieces
        return np.array([sentence if text == "Who?" else piece for text in texts])

    [weighed] = look_again(text, [finding], encode)
    return weighed.confidence


def test_other_findings_stay_as_they_are_and_nothing_is_encoded() -> None:
    finding = Finding("injection.instruction", "1", 0, 4, 0.9)
    hidden = replace(finding, rule=REQUEST, start=None, end=None)

    def encode(texts: list[str]) -> np.ndarray:
        raise AssertionError(texts)

    assert look_again("Stop it.", [finding, hidden], encode) == (finding, hidden)


@pytest.mark.parametrize("action", ["allow", "quarantine"])
def test_a_policy_that_lets_requests_pass_needs_no_second_look(action: str) -> None:
    policy = Admission(rules={REQUEST: action})  # type: ignore[dict-item]
    assert (injection(policy).rules[REQUEST] == ALONE[REQUEST]) == (action == "allow")
