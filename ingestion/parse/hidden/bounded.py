"""How much hidden text is kept: what somebody made unseen first, the usual comments last."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.records import Hidden

MAX_PIECES = 200
MAX_CHARS = 100_000
"""Characters of hidden text of one document, all pieces together."""

MIN_LETTERS = 8
_LETTER = re.compile(r"[^\W\d_]")
_USUAL = {"comment": 1, "alt_text": 2, "metadata": 3}


def bounded(pieces: Iterable[Hidden]) -> tuple[Hidden, ...]:
    """Return the pieces that say something, each once, within the bounds."""
    kept: list[Hidden] = []
    seen: set[tuple[str, str]] = set()
    room = MAX_CHARS
    for piece in sorted(pieces, key=lambda piece: _USUAL.get(piece.kind, 0)):
        text = piece.text[:room]
        if (piece.kind, text) in seen or sum(1 for _ in _LETTER.finditer(text[:200])) < MIN_LETTERS:
            continue
        seen.add((piece.kind, text))
        kept.append(piece if text == piece.text else replace(piece, text=text))
        room -= len(text)
        if room <= 0 or len(kept) >= MAX_PIECES:
            break
    return tuple(kept)
