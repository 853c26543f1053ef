"""Documents with what was found in them replaced. Pure: text, title, headings and metadata agree.

What a rule found once is replaced wherever it stands, in title and metadata too; and what the same
rules find there by themselves. A masked document has no hidden text, and masking it again changes
nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from quality.admission.described import fields, found_in_field, named, rewritten
from quality.admission.detection import NAMED, find_any, somebody
from quality.admission.matches import apart, lowered
from quality.admission.pseudonyms import PSEUDONYM, outside
from quality.admission.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document, Element

    Pseudonym = Callable[[str, str], str]
    """(rule, value) -> what stands in its place."""

_LEAST_REPEATED = 5
"""Characters of a value that is looked for elsewhere: shorter ones stand in other words."""

_CUT = ("injection.", "quality.")
"""Rules whose spans are taken out: a pseudonym for a sentence tells nobody anything."""

_LEAST_NUMBER = 1_000_000
"""Numbers in metadata from here on may be somebody's: smaller ones are counts and years."""


_AROUND = "<>()[]\"' "


class _Cut(NamedTuple):
    """One span of a text, and what takes its place."""

    start: int
    end: int
    put: str


def mask(document: Document, findings: Sequence[Finding], pseudonym: Pseudonym) -> Document:
    """Return the document with what the findings are about replaced by pseudonyms.

    Findings of injection and quality are cut out. Those without a span are about title, metadata or
    hidden text: their rules are applied there. Elements keep their order and kind; one whose text
    is cut out whole is dropped.
    """
    repeated = Repeats(values_of(document, findings, pseudonym))
    cuts = _cuts(document.text, findings, repeated, pseudonym)
    text, moved = _applied(document.text, cuts)
    rules = {finding.rule for finding in findings}

    def beside(value: str, field: str = "") -> str:
        return _beside(value, field, repeated, rules, pseudonym)

    return replace(
        document,
        text=text,
        elements=_elements(document.elements, moved, beside, cuts),
        title=beside(document.title) if document.title else document.title,
        metadata={
            beside(str(key)): _field(str(key), value, beside, rules, pseudonym)
            for key, value in document.metadata.items()
        },
        hidden=(),
    )


def masked_field(
    value: Any, field: str, rules: Iterable[str], pseudonym: Pseudonym, known: Mapping[str, str]
) -> Any:
    """Return a value that stands outside a document (a key, an address, metadata), masked.

    `known` are values in lower case and what takes their place.
    """
    wanted, repeated = set(rules), Repeats(known)

    def beside(text: str, name: str = "") -> str:
        return _beside(text, name, repeated, wanted, pseudonym)

    return _field(field, value, beside, wanted, pseudonym)


def values_of(
    document: Document, findings: Sequence[Finding], pseudonym: Pseudonym
) -> dict[str, str]:
    """Return values that are replaced wherever they stand, in lower case, and what replaces each.

    Those of findings, and people that metadata names, where that is a finding.
    """
    puts = _repeated(document.text, findings, pseudonym)
    if any(finding.rule == NAMED for finding in findings):
        for field, value in fields(document):
            for person in _parts(value) if named(field) else ():
                if len(person.split()) > 1 and outside(person, 0, len(person)):
                    puts.setdefault(lowered(person), pseudonym(NAMED, person))
    return puts


def _field(
    field: str,
    value: Any,
    beside: Callable[[str, str], str],
    rules: set[str],
    pseudonym: Pseudonym,
) -> Any:
    def change(item: str) -> str:
        item = beside(item, field)
        return _people(item, pseudonym) if NAMED in rules and named(field) else item

    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LEAST_NUMBER:
        written = beside(str(value), field)
        return value if written == str(value) else written
    return rewritten(value, change, lambda key, item: _field(key, item, beside, rules, pseudonym))


def _spanned(findings: Sequence[Finding]) -> Iterator[tuple[int, int, str]]:
    for found in findings:
        if found.start is not None and found.end is not None and found.start < found.end:
            yield found.start, found.end, found.rule


def _repeated(text: str, findings: Sequence[Finding], pseudonym: Pseudonym) -> dict[str, str]:
    """Return values of findings. Not single words: a name may be a word of the language."""
    puts: dict[str, str] = {}
    for start, end, rule in _spanned(findings):
        value = text[start:end].strip()
        telling = any(c.isdigit() or c == "@" for c in value) or len(value.split()) > 1
        if len(value) >= _LEAST_REPEATED and telling and outside(text, start, end):
            puts[lowered(value)] = "" if rule.startswith(_CUT) else pseudonym(rule, value)
    return puts


def _cuts(
    text: str, findings: Sequence[Finding], repeated: Repeats, pseudonym: Pseudonym
) -> list[_Cut]:
    """Return what is replaced, in order and apart: spans that overlap are replaced as one."""
    spans: list[tuple[int, int, str]] = []
    for start, end, rule in sorted(_spanned(findings), key=lambda item: (item[0], -item[1])):
        if not outside(text, start, end):
            continue
        if spans and start < spans[-1][1]:
            first, last, kept = spans[-1]
            longest = kept if last - first >= end - start else rule
            spans[-1] = (first, max(last, end), longest)
        else:
            spans.append((start, end, rule))
    cuts = [
        _Cut(s, e, "" if rule.startswith(_CUT) else pseudonym(rule, text[s:e]))
        for s, e, rule in spans
    ]
    return _with_repeats(text, cuts, repeated)


def _with_repeats(text: str, cuts: list[_Cut], repeated: Repeats) -> list[_Cut]:
    """Return cuts with those of values that stand elsewhere in the text."""
    cuts = sorted(cuts)
    more = (_Cut(*found) for found in repeated.within(text, cuts))
    return sorted([*cuts, *(cut for cut in more if outside(text, cut.start, cut.end))])


def _applied(text: str, cuts: Sequence[_Cut]) -> tuple[str, Callable[[int], tuple[int, int]]]:
    """Return the new text, and where a place of the old one is: as a start, and as an end."""
    parts: list[str] = []
    starts: list[int] = []
    news: list[int] = []
    place = length = 0
    for cut in cuts:
        parts += [text[place : cut.start], cut.put]
        length += cut.start - place
        starts.append(cut.start)
        news.append(length)
        length += len(cut.put)
        place = cut.end
    parts.append(text[place:])

    def moved(at: int) -> tuple[int, int]:
        index = bisect_right(starts, at) - 1
        if index < 0:
            return at, at
        cut, new = cuts[index], news[index]
        after = new + len(cut.put)
        if at >= cut.end:
            return after + at - cut.end, after + at - cut.end
        # What begins within a cut begins after it, and what ends within it ends after it; at its
        # very start, both are there.
        return (new, new) if at == cut.start else (after, after)

    return "".join(parts), moved


def _elements(
    elements: Sequence[Element],
    moved: Callable[[int], tuple[int, int]],
    beside: Callable[[str], str],
    cuts: Sequence[_Cut],
) -> tuple[Element, ...]:
    kept: list[Element] = []
    paths: dict[tuple[str, ...], tuple[str, ...]] = {}
    for element in elements:
        if element.headings not in paths:
            paths[element.headings] = tuple(beside(heading) for heading in element.headings)
        start, end = moved(element.start)[0], moved(element.end)[1]
        if start < end or (element.start == element.end and not cuts):
            kept.append(replace(element, start=start, end=end, headings=paths[element.headings]))
    return tuple(kept)


def _beside(
    value: str, field: str, repeated: Repeats, rules: set[str], pseudonym: Pseudonym
) -> str:
    """Return a title, heading or metadata text masked."""
    # What is found by rules first: an address is more than the name that stands in it.
    cuts = [
        _Cut(m.start, m.end, pseudonym(m.rule, value[m.start : m.end]))
        for m in apart(m for m in found_in_field(find_any, field, value) if m.rule in rules)
        if outside(value, m.start, m.end)
    ]
    return _applied(value, _with_repeats(value, cuts, repeated))[0]


def _parts(value: str) -> list[str]:
    """Return the people that the value of a field names, addresses included."""
    parts = re.split(r"[;,\n]| and | & ", value)
    return [part.strip() for part in parts if any(c.isalpha() for c in part)]


def _people(value: str, pseudonym: Pseudonym) -> str:
    """Return the value of a field that names people, as a pseudonym for each of them."""
    if not somebody(value):
        return value
    masked: list[str] = []
    for part in _parts(value):
        left = " ".join(PSEUDONYM.sub("", part).strip(_AROUND).split())
        masked += [pseudonym(NAMED, left)] if any(c.isalpha() for c in left) else []
        masked += PSEUDONYM.findall(part)
    return ", ".join(masked)
