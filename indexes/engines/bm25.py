"""BM25 over texts held in memory: what full-text engines are judged by."""

from __future__ import annotations

import math
import unicodedata
from collections import Counter, defaultdict
from functools import lru_cache
from typing import TYPE_CHECKING

import Stemmer

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

K1 = 1.2
B = 0.75
MAX_WORD_BYTES = 40
"""A longer run of letters is no word: encoded data, mostly."""

ENGLISH_STOP_WORDS = frozenset(
    """
    a about above after again against ain all am an and any are aren as at be because been before
    being below between both but by can couldn d did didn do does doesn doing don down during each
    few for from further had hadn has hasn have haven having he her here hers herself him himself
    his how i if in into is isn it its itself just ll m ma me mightn more most mustn my myself needn
    no nor not now o of off on once only or other our ours ourselves out over own re s same shan she
    should shouldn so some such t than that the their theirs them themselves then there these they
    this those through to too under until up ve very was wasn we were weren what when where which
    while who whom why will with won wouldn y you your yours yourself yourselves
    """.split()  # noqa: SIM905 - a list of 150 literals reads worse
)
_FOLDS = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "ı": "i"}
)


def words(text: str) -> Iterator[str]:
    """Yield runs of letters and digits, lower-cased, of at most `MAX_WORD_BYTES` bytes."""
    return (text[start:end].lower() for start, end in word_spans(text))


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text start and end."""
    start: int | None = None
    for at, character in enumerate(text + " "):
        inside = character.isalnum() or unicodedata.category(character) == "Mc"
        if inside and start is None:
            start = at
        elif not inside and start is not None:
            if len(text[start:at].encode("utf-8", "replace")) < MAX_WORD_BYTES:
                yield start, at
            start = None


def fold(word: str) -> str:
    """Return a word without accents and ligatures."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word.translate(_FOLDS))
    return "".join(c for c in plain if not unicodedata.combining(c))


@lru_cache(maxsize=8)
def tokenizer(language: str) -> Callable[[str], list[str]]:
    """Return text -> terms: words, stemmed, English stop words out, folded to plain letters.

    Stop words are matched after stemming, as Lance does. ConfigError for a language without a
    Snowball stemmer.
    """
    name = language.lower()
    if name not in Stemmer.algorithms():
        raise ConfigError(
            f"There is no stemmer for the language {language!r}.",
            f"Languages: {', '.join(sorted(Stemmer.algorithms()))}.",
        )
    stemmer = Stemmer.Stemmer(name)
    stop = ENGLISH_STOP_WORDS if name == "english" else frozenset()

    def terms(text: str) -> list[str]:
        stems = (stemmer.stemWord(word) for word in words(text))
        return [folded for stem in stems if stem not in stop and (folded := fold(stem))]

    return terms


class Bm25:
    """An inverted index over texts, by their position in the sequence given."""

    def __init__(self, texts: Sequence[str], language: str) -> None:
        self._terms = tokenizer(language)
        self._postings: defaultdict[str, dict[int, int]] = defaultdict(dict)
        self._lengths: list[int] = []
        for position, text in enumerate(texts):
            terms = self._terms(text)
            self._lengths.append(len(terms))
            for term, count in Counter(terms).items():
                self._postings[term][position] = count
        self._mean = sum(self._lengths) / len(self._lengths) if self._lengths else 0.0

    def scores(self, query: str) -> dict[int, float]:
        """Return position -> score of every text that holds a term of the query."""
        found: defaultdict[int, float] = defaultdict(float)
        total = len(self._lengths)
        for term in self._terms(query):
            postings = self._postings.get(term)
            if postings is None:
                continue
            idf = math.log(1 + (total - len(postings) + 0.5) / (len(postings) + 0.5))
            for position, count in postings.items():
                norm = K1 * (1 - B + B * self._lengths[position] / self._mean)
                found[position] += idf * count * (K1 + 1) / (count + norm)
        return dict(found)
