from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chunking import boundaries

SPLITTERS = {
    "sentences": boundaries.sentences,
    "lines": boundaries.lines,
    "words": lambda text, start, end: boundaries.words(text, start, end, 5),
    "characters": lambda text, start, end: boundaries.characters(text, start, end, 3),
}


def parts(text: str) -> list[str]:
    return [text[a:b] for a, b in boundaries.sentences(text, 0, len(text))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"]),
        ('He said "stop." Then left.', ['He said "stop."', "Then left."]),
        ("See Fig. 3 and Dr. Smith et al. 2019.", ["See Fig. 3 and Dr. Smith et al. 2019."]),
        ("J. K. Rowling wrote it. It sold.", ["J. K. Rowling wrote it.", "It sold."]),
        ("It costs 3.5 EUR, e.g. a pen. Cheap.", ["It costs 3.5 EUR, e.g. a pen.", "Cheap."]),
        ("Wait... for it. Now.", ["Wait... for it.", "Now."]),
        ("これは文です。次の文です。終わり", ["これは文です。", "次の文です。", "終わり"]),
        ("यह पहला है। यह दूसरा है।", ["यह पहला है।", "यह दूसरा है।"]),
        ("No stop\n\nNext paragraph", ["No stop", "Next paragraph"]),
        ("One line\nwrapped. Two", ["One line\nwrapped.", "Two"]),
        ("", []),
        (" \n ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize("name", SPLITTERS)
@given(
    text=st.text(st.sampled_from("ab. \n?é\u0301\u200d👩。\t"), max_size=60), cut=st.integers(0, 60)
)
def test_spans_hold_everything_visible_once_and_in_order(name: str, text: str, cut: int) -> None:
    start, end = min(cut, len(text)), len(text)
    spans = SPLITTERS[name](text, start, end)
    at = start
    for a, b in spans:
        assert at <= a < b <= end
        assert not text[at:a].strip()
        assert text[a:b] == text[a:b].strip()
        at = b
    assert not text[at:end].strip()


def test_characters_are_not_parted_from_their_marks() -> None:
    text = "ae\u0301" * 10
    for start, end in boundaries.characters(text, 0, len(text), 2):
        assert not text[start:end].startswith("\u0301")


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("." * 300_000 + "x", 1),
        ('.")' * 100_000 + "x", 1),
        ("\n " * 150_000, 0),
        ("Abcd. " * 1000, 1000),
    ],
)
def test_long_runs_end(text: str, count: int) -> None:
    # A rule that looked at the rest of a run from each of its places would take hours here.
    assert len(boundaries.sentences(text, 0, len(text))) == count
