"""What makes two texts the same: most of their words, and all of their facts."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.duplicates.candidates import CROWD, candidates
from quality.duplicates.choosing import Standing, choose
from quality.duplicates.compare import Alike, compare
from quality.duplicates.signatures import read, sign
from quality.duplicates.words import plain, words_of

TEXT = (
    "The deductible of plan B is 500 euros a year. Claims go to Anna Berg in Kiel until "
    "2024-05-01, and are paid in 30 days. Part A-12/b is not covered. "
    "The pump takes 5 mW, at -3 °C it stops."
)


def alike(one: str, other: str) -> Alike:
    return compare(words_of(one), words_of(other))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("500", "750"), ("plan B", "plan C"), ("Berg", "Borg"), ("2024-05-01", "2025-05-01"),
        ("A-12/b", "A-12/c"), ("is not covered", "is now covered"), ("-3", "3"), ("°C", "°F"),
        ("500 euros", "500 %"), ("30", "3.0"), ("Kiel", "Lyon"), ("in 30 days", "soon"),
    ],
)  # fmt: skip
def test_other_facts_make_another_document(before: str, after: str) -> None:
    assert before in TEXT
    found = alike(TEXT, TEXT.replace(before, after))
    assert not found.same_facts
    assert alike(TEXT, TEXT).same_facts


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("is paid", "gets paid"), (". ", ".\n\n"), (" ", "  "), ("stops", "halts"),
        ("Claims go", "claims go"), ("The pump", "This pump"), ("a year", "yearly"),
    ],
)  # fmt: skip
def test_other_words_and_spaces_do_not(before: str, after: str) -> None:
    assert alike(TEXT, TEXT.replace(before, after)).same_facts


def test_exchanged_numbers_differ() -> None:
    one = "Gold pays 500 euros and silver pays 750 euros to whoever asks for it at the desk."
    other = one.replace("500", "x").replace("750", "500").replace("x", "750")
    assert not alike(one, other).same_facts


WORDS = st.lists(st.sampled_from("a b c d e 1 2 Ann Bob not % 日本".split()), max_size=30).map(
    " ".join
)


@given(WORDS, WORDS)
@settings(max_examples=200)
def test_it_does_not_matter_which_comes_first(one: str, other: str) -> None:
    there, back = alike(one, other), alike(other, one)
    assert there.similarity == back.similarity
    assert (there.only_one, there.only_other) == (back.only_other, back.only_one)
    assert alike(one, one) == Alike(1.0, 0, 0)
    if sorted(w for w in one.split() if w.isdigit()) != sorted(
        w for w in other.split() if w.isdigit()
    ):
        # Runs need three words: shorter texts are compared by what signatures hold alone.
        assert not there.same_facts or min(len(one.split()), len(other.split())) < 3


def test_a_title_counts_where_the_text_does_not_hold_it() -> None:
    one = sign("Plan 2024", "What is paid and when.")
    assert sign("Plan 2025", "What is paid and when.").text_hash != one.text_hash
    assert sign(None, "Plan 2024\nWhat  is paid\nand when.").text_hash == one.text_hash
    assert plain("paid", "What is paid") == "What is paid"


def texts(count: int) -> list[str]:
    draw = random.Random(3)
    words = [f"w{''.join(draw.choices('abcdefgh', k=4))}" for _ in range(400)]
    return [" ".join(draw.choices(words, k=200)) for _ in range(count)]


def test_candidates_hold_what_is_alike_and_little_else() -> None:
    originals = texts(150)
    copies = [text.replace(text.split()[40], "other") for text in originals[:30]]
    hashed, numbers = read([sign(None, text).signature for text in originals + copies])
    found = candidates(hashed, numbers, 0.9)
    pairs = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
    assert pairs == {(n, 150 + n) for n in range(30)}


def test_a_crowd_of_one_form_makes_few_pairs() -> None:
    [form] = texts(1)
    filled = [f"{form} number {n} of {n % 7}" for n in range(600)]
    twins = [f"{form} then number 600 of 5", f"{form} thus number 600 of 5"]
    hashed, numbers = read([sign(None, text).signature for text in filled + twins])
    found = candidates(hashed, numbers, 0.9)
    pairs = set(zip(found.one.tolist(), found.other.tolist(), strict=True))
    assert (600, 601) in pairs
    assert len(pairs) < 602 * CROWD


GROUPS = st.sets(st.sampled_from(["x", "y", "z", "*"]), max_size=2).map(lambda g: tuple(sorted(g)))


@given(st.lists(st.tuples(st.integers(0, 3), GROUPS, st.booleans()), max_size=12), st.data())
@settings(max_examples=150)
def test_no_reader_is_left_without(rows: list, data: st.DataObject) -> None:
    documents = [
        Standing(f"d{n}", f"t{text}", groups, (n,), may_go)
        for n, (text, groups, may_go) in enumerate(rows)
    ]
    names = [f"t{n}" for n in range(4)]
    edges = data.draw(st.sets(st.sampled_from([(a, b) for a in names for b in names if a < b])))
    near = {name: [b for a, b in edges if a == name] + [a for a, b in edges if b == name]
            for name in names}  # fmt: skip
    gone = choose(documents, near, lambda a, b: (min(a, b), max(a, b)) in edges)
    kept = [d for d in documents if d.doc_id not in gone]
    by_id = {d.doc_id: d for d in documents}
    for name, twin in gone.items():
        document = by_id[name]
        assert document.may_go
        assert twin not in gone
        assert by_id[twin].text_hash in near[document.text_hash or ""]
        for group in document.groups:
            assert any(
                {group, "*"} & set(other.groups) and other.text_hash in near[document.text_hash]
                for other in kept
            )
    # Of one text no address goes alone for being one of several.
    assert all(by_id[twin].text_hash != by_id[name].text_hash for name, twin in gone.items())
