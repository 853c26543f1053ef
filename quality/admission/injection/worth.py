"""Where a text is worth judging: what the nets caught, less what cannot become a finding.

To cut a sentence out and to judge it costs a hundred times what a look at the place costs. In a
text that has surroundings enough, a word in the middle of a sentence is no order, a question in
form begins with a word for questions, and an order that only people are given is counted, no more.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from quality.admission.gates import compiled
from quality.admission.injection import words
from quality.admission.injection.gated import loosened
from quality.admission.injection.judge import KINDS_WITHOUT_REQUESTS
from quality.admission.injection.place import QUESTION
from quality.admission.injection.sentences import MAX_SENTENCE, WRAPPED, ends
from quality.admission.injection.signals import is_noun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.records import Element
    from quality.admission.injection.net import Cast

_LAST = re.compile(r"[^\W\d_]+$")
_MARKS = ".!?\u2026\u3002\uff01\uff1f\u0964|"
_CLOSING = "\"'\u201d\u2019)]"
_TO_PEOPLE = words.MAKING - words.ASKED - words.TELLING - words.ACTING
"""Orders that readers are given as often: by themselves they are no request to a machine."""

_ANYWHERE = words.ACTING | {
    "respond", "answer", "reply", "speak", "output", "write", "say", "antworte", "réponds",
    "répondez", "responde", "rispondi", "responda", "antwoord",
}  # fmt: skip
"""Orders of which more is said in a heading and in code as well: what is sent, how to answer."""

_CONCERNS = (
    r"\b(?:me|my|i|mir|mich|moi|mon|mi|yo|users?|readers?|customers?|visitors?|recipients?|humans?|"
    r"people|letters?|vowels?|consonants?|words?|sentences?|paragraphs?|characters?|punctuation|"
    r"spaces|capitals?|uppercase|lowercase|syllables?|emojis?|symbols?|digits|anagrams?|rhymes?|"
    r"ciphers?|base64|hexadecimal|morse|binary|backwards?|typos|acronyms?|homophon\w*|"
    r"alphanumeric|substitution|training data)\b"
)
"""What makes such an order one for somebody who asks a machine, or about how it answers."""

_OVERRIDE = frozenset(words.OVERRIDE)
_OVERRIDDEN = "|".join((
    *words.ORDERS, *words.RULES, *words.ORDERS_CJK, "question", "quer(?:y|ies)", "users?", "rest",
    "remainder", "follow", "below", "after",
))  # fmt: skip
"""What is overridden where it is an instruction to a machine."""

_RUN_ON = re.compile(
    r"(?<=[\w.,;:)] )(?:"
    rf"(?:{'|'.join(map(str.capitalize, words.OVERRIDE))})\w*(?: [a-z]\S*){{2}}"
    rf"|(?<=[a-z.,;:)] )(?:{'|'.join(map(str.upper, words.OVERRIDE))})[A-Z]*(?: [A-Z]+){{2}})"
)
"""An order within a line that lost its marks: it begins large, and no title goes on small."""

_REACH = 400
"""Characters after an order within which its sentence says what it concerns."""


class Worth(NamedTuple):
    """Places by the net that caught them, and where a sentence begins that lost its mark.

    `passed` counts the orders that are no finding by themselves.
    """

    places: dict[int, str]
    begun: dict[int, int]
    passed: int


class Sight:
    """Looks at what the nets catch in one text. `ample`: its surroundings tell what fits."""

    def __init__(self, text: str, small: str, elements: Sequence[Element], *, ample: bool) -> None:
        self._text = text
        self._small = small
        self._elements = elements
        self._starts = [element.start for element in elements]
        self._ample = ample

    def element(self, place: int) -> Element | None:
        """Return the element that has a character, None where none has."""
        at = max(bisect_right(self._starts, place) - 1, 0)
        if at < len(self._elements) and self._elements[at].start <= place < self._elements[at].end:
            return self._elements[at]
        return None

    def worth(self, cast: Cast) -> Worth:
        """Return where a sentence is worth judging."""
        places: dict[int, str] = {}
        passed = 0
        for start, end in cast.finds("orders"):
            verb = _LAST.search(self._small, max(0, end - 20), end) if self._ample else None
            if verb is None or verb[0] not in _VERBS:
                places[end - 1] = "orders"
            elif self._is_order(start, verb):
                if self._is_passed(verb):
                    passed += 1
                else:
                    places[end - 1] = "orders"
        for mark in "?\uff1f":
            at = self._text.find(mark)
            while at >= 0:
                if not self._ample or self._asks(at):
                    places[at] = "questions"
                at = self._text.find(mark, at + 1)
        begun: dict[int, int] = {}
        for start, end in cast.finds("signals"):
            if self._ample and self._overrides_nothing(start, end):
                continue
            middle = (start + end) // 2
            places[middle] = "signals"
            if _RUN_ON.match(self._text, start):
                begun[middle] = start
        return Worth(places, begun, passed)

    def _is_order(self, start: int, verb: re.Match[str]) -> bool:
        """Return whether a sentence may begin there, and its verb is no name or call in code."""
        first, last = verb.span()
        if self._small[last : last + 1] in ("-", "/", "(", "."):
            return False
        if self._text[first - 1 : first] in (".", "!", "?") and self._text[first].islower():
            return False
        return not WRAPPED.match(self._text, start) or self._begins(start, first)

    def _begins(self, newline: int, first: int) -> bool:
        """Return whether a sentence begins after a line break before a small letter."""
        before = self._text[max(0, newline - _BREAK) : newline].rstrip(" \t\r")
        ended = before.rstrip(_CLOSING)[-1:]
        if not before or before[-1] == "\n" or ended in _MARKS:
            return True
        element = self.element(first)
        return element is not None and element.start > newline

    def _is_passed(self, verb: re.Match[str]) -> bool:
        last = verb.end()
        if is_noun(verb[0], self._small[last : last + 24]):
            return True
        if verb[0] not in _TO_PEOPLE and not self._is_quiet(verb.start()):
            return False
        if verb[0] in _ANYWHERE:
            return False
        rest = self._text[last : last + _REACH]
        return not _seen(_concerns(), self._small[last : last + next(ends(rest), _REACH)])

    def _asks(self, place: int) -> bool:
        """Return whether the sentence that ends there may be a question in form."""
        element = self.element(place)
        if self._is_quiet(place):
            return False
        first = max(place - MAX_SENTENCE, element.start if element else 0)
        return _seen(_questions(), self._small[first:place])

    def _is_quiet(self, place: int) -> bool:
        """Return whether nothing is requested there: in headings, in code, in no element."""
        element = self.element(place)
        if element is None:
            return bool(self._elements)
        return element.kind in KINDS_WITHOUT_REQUESTS

    def _overrides_nothing(self, start: int, end: int) -> bool:
        if self._small[start:end] not in _OVERRIDE:
            return False
        return not _seen(_overridden(), self._small[max(0, start - 40) : end + 110])


_BREAK = 40
"""Characters before the end of a line that tell whether a sentence ends with it."""

_VERBS = words.TELLING | words.MAKING


def _seen(gate: Any, text: str) -> bool:
    return gate.search(text.encode("utf-8", "surrogatepass")) is not None


@cache
def _concerns() -> Any:
    return compiled(_CONCERNS)


@cache
def _overridden() -> Any:
    return compiled(_OVERRIDDEN)


@cache
def _questions() -> Any:
    closing = re.escape(_CLOSING)
    return compiled(loosened(rf"(?:^|[{_MARKS}\n][{closing}]*)\s*(?:{QUESTION})"))
