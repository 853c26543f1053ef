"""Names by what stands beside them: titles, labels, greetings and closings, addresses of mail.

No model is needed for these, and after a label no capitals: `name: JANE DOE`, `surname: doe`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from quality.admission.matches import Match
from quality.admission.personal import wording

if TYPE_CHECKING:
    from collections.abc import Iterator


def _either(listed: str) -> str:
    """Return a pattern of any of the words of a list, the longer ones first."""
    words = wording.words(listed)
    return f"(?:{'|'.join(re.escape(word) for word in sorted(words, key=len, reverse=True))})"


# Everything is bounded: a text of nothing but names would be read anew from each of them.
_LETTERS = r"[^\W\d_]{1,30}"
_WORD = rf"[^\W\d_a-zß-öø-ÿ][^\W\d_]{{0,30}}(?:['’‑-]{_LETTERS}){{0,3}}\.?"
ANY_CASE = rf"{_LETTERS}(?:['’‑-]{_LETTERS}){{0,3}}\.?"
_NEXT = rf" (?:{_either(wording.SMALL)} ){{0,2}}{_WORD}"
_NAME = rf"{_WORD}(?:{_NEXT}){{0,3}}"
FULL = rf"{_WORD}(?:{_NEXT}){{1,3}}"
_TITLE = rf"{_either(wording.TITLES)}\.?"
_END = r"(?=[ \t]{0,9}(?:[,;|<()*_]|\n|\Z))"

_TITLED = rf"\b{_TITLE}(?: (?:Dr|Prof|med)\.?){{0,2}} ({_NAME})"
_GREETED = (
    rf"(?:^|(?<=[.!?>\"“\n] )|(?<=[>\"“])){_either(wording.GREETINGS)},? (?:{_TITLE} ){{0,2}}"
    rf"({_NAME})(?=[,!:.\n]|[ \t]{{0,9}}$)"
)
_CLOSED = (
    rf"^[ \t>]{{0,20}}(?i:{_either(wording.CLOSINGS)})[,.!]?[ \t]{{0,9}}\n"
    rf"(?:[ \t>]{{0,20}}\n)?[ \t>-]{{0,20}}({_NAME})"
    r"[ \t]{0,9}(?=,|\n|\Z)"
)
_SAID = rf"\b(?i:{_either(wording.SAYINGS)}) ({_NAME})"
_PRESENTED = rf"\b{_either(wording.PRESENTING)} ({FULL})"
_HUNGARIAN = rf"\b({FULL}) vagyok\b"
_LABELLED = (
    rf"(?:^|[|;,(])[ \t>*_-]{{0,20}}(?i:{_either(wording.LABELS)})[*_]{{0,3}}[ \t]{{0,9}}[:=|]"
    r"[ \t*_]{0,20}"
    rf"({ANY_CASE}(?:[ \t]{ANY_CASE}){{0,3}}){_END}"
)
_NAMED = (
    rf"^[ \t>*_-]{{0,20}}(?i:{_either(wording.LOOSE_LABELS)})[*_]{{0,3}}:[ \t*_]{{0,20}}"
    rf"({FULL}){_END}"
)
_FORMS = (
    (_TITLED, 0.7, "a name after a title"),
    (_GREETED, 0.7, "a name after a greeting"),
    (_CLOSED, 0.75, "a name under a letter"),
    (_SAID, 0.8, "a name that is said to be one"),
    (_PRESENTED, 0.6, "a name after words that present somebody"),
    (_HUNGARIAN, 0.7, "a name before words that present somebody"),
    (_LABELLED, 0.75, "a name beside its label"),
    (_NAMED, 0.6, "a name beside its label"),
)
_COMPILED = tuple((re.compile(form, re.MULTILINE), sure, why) for form, sure, why in _FORMS)
_MAILED = re.compile(
    rf"(?<![\w.])({_NAME}|{_WORD}, {_WORD}(?: {_WORD})?)\"?[ \t]{{0,9}}[<(\[](?:mailto:)?"
    r"([\w.+-]{2,64})@[\w.-]{1,255}[>)\]]"
)
_NONE = re.compile(rf"(?i)\b{_either(wording.NOBODY)}\b")
_LABELS = wording.words(wording.LABELS) | wording.words(wording.BESIDE_NAMES)
_INITIALS = 2
"""Letters of a name's part that tell nothing in the address beside it."""


def addressed(text: str) -> Iterator[Match]:
    """Yield names by the words beside them."""
    for form, sure, why in _COMPILED:
        for found in form.finditer(text):
            start = found.start(1)
            end = start + len(found[1].rstrip(" .,;:'’\"-"))
            if end - start > 1 and not nobody(text[start:end]):
                yield Match("personal.name", start, end, sure, why)
    if "@" in text:
        yield from _with_mail(text)


def nobody(value: str) -> bool:
    """Return whether what stands where a name does is none."""
    return value.lower() in _LABELS or _NONE.search(value) is not None


def _with_mail(text: str) -> Iterator[Match]:
    """Yield names beside an e-mail address that is made of them."""
    for found in _MAILED.finditer(text):
        parts = [_plain(part) for part in re.findall(ANY_CASE, found[1])]
        local = _plain(found[2])
        told = any(len(part) > _INITIALS and part in local for part in parts)
        if told and not nobody(found[1]):
            yield Match("personal.name", *found.span(1), 0.75, "a name beside its address")


def _plain(text: str) -> str:
    """Return letters without accents and case, as addresses write them."""
    return "".join(c for c in normalize("NFKD", text.lower()) if c.isalnum())
