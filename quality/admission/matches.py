"""What a pattern matched in a text, and the words around it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from freshground.core.findings import Finding

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Mapping

CLOSE = 60
"""Characters before a number in which a word may say what it is."""


class Match(NamedTuple):
    """Where a rule's pattern matched: a half-open span, 0 to 1, and in words what was seen."""

    rule: str
    start: int
    end: int
    confidence: float
    evidence: str


def before(text: str, start: int, chars: int = CLOSE) -> str:
    """Return what stands before a place, in lower case."""
    return text[max(0, start - chars) : start].lower()


def lowered(text: str) -> str:
    """Return a text in lower case, character by character: places in it stay what they are."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text)


def places(lower: str, words: Iterable[str]) -> Iterator[int]:
    """Yield where any of some words stands in a text in lower case."""
    for word in words:
        at = lower.find(word)
        while at >= 0:
            yield at
            at = lower.find(word, at + 1)


def nearest(words: re.Pattern[str], window: str) -> str | None:
    """Return the name of the group of the last word that a window holds, None for none."""
    if window.isascii() and not window.islower():
        return None  # no letter, no word: numbers stand beside numbers in tables
    last = None
    for last in words.finditer(window):  # noqa: B007 - the last one is wanted
        pass
    return last.lastgroup if last else None


def apart(matches: Iterable[Match]) -> list[Match]:
    """Return matches in the order of the text, none overlapping: the surer one stays.

    Of two that are equally sure, the longer stays.
    """
    kept: list[Match] = []
    for match in sorted(matches, key=lambda m: m.start):
        while kept and kept[-1].end > match.start:
            if _rank(kept[-1]) >= _rank(match):
                break
            kept.pop()
        else:
            kept.append(match)
    return kept


def _rank(match: Match) -> tuple[float, int]:
    return match.confidence, match.end - match.start


def findings(matches: Iterable[Match], versions: Mapping[str, str]) -> tuple[Finding, ...]:
    """Return matches as findings of the rules that have a version."""
    return tuple(
        Finding(m.rule, versions[m.rule], m.start, m.end, round(m.confidence, 2), m.evidence)
        for m in matches
        if m.rule in versions
    )
