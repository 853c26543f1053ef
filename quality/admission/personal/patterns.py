"""Personal data that has a form: found by it, checked by what it says of itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.gates import Gates, Seen, compiled
from quality.admission.matches import Match, apart, lowered, places
from quality.admission.personal import cards, national, network, phones

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

VERSIONS = {
    "personal.email": "1",
    "personal.ip": "1",
    "personal.card": "1",
    "personal.iban": "1",
    "personal.phone": "2",
    "personal.ssn": "1",
    "personal.national_id": "1",
    "personal.birth_date": "1",
}

_ANY = re.compile("[0-9@]")
"""Everything that is looked for holds one of these."""

_LEAST = 7
_NUMBER = r"[0-9](?:[ .\-/()\x{a0}\x{2011}\x{2013}]{0,3}[0-9]){6"
_CLUSTER = compiled(_NUMBER + r",}\)?")
"""Seven digits or more with little between them: every number that is anybody's lies in one."""

_GATES = Gates({
    "numbers": _NUMBER + "}",
    "ibans": r"[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]){11}",
    "lettered": national.LETTERED,
    "births": r"(?i)(?:born|birth|d\.?o\.?b|gebo|geb\.|geburt|née?|nacid|nacim|nascit|nasciment|"
    r"nata |nato |født|född|syntyn)[^\n]{0,24}(?:[0-9]|[a-z]{3,9}\.? [0-9])",
    "ips": r"\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|:[0-9A-Fa-f]{0,4}:",
})  # fmt: skip

_BIRTH_WORDS = re.compile(
    r"\b(?:born(?: on)?|d\.?o\.?b\.?|date of birth|birth ?da(?:te|y)|geboren(?: am)?|geb\.|"
    r"geburtsdatum|née? le|date de naissance|fecha de nacimiento|nacid[oa] el|data di nascita|"
    r"nat[oa] il|data de nascimento|geboortedatum|født|född|syntynyt)[\s:.\-]{0,4}(?:is |am |on )?",
    re.IGNORECASE,
)
_BIRTH_ANCHORS = (
    "born", "birth", "dob", "d.o.b", "gebo", "geb.", "né", "naci", "nasci", "nata ", "nato ", "fød",
    "föd", "synty",
)  # fmt: skip
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|januar|februar|märz|mai|juni|juli|okt|"
    r"dez|janv|févr|mars|avril|juin|juil|août|déc|ene|abr|ago|dic|gen|mag|giu|lug|set|ott)\w*\.?"
)
_DATE = re.compile(r"(?:19|20)\d\d([-/. ])\d\d?\1\d\d?|\d\d?([-/. ])\d\d?\2(?:19|20)\d\d")
_LONGEST_DATE = 10
_DECIMAL = re.compile(r"\d{1,4}\.\d{5,}")
"""Nobody's number is written so, unless words say that it is a telephone's."""

_DAY = re.compile(
    rf"(?:\d{{1,2}}[./\- ]\d{{1,2}}[./\- ]\d{{2,4}}|\d{{4}}[./-]\d{{1,2}}[./-]\d{{1,2}}|"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of |de )?{_MONTH} (?:de )?\d{{4}}|"
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})(?!\d)",
    re.IGNORECASE,
)


def clusters(text: str, seen: Seen) -> list[tuple[int, int]]:
    """Return the spans of a text in which at least seven digits stand close together, no dates."""
    spans: list[tuple[int, int]] = []
    for first, end in seen.spans(_CLUSTER):
        if end - first <= _LONGEST_DATE and _DATE.fullmatch(text, first, end):
            continue
        if _DECIMAL.fullmatch(text, first, end) and not phones.spoken_of(text, first):
            continue
        start = first
        while start and text[start - 1] in "(+":
            start -= 1
        if not (start and (text[start - 1].isalnum() or text[start - 1] == "_")):
            spans.append((start, end))
    return spans


def births(text: str) -> Iterator[Match]:
    """Yield days on which somebody was born, by the words before them."""
    lower = lowered(text)
    for place in sorted(places(lower, _BIRTH_ANCHORS)):
        words = _BIRTH_WORDS.match(text, place) or _BIRTH_WORDS.search(
            text, max(0, place - 10), place + 24
        )
        if words is None:
            continue
        day = _DAY.match(text, words.end())
        if day:
            yield Match("personal.birth_date", *day.span(), 0.75, "a day after words for birth")


def may_hold(texts: Sequence[str]) -> list[bool]:
    """Return which of some short texts may hold personal data that has a form: most cannot."""
    if _GATES.opened(Seen("\n".join(texts))):
        return [_ANY.search(text) is not None for text in texts]
    return ["@" in text for text in texts]


def find(text: str) -> list[Match]:
    """Return the personal data of a text that has a form, in order, none overlapping."""
    if not _ANY.search(text):
        return []
    seen = Seen(text)
    opened = _GATES.opened(seen)
    near = clusters(text, seen) if "numbers" in opened else []
    found = [*network.emails(text)]
    if "ips" in opened:
        found += network.ips(text)
    if "ibans" in opened:
        found += cards.ibans(text, seen)
    if "births" in opened:
        found += births(text)
    if near or "lettered" in opened:
        found += national.ids(text, near, seen if "lettered" in opened else None)
    if near:
        found += cards.cards(text, near)
        found += national.ssns(text, near)
        found += phones.phones(text, _without(near, apart(found)))
    return apart(found)


def _without(near: list[tuple[int, int]], found: list[Match]) -> list[tuple[int, int]]:
    """Return what is left of clusters beside what is known to be something else."""
    left: list[tuple[int, int]] = []
    place = 0
    for start, end in near:
        at = start
        while place < len(found) and found[place].end <= start:
            place += 1
        for match in found[place:]:
            if match.start >= end:
                break
            left.append((at, match.start))
            at = match.end
        left.append((at, end))
    return [(start, end) for start, end in left if end - start >= _LEAST]
