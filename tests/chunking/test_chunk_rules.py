"""What holds for the chunks of any document."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from chunking_documents import chunker, documents, letters, minilm, uneven, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chunking import tokens
from freshground.core.records import Document, Element

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.core.records import Chunk

SPACED = ["Autowired", "UFFER", "ERSION", "LocalizedString", "IELD", "OLUMN", "ATABASE", "IALOG"]
SPACED += ["PECIAL", "UBLIC", "ENSION", "AINER", "OUNTER", "ATRIX", "AYOUT", "ERTICAL"]
COUNTERS = {f.__name__: f for f in (words, letters, uneven, minilm)}
QUIET = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


def check(
    document: Document,
    chunks: list[Chunk],
    max_tokens: int,
    counter: Callable[[Sequence[str]], list[int]],
    limit: int,
) -> None:
    """Assert spans, order and both bounds."""
    assert [chunk.ordinal for chunk in chunks] == list(range(len(chunks)))
    for chunk in chunks:
        assert document.text[chunk.start : chunk.end] == chunk.text
        assert chunk.text
        assert chunk.text == chunk.text.strip()
        assert chunk.embed_text.endswith(chunk.text)
    assert [chunk.tokens for chunk in chunks] == tokens.count([chunk.text for chunk in chunks])
    assert max((chunk.tokens for chunk in chunks), default=0) <= max_tokens
    assert max(counter([chunk.embed_text for chunk in chunks]), default=0) <= limit


@pytest.mark.parametrize("name", COUNTERS)
@QUIET
@given(document=documents(), max_tokens=st.sampled_from([16, 40, 200]))
def test_spans_bounds_and_full_coverage(name: str, document: Document, max_tokens: int) -> None:
    limit = {"letters": 200, "uneven": 48}.get(name, 64)
    chunks = chunker(max_tokens, counter=COUNTERS[name], limit=limit).split(document)
    check(document, chunks, max_tokens, COUNTERS[name], limit)
    at = 0
    for chunk in chunks:
        assert not document.text[at : chunk.start].strip()
        assert chunk.start >= at
        at = chunk.end
    assert not document.text[at:].strip()


@QUIET
@given(document=documents(), overlap=st.integers(1, 20))
def test_overlap_goes_back_at_most_so_far(document: Document, overlap: int) -> None:
    chunks = chunker(40, overlap).split(document)
    check(document, chunks, 40, words, 60)
    end = 0
    for chunk in chunks:
        assert not document.text[end : chunk.start].strip()
        shared = document.text[chunk.start : end] if chunk.start < end else ""
        # The count of a whole may exceed the sum of its parts by a token or two.
        assert tokens.count([shared])[0] <= overlap + 2
        assert chunk.end > end
        end = chunk.end


@QUIET
@given(document=documents())
def test_the_same_document_gives_the_same_chunks(document: Document) -> None:
    splitter = chunker()
    again = chunker().split(document)
    splitter.split(Document("Something else.", (), None, None, "text/plain"))
    assert splitter.split(document) == again


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("one letter", "a" * 50_000),
        ("base64", "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWY+/" * 700),
        ("full stops", "." * 10_000),
        ("han", "".join(chr(0x4E00 + i * 7919 % 20_000) for i in range(8_000))),
        ("emoji", "👩‍👩‍👧‍👦🏳️‍🌈" * 800),
        ("marks", "a" + "\u0301" * 5_000),
        ("spaces", ("x" + " " * 6_000) * 5),
        ("lines", "\n".join(f"{i} error {i * i}" for i in range(2_000))),
    ],
)
@pytest.mark.parametrize("kind", ["text", "table", "heading"])
def test_hostile_text_stays_within_bounds(name: str, text: str, kind: str) -> None:
    level = 1 if kind == "heading" else None
    document = Document(text, (Element(kind, 0, len(text), None, level),), name, None, "text/plain")
    chunks = chunker(200, counter=minilm, limit=256).split(document)
    check(document, chunks, 200, minilm, 256)
    assert "".join("".join(c.text.split()) for c in chunks) == "".join(text.split())


@pytest.mark.parametrize("text", ["", " \n\t "])
def test_a_document_without_visible_text_has_no_chunks(text: str) -> None:
    assert chunker().split(Document(text, (), "Title", None, "text/plain")) == []


def test_a_whole_that_counts_more_than_its_parts_stays_within_bounds() -> None:
    # Behind a space these names take more tokens than at the start of a text.
    names = SPACED * 8
    sentences = [f"{name}." for name in names]
    text = " ".join(sentences)
    assert tokens.count([text])[0] > 1.2 * sum(tokens.count(sentences))
    document = Document(text, (), None, None, "text/plain")
    check(document, chunker(40).split(document), 40, words, 60)
