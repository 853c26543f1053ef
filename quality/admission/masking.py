"""Documents with what was found in them replaced. Pure: text, title, headings and metadata agree.

What a rule found in the text is replaced wherever it stands, in title and metadata too; and what
the same rules find there by themselves. A masked document has no hidden text, and masking it again
changes nothing.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from quality.admission.described import named, rewritten
from quality.admission.detection import NAMED, VERSIONS, somebody
from quality.admission.matches import apart
from quality.admission.personal import patterns as personal
from quality.admission.pseudonyms import PSEUDONYM, outside
from quality.admission.secrets import patterns as secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document, Element

    Pseudonym = Callable[[str, str], str]
    """(rule, value) -> what stands in its place."""

_LEAST_REPEATED = 4
"""Characters of a value that is looked for beside the text: shorter ones stand in other words."""

_CUT = ("injection.", "quality.")
"""Rules whose spans are taken out: a pseudonym for a sentence tells nobody anything."""


class _Cut(NamedTuple):
    """One span of the text, and what takes its place."""

    start: int
    end: int
    put: str


def mask(document: Document, findings: Sequence[Finding], pseudonym: Pseudonym) -> Document:
    """Return the document with what the findings are about replaced by pseudonyms.

    Findings of injection are cut out. Those without a span are about title, metadata or hidden
    text: their rules are applied there. Elements keep their order and kind; one whose text is cut
    out whole is dropped.
    """
    cuts = _cuts(document.text, findings, pseudonym)
    text, moved = _applied(document.text, cuts)
    values = _values(document.text, findings, pseudonym)
    rules = {finding.rule for finding in findings}

    def beside(value: str) -> str:
        return _beside(value, values, rules, pseudonym)

    elements = _elements(document.elements, moved, beside, cuts)
    metadata = {
        beside(str(key)): rewritten(
            value,
            (lambda item: _person(beside(item), pseudonym))
            if NAMED in rules and named(str(key))
            else beside,
        )
        for key, value in document.metadata.items()
    }
    title = beside(document.title) if document.title else document.title
    return replace(
        document, text=text, elements=elements, title=title, metadata=metadata, hidden=()
    )


def masked_text(text: str, rules: Iterable[str], pseudonym: Pseudonym) -> str:
    """Return a text in which what the patterns of some rules find is replaced."""
    return _beside(text, None, set(rules), pseudonym)


def _cuts(text: str, findings: Sequence[Finding], pseudonym: Pseudonym) -> list[_Cut]:
    """Return what is replaced, in order and apart: spans that overlap are replaced as one."""
    spans: list[tuple[int, int, str]] = []
    found = [
        (f.start, f.end, f.rule)
        for f in findings
        if f.start is not None and f.end is not None and f.start < f.end
    ]
    for start, end, rule in sorted(found, key=lambda item: (item[0], -item[1])):
        if not outside(text, start, end):
            continue
        if spans and start < spans[-1][1]:
            first, last, kept = spans[-1]
            longest = kept if last - first >= end - start else rule
            spans[-1] = (first, max(last, end), longest)
        else:
            spans.append((start, end, rule))
    return [
        _Cut(s, e, "" if rule.startswith(_CUT) else pseudonym(rule, text[s:e]))
        for s, e, rule in spans
    ]


def _applied(text: str, cuts: Sequence[_Cut]) -> tuple[str, Callable[[int], tuple[int, int]]]:
    """Return the new text, and where a place of the old one is: as a start, and as an end."""
    parts: list[str] = []
    starts: list[int] = []
    shifts: list[tuple[_Cut, int]] = []
    place = length = 0
    for cut in cuts:
        parts += [text[place : cut.start], cut.put]
        length += cut.start - place
        starts.append(cut.start)
        shifts.append((cut, length))
        length += len(cut.put)
        place = cut.end
    parts.append(text[place:])

    def moved(at: int) -> tuple[int, int]:
        index = bisect_right(starts, at) - 1
        if index < 0:
            return at, at
        cut, new = shifts[index]
        if at < cut.end:
            # Within what was replaced: an element that begins here begins after it, unless at its
            # very start; one that ends here ends after it, unless at its very start.
            return (new, new) if at == cut.start else (new + len(cut.put), new + len(cut.put))
        after = new + len(cut.put) + at - cut.end
        return after, after

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


def _values(
    text: str, findings: Sequence[Finding], pseudonym: Pseudonym
) -> tuple[re.Pattern[str], dict[str, str]] | None:
    """Return a pattern of the values found in the text, and what takes the place of each."""
    puts: dict[str, str] = {}
    for finding in findings:
        if finding.start is None or finding.end is None:
            continue
        value = text[finding.start : finding.end].strip()
        if len(value) >= _LEAST_REPEATED and outside(text, finding.start, finding.end):
            cut = finding.rule.startswith(_CUT)
            puts[" ".join(value.split()).casefold()] = "" if cut else pseudonym(finding.rule, value)
    if not puts:
        return None
    forms = (
        r"\s+".join(re.escape(word) for word in value.split())
        for value in sorted(puts, key=len, reverse=True)
    )
    return re.compile(rf"(?<!\w)(?:{'|'.join(forms)})(?!\w)", re.IGNORECASE), puts


def _beside(
    value: str,
    values: tuple[re.Pattern[str], dict[str, str]] | None,
    rules: set[str],
    pseudonym: Pseudonym,
) -> str:
    """Return a title, heading or metadata text masked."""
    # What is found by rules first: an address is more than the name that stands in it.
    found = [*personal.find(value), *secrets.find(value)]
    cuts = [
        _Cut(m.start, m.end, pseudonym(m.rule, value[m.start : m.end]))
        for m in apart(m for m in found if m.rule in rules)
        if outside(value, m.start, m.end)
    ]
    value = _applied(value, cuts)[0]
    if values is None:
        return value
    pattern, puts = values

    def put(match: re.Match[str]) -> str:
        if not outside(match.string, match.start(), match.end()):
            return match[0]
        return puts.get(" ".join(match[0].split()).casefold(), match[0])

    return pattern.sub(put, value)


def _person(value: str, pseudonym: Pseudonym) -> str:
    """Return the value of a field that names people, as a pseudonym for each of them."""
    if not somebody(value):
        return value
    people = [part.strip() for part in re.split(r"[;,\n]| and | & ", value) if part.strip()]
    masked = []
    for part in people:
        left = " ".join(PSEUDONYM.sub("", part).strip("<>()[]\"' ").split())
        masked += [pseudonym(NAMED, left)] if any(c.isalpha() for c in left) else []
        masked += PSEUDONYM.findall(part)
    return ", ".join(masked)


def known_rules() -> dict[str, str]:
    """Return the rules of the pattern detectors that are masked, with their versions."""
    return {**VERSIONS["personal"], **VERSIONS["secret"]}
