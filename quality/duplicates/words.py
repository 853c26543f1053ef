"""The words of a text as duplicates are compared: runs of three, and those that say facts.

Two plans of one policy differ in a few numbers and names, and nowhere else: so similarity alone
says nothing. A fact is a number, date, amount or part number, a name, or a word that negates.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import compress

import numpy as np

from freshground.core.ids import digest

RUN = 3
"""Words of a shingle."""

_MIXED = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

_SCRIPTS = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
"""Scripts without spaces: they are cut into characters."""

_MARKED = frozenset("\n.!?:;|>*#\"'”»)]•–-")
"""Before a word, these say that a sentence begins."""

# Signs that change what a number means are words, or part of the number.
_WORD = re.compile(
    rf"(?:(?<![^\s(\[|])[-\u2212+](?=\d))?[^\W_{_SCRIPTS}]+(?:[.,:/'\u2019@&_+-][^\W_{_SCRIPTS}]+)*"
    rf"|[%\u2030$€£¥°≤≥±]|[{_SCRIPTS}]|[{re.escape(''.join(sorted(_MARKED)))}]"
)
_WORDING, _FACT, _BY_PLACE, _MARK = range(4)

_NEGATIONS = frozenset(
    {
        "not", "no", "never", "none", "nor", "without", "neither", "except", "unless", "cannot",
        "can't", "don't", "doesn't", "won't", "nicht", "nie", "kein", "keine", "keinen", "keiner",
        "keinem", "ohne", "außer", "weder", "pas", "jamais", "sans", "aucun", "aucune", "ni",
        "sauf", "non", "mai", "senza", "nessuno", "nunca", "sin", "ningún", "ninguna", "jamás",
        "salvo", "não", "sem", "nenhum", "niet", "geen", "zonder", "nooit",
    }
)  # fmt: skip
_SIGNS = frozenset("%\u2030$€£¥°≤≥±")


@dataclass(frozen=True, slots=True)
class Words:
    """A text's words in order, case folded, and which of them are facts: `facts` bool, as long."""

    words: tuple[str, ...]
    facts: np.ndarray


def plain(title: str | None, text: str) -> str:
    """Return what of a document is compared: its title, where the text does not hold it, and it."""
    whole = text if not title or title in text else f"{title}\n{text}"
    return unicodedata.normalize("NFC", whole)


def text_hash(whole: str) -> str:
    """Return the hash of a text in which spaces say nothing: equal ones are exact duplicates."""
    return digest("text", " ".join(whole.split()))


def words_of(whole: str) -> Words:
    """Return the words of a text."""
    told = list(map(_kind, _WORD.findall(whole)))
    if not told:
        return Words((), np.empty(0, bool))
    folded, kinds = zip(*told, strict=True)
    kind = np.array(kinds)
    marks = kind == _MARK
    begins = np.insert(marks[:-1], 0, True)
    facts = (kind == _FACT) | ((kind == _BY_PLACE) & ~begins)
    words = ~marks
    return Words(tuple(compress(folded, words)), facts[words])


@lru_cache(maxsize=1 << 16)
def _kind(word: str) -> tuple[str, int]:
    """Return a word case folded, and whether it is a fact: no, yes, or by where it stands."""
    folded = word.casefold()
    if word in _MARKED:
        return folded, _MARK
    if any(map(str.isdigit, word)) or word in _SIGNS or folded in _NEGATIONS:
        return folded, _FACT
    if not word[0].isupper():
        return folded, _WORDING
    # One capital letter names a thing (plan B); a capital that begins a sentence says nothing.
    if len(word) == 1 or (word.isupper() and not word.isalpha()):
        return folded, _FACT
    return folded, _BY_PLACE


def numbers(words: Words) -> np.ndarray:
    """Return how often facts that hold digits fall into each of 64 classes, uint8 (64,).

    A text cannot hold all numbers of another one where any of its counts is lower.
    """
    facts = (words.words[place] for place in np.flatnonzero(words.facts).tolist())
    told = [_checked(word) % 64 for word in facts if any(map(str.isdigit, word))]
    return np.minimum(np.bincount(told, minlength=64), 255).astype(np.uint8)


def runs(words: Words) -> np.ndarray:
    """Return the hash of each run of `RUN` words in order, uint32; nothing for shorter texts."""
    count = len(words.words) - RUN + 1
    if count < 1:
        return np.empty(0, np.uint32)
    single = np.fromiter(map(_checked, words.words), np.uint64, len(words.words))
    mixed = np.zeros(count, np.uint64)
    for place in range(RUN):
        mixed = (mixed ^ single[place : place + count]) * _MIXED
        mixed ^= mixed >> _SHIFT
    return (mixed >> np.uint64(32)).astype(np.uint32)


@lru_cache(maxsize=1 << 16)
def _checked(word: str) -> int:
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))
