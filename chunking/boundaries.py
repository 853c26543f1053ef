"""Where a stretch of text may be cut: sentences, lines, words, characters.

Each function returns spans (start, end) into `text`, in order, without whitespace at their ends,
that together hold every non-whitespace character of text[start:end].

The sentence rule is a regular expression: it runs at 10 MB a second or more; a missed boundary
costs a longer piece, never a wrong chunk, so a parser's better recall would not pay for its time.
"""

from __future__ import annotations

import re
import unicodedata

Span = tuple[int, int]

# The lookbehind keeps "......" linear: a run of stops is looked at once, from its first stop.
_SENTENCE_END = re.compile(
    r"""(?<![.!?…])[.!?…]++["'”’»)\]]*+(?=\s)   # a stop that whitespace follows
      | [。！？｡।۔؟።]++["'”’」』）]*+              # a stop of a script that may write no spaces
      | \n[^\S\n]*+(?=\n)                        # a blank line
    """,
    re.VERBOSE,
)
_ABBREVIATION = re.compile(
    r"(?:^|[\s(\[])(?:[^\W\d_]|(?i:e\.g|i\.e|al|approx|cf|ca|co|corp|dept|dr|ed|eds|eq|esp|etc|fig"
    r"|figs|inc|jr|ltd|mr|mrs|ms|mt|no|nos|nr|op|p|pp|prof|ref|refs|resp|sec|sr|st|vol|vs|viz))$"
)
_ABBREVIATION_REACH = 8
_WORD = re.compile(r"\S+")
_JOINERS = "\u200d\ufe0e\ufe0f\u20e3"
_CLUSTER_REACH = 16


def trimmed(text: str, start: int, end: int) -> Span:
    """Return the span without whitespace at its ends; start == end when nothing is left."""
    part = text[start:end]
    body = part.lstrip()
    start = end - len(body)
    return start, start + len(body.rstrip())


def sentences(text: str, start: int, end: int) -> list[Span]:
    """Split at ends of sentences and at blank lines."""
    cuts = []
    for match in _SENTENCE_END.finditer(text, start, end):
        at = match.end()
        if match[0][0] == "." and _goes_on(text, match.start(), at, end):
            continue
        cuts.append(at)
    return _between(text, start, end, cuts)


def _goes_on(text: str, stop: int, after: int, end: int) -> bool:
    """Return whether the full stop at `stop` belongs to an abbreviation or an initial."""
    following = text[after : after + 4].lstrip()[:1] if after < end else ""
    if following.islower():
        return True
    return bool(_ABBREVIATION.search(text[max(0, stop - _ABBREVIATION_REACH) : stop]))


def lines(text: str, start: int, end: int) -> list[Span]:
    """Split at line ends."""
    cuts = [match.end() for match in re.compile(r"\n").finditer(text, start, end)]
    return _between(text, start, end, cuts)


def words(text: str, start: int, end: int, size: int) -> list[Span]:
    """Split at whitespace into runs of at least `size` characters where words allow it."""
    spans: list[Span] = []
    first = None
    last = start
    for match in _WORD.finditer(text, start, end):
        if first is not None and match.end() - first > size:
            spans.append((first, last))
            first = None
        if first is None:
            first = match.start()
        last = match.end()
    if first is not None:
        spans.append((first, last))
    return spans


def characters(text: str, start: int, end: int, size: int) -> list[Span]:
    """Split every `size` characters, a little earlier where a cut would part a base from its marks.

    `size` counts code points and is at least 1.
    """
    cuts = []
    at = start
    while end - at > size:
        at = _cluster_start(text, at + size, at + 1)
        cuts.append(at)
    return _between(text, start, end, cuts)


def _cluster_start(text: str, at: int, least: int) -> int:
    for place in range(at, max(least, at - _CLUSTER_REACH) - 1, -1):
        sign, before = text[place], text[place - 1]
        if sign not in _JOINERS and before != "\u200d" and not unicodedata.combining(sign):
            return place
    return at


def _between(text: str, start: int, end: int, cuts: list[int]) -> list[Span]:
    spans = []
    for cut in (*cuts, end):
        span = trimmed(text, start, cut)
        if span[0] < span[1]:
            spans.append(span)
        start = cut
    return spans
