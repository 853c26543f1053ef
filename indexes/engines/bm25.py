"""BM25 over texts held in memory: what full-text engines are judged by."""

from __future__ import annotations

import math
import re
import threading
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass
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


SEGMENTED = frozenset({"chinese", "japanese", "korean", "multilingual", "thai"})
"""Languages whose texts hold scripts without spaces: runs of those are cut to pairs."""
SIMPLE = "simple"
"""The analyzer without a language: words, lower-cased and folded, none left out."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u1100-\u11ff\u3005\u3040-\u30ff\u3130-\u318f\u31f0-\u31ff\ua960-\ua97f\uac00-\ud7ff"
    "\uff66-\uffdc\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+"
)


@lru_cache(maxsize=1)
def _word() -> re.Pattern[str]:
    # Marks that take space (Mc) stand within words of Indic scripts, though they are no letters.
    marks = "".join(chr(code) for code in range(0x20000) if unicodedata.category(chr(code)) == "Mc")
    return re.compile(rf"(?:[^\W_]|[{re.escape(marks)}])+")


def runs(text: str) -> list[str]:
    """Return the runs of letters and digits of a text, as written."""
    return _word().findall(text)


def word(run: str) -> str | None:
    """Return a run in lower case; None when it is longer than a word can be."""
    if len(run) * 4 >= MAX_WORD_BYTES and len(run.encode("utf-8", "replace")) >= MAX_WORD_BYTES:
        return None
    return run.lower()


def words(text: str) -> Iterator[str]:
    """Yield runs of letters and digits, lower-cased, of less than `MAX_WORD_BYTES` bytes."""
    return (text[start:end].lower() for start, end in word_spans(text))


def word_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the words of a text start and end."""
    return (run.span() for run in _word().finditer(text) if word(run.group()) is not None)


def pairs(run: str) -> list[str]:
    """Return the words of a run: stretches without spaces as pairs that overlap, as Lucene has it.

    A stretch of one character is a word by itself.
    """
    found: list[str] = []
    at = 0
    for stretch in _UNSPACED.finditer(run):
        start, end = stretch.span()
        if at < start and (plain := word(run[at:start])) is not None:
            found.append(plain)
        letters = run[start:end].lower()
        found += [letters[n : n + 2] for n in range(len(letters) - 1)] or [letters]
        at = end
    if at < len(run) and (plain := word(run[at:])) is not None:
        found.append(plain)
    return found


def fold(word: str) -> str:
    """Return a word without accents and ligatures."""
    if word.isascii():
        return word
    plain = unicodedata.normalize("NFKD", word.translate(_FOLDS))
    return "".join(c for c in plain if not unicodedata.combining(c))


@dataclass(frozen=True, slots=True)
class Analyzer:
    """How a text is cut. `words` of a run of letters as written; `term` of a word, "" for none."""

    words: Callable[[str], list[str]]
    term: Callable[[str], str]

    def cut(self, text: str) -> list[str]:
        """Return the words of a text, lower-cased."""
        return [word for run in runs(text) for word in self.words(run)]

    def terms(self, text: str) -> list[str]:
        """Return the terms of a text, in its order, stop words left out."""
        return [term for word in self.cut(text) if (term := self.term(word))]


def _one(run: str) -> list[str]:
    found = word(run)
    return [] if found is None else [found]


@lru_cache(maxsize=64)
def analyzer(language: str) -> Analyzer:
    """Return the analyzer of a language, or `SIMPLE`.

    Words are stemmed, English stop words left out, folded to plain letters. Stop words are
    matched after stemming, as Lance does. ConfigError for a language without a Snowball stemmer
    that is not one of `SEGMENTED`.
    """
    name = language.lower()
    if name == SIMPLE:
        return Analyzer(_one, fold)
    if name in SEGMENTED:
        return Analyzer(pairs, fold)
    if name not in Stemmer.algorithms():
        raise ConfigError(
            f"There is no stemmer for the language {language!r}.",
            f"Languages: {', '.join(sorted({*Stemmer.algorithms(), *SEGMENTED}))}.",
        )
    stop = ENGLISH_STOP_WORDS if name == "english" else frozenset[str]()
    # A stemmer is for one thread at a time.
    stemmers = threading.local()

    def term(word: str) -> str:
        stemmer = getattr(stemmers, "own", None)
        if stemmer is None:
            stemmer = stemmers.own = Stemmer.Stemmer(name)
        stem = stemmer.stemWord(word)
        return "" if stem in stop else fold(stem)

    return Analyzer(_one, term)


def tokenizer(language: str) -> Callable[[str], list[str]]:
    """Return text -> terms. See `analyzer`."""
    return analyzer(language).terms


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
