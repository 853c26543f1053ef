"""A name in all of its places in a text, and only where the whole text speaks for one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from quality.admission.matches import Match
from quality.admission.personal.readable import small_words
from quality.admission.personal.recognised import NAME
from quality.admission.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from quality.admission.personal.tagger import Word

_SURE = 0.6
"""Confidence from which a name is looked for elsewhere."""
_OFTEN = 3
"""Places of a word from which what the tagger says of all of them is asked."""
_USUAL = 0.35
"""Mean probability over them from which the word is a name."""
_AROUND = 100
"""Characters of its line around a word in capitals, which tell whether it is one alone."""
_PART = 3
"""Letters of a name's part that is looked for alone."""

_PARTS = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_CODE = re.compile(
    r"(?<!Mc)(?<!Mac)(?<!De)(?<!Le)(?<!La)(?<!Di)(?<!Fitz)[a-zß-ÿ][A-ZÀ-Þ]|\b[A-Z]{2}[a-z]"
)
"""Capitals within a word, as programs have them and few names."""


def agreed(text: str, found: Iterable[Match], words: Sequence[Word]) -> Iterator[Match]:
    """Yield names that are written like some, and that the tagger does not deny elsewhere."""
    said: dict[str, list[float]] = {}
    for word in words:
        said.setdefault(text[word.start : word.end], []).append(word.name)
    for match in found:
        value = text[match.start : match.end]
        shares = said.get(value, ())
        denied = len(shares) >= _OFTEN and sum(shares) < _USUAL * len(shares)
        if not denied and not _CODE.search(value) and not _acronym(text, match, value):
            yield match


def _acronym(text: str, match: Match, value: str) -> bool:
    """Return whether a word in capitals stands among words that are not."""
    if not value.isupper() or " " in value:
        return False
    before, after = max(0, match.start - _AROUND), match.end + _AROUND
    line = (
        text[before : match.start].rpartition("\n")[2] + text[match.end : after].partition("\n")[0]
    )
    return any(c.islower() for c in line)


def again(text: str, found: Sequence[Match], likely: Callable[[int, int], bool]) -> Iterator[Match]:
    """Yield names that were found, and their parts, where they stand once more.

    A part counts where it is written with a capital, unless it is a word of the text as well, and
    where the tagger finds it `likely`.
    """
    names = {
        text[match.start : match.end]
        for match in found
        if match.confidence >= _SURE and " " in text[match.start : match.end]
    }
    if not names:
        return
    small = small_words(text)
    puts = {name.lower(): "" for name in names}
    alone = {
        part.lower(): part
        for name in names
        for part in _PARTS.findall(name)
        if len(part) >= _PART and part[0].isupper() and part.lower() not in small
    }
    whole = Repeats({**alone, **puts})
    for start, end, part in whole.within(text, ()):
        if not part:
            yield Match(NAME, start, end, 0.7, "a name that stands in the text as well")
        elif text[start].isupper() and likely(start, end):
            yield Match(NAME, start, end, _SURE, "a part of a name in the text")


def joined(found: Iterable[Match]) -> list[Match]:
    """Return names in order; of those that overlap one, as long and as sure as any."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda m: (m.start, m.end)):
        if kept and match.start < kept[-1].end:
            last = kept[-1]
            surer = max(last, match, key=lambda m: m.confidence)
            kept[-1] = surer._replace(start=last.start, end=max(last.end, match.end))
        else:
            kept.append(match)
    return kept
