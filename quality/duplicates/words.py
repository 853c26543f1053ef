"""The words of a text as duplicates are compared: runs of three, and those that say facts.

Two plans of one policy differ in a few numbers and names, and nowhere else: so similarity alone
says nothing. A fact is a number, date, amount or part number, a name, or a word that negates.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from dataclasses import dataclass

import numpy as np

from freshground.core.ids import digest

RUN = 3
"""Words of a shingle."""

_MIXED = np.uint64(0x9E3779B97F4A7C15)
_SHIFT = np.uint64(29)

# Scripts without spaces are cut into characters. Signs that change what a number means are words.
_WORD = re.compile(
    "[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af]"
    r"|(?<![^\s(\[|])[-\u2212+](?=\d)|[^\W_]+(?:[.,:/'\u2019@&_+-][^\W_]+)*|[%\u2030$€£¥°<>≤≥±]"
)
_SENTENCE = re.compile(r"[.!?:;|>*#\"'”»)\]•–-]\s*$|^\s*$|\n\s*$")
_BEFORE = 4
"""Characters in front of a word that say whether it begins a sentence."""

_NEGATIONS = frozenset(
    {
        "not", "no", "never", "none", "nor", "without", "neither", "except", "unless", "cannot",
        "can't", "don't", "doesn't", "won't", "nicht", "nie", "kein", "keine", "keinen", "keiner",
        "keinem", "ohne", "außer", "weder", "pas", "jamais", "sans", "aucun", "aucune", "ni",
        "sauf", "non", "mai", "senza", "nessuno", "nunca", "sin", "ningún", "ninguna", "jamás",
        "salvo", "não", "sem", "nenhum", "niet", "geen", "zonder", "nooit",
    }
)  # fmt: skip
_SIGNS = frozenset("-\u2212+%\u2030$€£¥°<>≤≥±")


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
    found: list[str] = []
    facts: list[bool] = []
    for match in _WORD.finditer(whole):
        word = match[0]
        found.append(word.casefold())
        facts.append(_is_fact(word, whole, match.start()))
    return Words(tuple(found), np.array(facts, bool))


def _is_fact(word: str, whole: str, start: int) -> bool:
    if any(map(str.isdigit, word)) or word in _SIGNS or word.casefold() in _NEGATIONS:
        return True
    if not word[0].isupper():
        return False
    # One capital letter names a thing (plan B); a capital that begins a sentence says nothing.
    if len(word) == 1 or (word.isupper() and not word.isalpha()):
        return True
    return not _SENTENCE.search(whole[max(0, start - _BEFORE) : start])


def numbers(words: Words) -> np.ndarray:
    """Return how often facts that hold digits fall into each of 64 classes, uint8 (64,).

    A text cannot hold all numbers of another one where any of its counts is lower.
    """
    told = [
        zlib.crc32(word.encode()) % 64
        for word, fact in zip(words.words, words.facts.tolist(), strict=True)
        if fact and any(map(str.isdigit, word))
    ]
    return np.minimum(np.bincount(told, minlength=64), 255).astype(np.uint8)


def runs(words: Words) -> np.ndarray:
    """Return the hash of each run of `RUN` words in order, uint32; nothing for shorter texts."""
    count = len(words.words) - RUN + 1
    if count < 1:
        return np.empty(0, np.uint32)
    known: dict[str, int] = {}
    for word in words.words:
        if word not in known:
            known[word] = zlib.crc32(word.encode("utf-8", "surrogatepass"))
    single = np.array([known[word] for word in words.words], np.uint64)
    mixed = np.zeros(count, np.uint64)
    for place in range(RUN):
        mixed = (mixed ^ single[place : place + count]) * _MIXED
        mixed ^= mixed >> _SHIFT
    return (mixed >> np.uint64(32)).astype(np.uint32)
