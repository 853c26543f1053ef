"""A document's text beside its chunks: every character once, however cuts and elements lie."""

from __future__ import annotations

import time

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from freshground.lake.schemas import ELEMENT
from freshground.service.views.documents.text import CHARS, CHUNKS, passages


def _elements(*spans: tuple[int, int]) -> pa.Array:
    rows = [
        {"kind": "text", "start": a, "end": b, "page": 1, "level": None, "headings": []}
        for a, b in spans
    ]
    return pa.array(rows, ELEMENT)


def _chunk(number: int, start: int, end: int) -> dict:
    span = {"start": start, "end": end, "page_first": 1, "page_last": 1}
    return {"chunk_id": f"c{number}", "ordinal": number, "headings": [], "tokens": 1, **span}


def _words(block: dict) -> str:
    return "".join(piece["text"] for piece in block["pieces"])


@settings(max_examples=50)
@given(
    cuts=st.lists(st.tuples(st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=8),
    borders=st.sets(st.integers(1, 99), max_size=8),
)
def test_every_character_stands_in_its_place(cuts, borders) -> None:
    text = "".join(chr(0x4E00 + n) for n in range(100))
    chunks = [_chunk(n, a, min(100, a + b)) for n, (a, b) in enumerate(sorted(cuts))]
    marks = [0, *sorted(borders), 100]
    found = passages(text, _elements(*zip(marks[:-1:2], marks[1::2], strict=False)), chunks)
    blocks = found["blocks"]
    for block in blocks:
        assert _words(block) == text[block["start"] : block["end"]]
    covered = {n for block in blocks for n in range(block["start"], block["end"])}
    assert covered == set(range(100)), "what lies in no chunk is shown as well"
    end = 0
    for block in blocks:
        shared = sum(len(piece["text"]) for piece in block["pieces"] if piece["shared"])
        assert shared == max(0, min(end, block["end"]) - block["start"]), "what overlaps is marked"
        end = max(end, block["end"])


def test_a_chunk_is_found_on_its_page_and_what_is_denied_has_no_words() -> None:
    text = "abcd" * 100
    chunks = [_chunk(n, n * 4, n * 4 + 4) for n in range(100)]
    found = passages(text, _elements((0, 400)), chunks, chunk="c47", denied={"c48"})
    assert (found["page"], found["pages"]) == (47 // CHUNKS + 1, 5)
    by_id = {block["chunk_id"]: block for block in found["blocks"]}
    assert _words(by_id["c47"]) == "abcd"
    assert by_id["c48"]["pieces"] == []


def test_ten_megabytes_in_one_line_are_a_small_page_and_a_quick_one() -> None:
    text = "word " * 2_000_000
    chunks = [_chunk(n, n * 2000, n * 2000 + 2000) for n in range(5000)]
    started = time.process_time()
    found = passages(text, _elements((0, len(text))), chunks, page=200)
    assert sum(len(_words(block)) for block in found["blocks"]) == CHUNKS * 2000
    whole = passages(text, _elements((0, len(text))), [_chunk(0, 0, len(text))])
    assert (len(_words(whole["blocks"][0])), whole["blocks"][0]["pieces"][-1]["cut"]) == (
        CHARS,
        len(text) - CHARS,
    )
    uncut = passages(text, _elements((0, len(text))), [], page=3)
    assert len(_words(uncut["blocks"][0])) == CHARS
    assert time.process_time() - started < 1
