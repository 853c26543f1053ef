"""Words one edit away: what `fuzzy` finds for a word of four letters and more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from indexes.search.analysis import surface

if TYPE_CHECKING:
    from indexes.search.contract import View

FUZZY_FROM = 4
"""Letters a word has at least to be looked for with an edit."""
_KNOWN = 5000
_TAKEN = 20


def one_edit(asked: str, word: str, *, prefix: bool) -> bool:
    """Return whether a word, or a beginning of it, is `asked` with at most one edit.

    An edit adds, drops or changes a letter, or swaps two neighbours.
    """
    at = 0
    while at < len(asked) and at < len(word) and asked[at] == word[at]:
        at += 1
    if at == len(asked):
        return prefix or len(word) <= at + 1
    rest, left = asked[at:], word[at:]
    pairs = [(rest[1:], left[1:]), (rest[1:], left), (rest, left[1:])]
    if rest[:2] == left[1::-1] and len(left) > 1:
        pairs.append((rest[2:], left[2:]))
    return any(there.startswith(here) if prefix else here == there for here, there in pairs)


def near_words(view: View, field: str, word: str, *, prefix: bool) -> list[str]:
    """Return words of rows in view that are a word with one edit, the first letter kept.

    Those of most rows come first; at most 20, among the 5,000 commonest of that letter.
    """
    asked = surface(word)
    if len(asked) < FUZZY_FROM:
        return []
    known = view.words(field, asked[0], _KNOWN)
    found = [each for each in known if one_edit(asked, surface(each), prefix=prefix)]
    return found[:_TAKEN]
