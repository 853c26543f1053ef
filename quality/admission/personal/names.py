"""People, places, groups and street addresses: what models, lists and forms find, together.

Two models read what of a text may hold a name: a tagger made for personal data, and spaCy's English
one under Presidio, whose finds count where the tagger finds them likely. Both come as packages and
nothing is fetched; they are loaded once a process, on first use, and only where the policy of a
source acts on what they find. Without the tagger's package spaCy decides alone; where the policy
wants no models, forms and lists do.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from freshground.core.findings import Scanned
from quality.admission.matches import Match, apart, findings
from quality.admission.personal import nations, tagged, tagger
from quality.admission.personal.addressed import addressed
from quality.admission.personal.columns import columns
from quality.admission.personal.readable import readable
from quality.admission.personal.recognised import NAME, PLACE, recognised
from quality.admission.personal.streets import addresses
from quality.admission.personal.throughout import again, agreed, joined
from quality.admission.pseudonyms import outside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from freshground.core.records import Document
    from freshground.core.settings import Admission
    from quality.admission.personal.readable import Readable
    from quality.admission.personal.tagger import Word

_RULES = (NAME, "personal.address", PLACE, "personal.group")
_BY_MODELS = "2" if tagger.available() else "2-spacy"
_BY_FORMS = "2-forms"
"""What looks is part of the version: what was looked into with less is looked into anew."""
VERSIONS = dict.fromkeys(_RULES, _BY_MODELS)
_FOREIGN = re.compile("[\u0530-\u1dff\u2e80-\uffff]")
"""A letter of a script that the tagger does not know: neither Latin, Greek nor Cyrillic."""
_LIKELY = {NAME: 0.05, PLACE: 0.02}
"""Probability by the tagger from which a find of spaCy counts."""
_LIKELY_PART = 0.02
"""The same for a part of a name that was found as a whole."""


class Names:
    """Finds people, places and groups by models, lists and forms, and street addresses."""

    def __init__(self, rules: frozenset[str], *, models: bool) -> None:
        self._models = models
        self.rules = dict.fromkeys(
            (rule for rule in _RULES if rule in rules), _BY_MODELS if models else _BY_FORMS
        )

    def scan(self, document: Document) -> Scanned:
        """Return what is found in the text, in order."""
        text = document.text
        found = find(text, models=self._models)
        return Scanned(findings((m for m in found if outside(text, m.start, m.end)), self.rules))


def names(policy: Admission) -> Names | None:
    """Return the detector, or None where the policy does nothing about what it finds."""
    acted = frozenset(rule for rule in _RULES if policy.action(rule) != "allow")
    return Names(acted, models=policy.models) if acted else None


def find(text: str, *, models: bool = True) -> list[Match]:
    """Return people, places, groups and street addresses of a text, in order, none overlapping."""
    people = [*addressed(text), *columns(text)]
    places: list[Match] = []
    parts = [tagged.Part("place", m.start, m.end, m.confidence) for m in nations.countries(text)]
    seen = None
    if models:
        read = readable(text)
        words = _tagged(read) if tagger.available() else []
        seen = _Seen(words) if tagger.available() else None
        known = [*_recognised(read, seen)]
        places = [m for m in known if m.rule == PLACE]
        by_models = [*tagged.people(text, words), *(m for m in known if m.rule == NAME)]
        people += agreed(text, by_models, words)
        parts += tagged.parts(text, words)
    people += again(text, people, lambda start, end: _likely(seen, NAME, start, end, _LIKELY_PART))
    return apart([*joined(people), *places, *addresses(text, parts), *nations.groups(text)])


def _recognised(read: Readable, seen: _Seen | None) -> Iterator[Match]:
    """Yield what spaCy finds and the tagger finds likely."""
    for match in recognised(read.text):
        start, end = read.origin(match.start, match.end)
        if _likely(seen, match.rule, start, end, _LIKELY[match.rule]):
            yield match._replace(start=start, end=end)


def _likely(seen: _Seen | None, rule: str, start: int, end: int, least: float) -> bool:
    """Return whether the tagger, where there is one, gives a span at least a probability."""
    return seen is None or seen.likely(rule, start, end) >= least


def _tagged(read: Readable) -> list[Word]:
    """Return the words that the tagger read, at their places in the text."""
    found = []
    for word in tagger.words(read.text):
        if _FOREIGN.search(read.text, word.start, word.end):
            continue
        start, end = read.origin(word.start, word.end)
        found.append(word._replace(start=start, end=end))
    return found


class _Seen:
    """Words in order, asked for what the tagger thinks of a span."""

    def __init__(self, words: Sequence[Word]) -> None:
        self._words = words
        self._starts = [word.start for word in words]

    def likely(self, rule: str, start: int, end: int) -> float:
        """Return the greatest probability of a name or place in a span, 0 where none was read."""
        place = max(0, bisect_right(self._starts, start) - 1)
        most = 0.0
        while place < len(self._words) and self._starts[place] < end:
            word = self._words[place]
            if word.end > start:
                most = max(most, word.name if rule == NAME else word.place)
            place += 1
        return most
