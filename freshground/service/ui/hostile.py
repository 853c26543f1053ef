"""Text of documents as people can see it: what hides or turns other text around is made visible."""

from __future__ import annotations

import unicodedata

LONGEST = 20_000
"""Characters of one text that a page shows."""

_KEPT = "\n\t"


def shown(text: object, longest: int = LONGEST) -> str:
    """Return a text with control, format and bidi characters as their code points, and cut.

    It is not escaped: templates do that.
    """
    whole = "" if text is None else str(text)
    cut = whole[:longest]
    seen = "".join(_visible(character) for character in cut)
    left = len(whole) - len(cut)
    return f"{seen}… ({left:,} more characters)" if left > 0 else seen


def _visible(character: str) -> str:
    if character.isprintable() or character in _KEPT:
        return character
    if unicodedata.category(character) in ("Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"):
        return f"⟨U+{ord(character):04X}⟩"
    return character
