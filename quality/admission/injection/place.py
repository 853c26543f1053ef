"""Whether a sentence fits the document around it: a request about something else does not."""

from __future__ import annotations

import re
from typing import NamedTuple

from quality.admission.injection import words

_WORD = re.compile(r"[^\W\d_]{3,}")
_CONTEXT = re.compile(
    r"\b(?:our|ours|us|we|this|these|those|here|below|above|your|yours|you|it|its|they|them|account|"
    r"unser\w*|uns|wir|hier|diese\w*|notre|nos|nous|ici|nuestr\w*|aqu\u00ed)\b"
)
QUESTION = (
    r"(?:what|what's|who|who's|whom|whose|when|where|why|how|which|in what|can you|could you|"
    r"wer|was|wann|wo|warum|wie|welche\w*|qui|quel\w*|quand|o\u00f9|pourquoi|comment|qu\u00e9|qui\u00e9n|cu\u00e1\w*|"
    r"d\u00f3nde|c\u00f3mo|chi|che|quando|dove|perch\u00e9|come)\b"
)
_QUESTION = re.compile(f"^{QUESTION}")
_ADDRESS = re.compile(r"https?://\S+|\bwww\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
STEM = 6
WHOLE = 4
"""Words up to so long count where they stand whole."""


class Fit(NamedTuple):
    """Words of matter in a sentence, and how many of them the rest of the document has."""

    words: int
    shared: int


BARE, GROUND = 4, 12
"""Words of matter around a sentence: up to BARE nothing can be out of place, from GROUND on it can.
"""


def matter(text: str) -> set[str]:
    """Return the words of a text in small letters that say what it is about, no addresses."""
    return {
        word
        for word in _WORD.findall(_ADDRESS.sub(" ", text))
        if word not in words.EMPTY and word not in words.TELLING and word not in words.POLITE
    }


def ground(text: str) -> float:
    """Return how well a text tells what does not fit it, 0 to 1: a line or two do not.

    A note that consists of an order is about what it orders, and a greeting is about nothing.
    """
    return min(1.0, max(0.0, (len(matter(text)) - BARE) / (GROUND - BARE)))


def fit(sentence: str, start: int, end: int, text: str) -> Fit:
    """Return how a sentence fits a document's text; both are in small letters."""
    own = matter(sentence)
    shared = sum(_elsewhere(word, start, end, text) for word in own)
    return Fit(len(own), shared)


def _elsewhere(word: str, start: int, end: int, text: str) -> bool:
    stem = word[:STEM] if len(word) > STEM else word.rstrip("s")
    at = text.find(stem)
    while at >= 0:
        outside = not start <= at < end
        whole = len(word) > WHOLE or not text[at + len(stem) : at + len(stem) + 1].isalpha()
        if outside and whole and (len(stem) >= STEM or not text[at - 1 : at].isalnum()):
            return True
        at = text.find(stem, end if start <= at < end else at + 1)
    return False


def has_context(sentence: str) -> bool:
    """Whether a sentence leans on who wrote it or what stands around it: "our", "this", "your"."""
    return bool(_CONTEXT.search(sentence))


def is_question(sentence: str) -> bool:
    """Whether a sentence, in small letters, is a question in form."""
    return sentence.rstrip("\"'\u201d\u2019)] ").endswith(("?", "\uff1f")) and bool(
        _QUESTION.match(sentence)
    )
