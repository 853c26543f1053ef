"""What can be measured of a text without a model: is it text, is it words, does it repeat itself.

Only running text is looked at: code, tables and their cells are as they are. Words of scripts other
than Latin count as words, unless letters of two scripts stand in one word.
"""

# ruff: noqa: SIM905 - word lists read better

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshground.core.records import Document

SAMPLE = 3_000
"""Characters of running text that are looked at, in three windows of a longer one."""

MIN_TOKENS = 30
MIN_LINE = 15
MAX_LINES = 50_000
"""Characters within which lines are compared."""

LONG = 60
SHORT = 5
MAX_ALONE = 0.25
ENOUGH_LETTERS = 20
TEXT_OF_PROSE = 0.6

_PROSE = frozenset({"title", "heading", "text", "list_item", "caption", "footnote", "notes"})
_PUNCTUATION = (
    "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~\u00ab\u00bb\u2018\u2019\u201a\u201c\u201d\u201e\u2026\u2013"
    "\u2014\u2022\u3001\u3002"
)
_ODD = re.compile(
    r"[bcdfghjklmnpqrstvwxz]{6}|aaaa|cccc|dddd|eeee|ffff|gggg|iiii|"
    "llll|mmmm|nnnn|oooo|pppp|rrrr|ssss|tttt|uuuu|xxxx|zzzz|"
    "bq|cx|dq|fq|fx|gq|gx|hq|hx|jb|jc|jf|jg|jh|jq|jv|jw|jx|jz|kq|kx|kz|lq|mq|pq|px|qb|qc|qd|qf|qg|"
    "qh|qj|qk|ql|qm|qn|qo|qp|qr|qv|qw|qx|qy|qz|sx|tq|vb|vf|vh|vj|vk|vm|vn|vp|vq|vt|vw|vx|vz|wq|wv|"
    "wx|xg|xj|xk|xq|xz|zj|zq|zx"
)
"""What stands in words of hardly any language: runs of consonants, and these pairs."""

_NO_VOWEL = re.compile("[bcdfghjklmnpqrstvwxz]+")
_FLIPS = re.compile("[a-z][A-Z][a-z]+[A-Z]|[a-z][A-Z]{2,}[a-z]|^[A-Z]?[a-z][A-Z][a-z]?$")
_DIGIT_INSIDE = re.compile("^[A-Z]?[a-z]+[0135][a-z]+$")
_SIGN_INSIDE = re.compile(
    r"[^\W\d_][|!~^<>{}\[\]$%*;\\\u00a2\u00a3\u00a5\u00a7\u00a9\u00ae\u00b0\u00ac\u2022\ufffd][^\W\d_]"
)
_SCRIPTS = re.compile("[A-Za-z][\u0370-\u052f]|[\u0370-\u052f][A-Za-z]")
_SIGNS = re.compile(r"[^\w\s\u0300-\uffff]+")
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\ud7ff\uf900-\uffef]")
_LEFT = re.compile(r"://|www\.|@|[\\/]\w+[\\/]|</?\w|[\w\"\'/]>|[(\[{=\]]\w|\w[(=]")
"""Tokens that are no words: addresses, paths, markup, code."""

_ADDRESS = re.compile(r"://|www\.|@|[\\/]\w+[\\/]")
_ALONE = frozenset("a i o y e u à è é ó á ú ò I A O Y E U À É Ó".split())
_PLAIN_SIGNS = frozenset("- – — | • * = + & / ... … § · : > < % # ~ $ € -> => == --".split())


def measure(document: Document) -> dict[str, float | None]:
    """Return text_share, word_validity, repetition, ocr_noise, letters and score of a document.

    Shares are 0 to 1; None where the running text is too short to tell. `score` is 1 for what is
    in order.
    """
    prose = [
        document.text[element.start : element.end]
        for element in document.elements
        if element.kind in _PROSE
    ]
    letters = _letters(document.text)
    sample = _sample("\n".join(prose))
    tokens = sample.split()
    measured: dict[str, float | None] = {
        "text_share": None, "word_validity": None, "repetition": None, "ocr_noise": None,
    }  # fmt: skip
    if len(tokens) >= MIN_TOKENS or len(sample) > LONG * 2:
        seen = _all(tokens)
        measured["text_share"] = _text_share(tokens, seen)
        measured["repetition"] = _repetition(prose, tokens)
        if len(tokens) >= MIN_TOKENS:
            measured["word_validity"], measured["ocr_noise"] = _words(seen, len(tokens))
    return {**measured, "letters": float(letters), "score": _score(measured, letters)}


def score(document: Document) -> float:
    """Return how good a document's text is, 1 for what is in order."""
    return measure(document)["score"] or 0.0


def _letters(text: str) -> int:
    """Return how many letters there are, or that there are enough."""
    count = 0
    for ch in text:
        count += ch.isalnum() or ch > "\u2fff"
        if count >= ENOUGH_LETTERS:
            break
    return count


def _sample(prose: str) -> str:
    if len(prose) <= SAMPLE:
        return prose
    part = SAMPLE // 3
    middle = (len(prose) - part) // 2
    return "\n".join((prose[:part], prose[middle : middle + part], prose[-part:]))


@dataclass(frozen=True, slots=True, eq=False)
class _Token:
    """What a token is, each 0 or 1 but for `signs` and `blob`, in characters; or a sum of such.

    `alone` is a letter by itself that is no word; `blob` is a long string that is none.
    """

    word: int = 0
    valid: int = 0
    noise: int = 0
    alone: int = 0
    signs: int = 0
    blob: int = 0


def _all(tokens: list[str]) -> _Token:
    """Return the sum over the tokens of a sample."""
    counts = Counter(map(_KNOWN.__getitem__, tokens)).items()
    return _Token(
        *(sum(getattr(kind, name) * n for kind, n in counts) for name in _Token.__slots__)
    )


def _text_share(tokens: list[str], seen: _Token) -> float:
    """Return the share of letters and digits, those of long strings without a space aside."""
    size = sum(map(len, tokens))
    return max(0, size - seen.signs - seen.blob) / size if size else 0.0


def _is_blob(token: str) -> bool:
    """Whether a long string is neither an address nor in a script that puts no spaces."""
    return not _ADDRESS.search(token) and 2 * len(_UNSPACED.findall(token)) < len(token)


def _words(seen: _Token, tokens: int) -> tuple[float, float]:
    """Return the share of words that look like words, and the share of damaged ones."""
    # Single letters are normal in formulas and lists; where they are a quarter, words fell apart.
    noise = seen.noise + (seen.alone if seen.alone > MAX_ALONE * seen.word else 0)
    return (seen.valid / seen.word if seen.word else 0.0), min(1.0, noise / tokens)


def _token(token: str) -> _Token:
    blob = len(token) if len(token) > LONG and _is_blob(token) else 0
    if token.isalpha():
        core, signs = token, 0
    else:
        core, signs = token.strip(_PUNCTUATION), _signs(token)
    if core.isalpha() and (core.islower() or core[1:].islower() or core.isupper()):
        if core != token and not blob:
            # Most words stood without their marks before.
            word = _KNOWN[core]
            return _kind(1, word.valid, 0, word.alone, signs, 0)
        if len(core) < SHORT:
            alone = len(core) == 1 and core.isascii() and core not in _ALONE
            return _kind(1, 1, 0, int(alone), signs, blob)
        odd = not core.isupper() and _is_odd(core.lower())
        return _kind(1, int(not odd), 0, 0, signs, blob)
    if not any(map(str.isalnum, core)):
        plain = token in _PLAIN_SIGNS or len(set(token)) == 1
        return _kind(0, 0, int(not plain), 0, signs, blob)
    if _LEFT.search(token) or not any(map(str.isalpha, core)):
        return _kind(0, 0, 0, 0, signs, blob)
    if _is_damaged(core):
        return _kind(1, 0, 1, 0, signs, blob)
    return _kind(1, int(len(core) <= LONG or not _is_blob(core)), 0, 0, signs, blob)


def _signs(token: str) -> int:
    """Return how many characters of a token are neither letters, digits nor of other scripts."""
    if token.isascii():
        return len(token) - sum(map(str.isalnum, token)) - token.count("_")
    return sum(map(len, _SIGNS.findall(token)))


_kind = lru_cache(maxsize=1 << 10)(_Token)


class _Known(dict[str, _Token]):
    """Tokens that were seen: most tokens of a text stood in others before. It is kept small."""

    def __missing__(self, token: str) -> _Token:
        kind = _token(token)
        if len(self) >= _MOST:
            self.clear()
        if len(token) <= LONG:
            self[token] = kind
        return kind


_MOST = 1 << 16
_KNOWN = _Known()


def _is_odd(word: str) -> bool:
    return bool(_ODD.search(word) or _NO_VOWEL.fullmatch(word))


def _is_damaged(core: str) -> bool:
    return bool(
        _DIGIT_INSIDE.match(core)
        or (_SIGN_INSIDE.search(core) and not core.isupper())
        or _SCRIPTS.search(core)
        or (len(core) <= SHORT and _FLIPS.search(core))
    )


def _repetition(prose: list[str], tokens: list[str]) -> float:
    """Return the share of the running text in lines that stood there before, or of a sample."""
    lines = [line.strip() for line in "\n".join(_first(prose, MAX_LINES)).split("\n")]
    long = [line for line in lines if len(line) >= MIN_LINE]
    again = sum(map(len, long)) - sum(map(len, set(long)))
    size = sum(map(len, lines))
    return max(again / size if size else 0.0, _within(tokens))


def _first(pieces: list[str], chars: int) -> list[str]:
    """Return the pieces that hold the first so many characters."""
    for place, taken in enumerate(accumulate(map(len, pieces)), 1):
        if taken > chars:
            return pieces[:place]
    return pieces


def _within(words: list[str]) -> float:
    """Return how much of a sample is runs of six words that stood there before."""
    runs = list(zip(*(words[i:] for i in range(6)), strict=False))
    return 1 - len(set(runs)) / len(runs) if len(runs) >= MIN_TOKENS else 0.0


def _score(measured: dict[str, float | None], letters: int) -> float:
    share, words, again, noise = (
        measured[name] for name in ("text_share", "word_validity", "repetition", "ocr_noise")
    )
    score = min(1.0, letters / ENOUGH_LETTERS)
    score *= 1.0 if share is None else min(1.0, share / TEXT_OF_PROSE)
    score *= 1.0 if words is None else words
    score *= 1.0 if again is None else 1.0 - again
    score *= 1.0 if noise is None else max(0.0, 1.0 - 2 * noise)
    return round(score, 4)
