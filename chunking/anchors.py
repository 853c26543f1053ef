"""Where chunks surely start, decided by the text nearby and by nothing further away.

Packing fills chunks one after the other, so an edit would shift every boundary below it. An anchor
stops that: a chunk starts there whatever comes before. Two kinds:

- a heading whose preceding section is large enough to stand alone (or a slide after one);
- inside longer stretches, a gap whose rank, a hash of the neighbouring text, beats every gap
  within BACK before it and AHEAD after it. AHEAD is short, so that text appended to a document
  hardly ever moves an anchor that was there. Better gaps draw several hashes and keep the highest:
  they win more often, but the gap before an appended paragraph does not win against any sentence.

Distances are weights: thousandths of a full chunk.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from chunking.meter import EIGHTH, FULL, HALF, QUARTER
from chunking.pieces import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chunking.pieces import Piece

BACK = FULL + HALF
AHEAD = HALF
_NEIGHBOURHOOD = 64
_DRAW = 8
_DRAWS = {Gap.PART: 1, Gap.ELEMENT: 4, Gap.SECTION: 8}


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces [start, end) that are packed by themselves.

    `section` is the first piece of the section group it lies in: overlap goes back no further.
    """

    start: int
    end: int
    section: int


def stretches(text: str, pieces: list[Piece], *, slides: bool) -> list[Stretch]:
    """Return the stretches between anchors, in order; together they are all pieces.

    `slides` says that pages are slides. May weaken the gap before a small last subsection, which
    then joins what precedes it.
    """
    found = []
    positions = [0, *accumulate(piece.weight for piece in pieces)]
    starts = _sections(pieces, positions, slides=slides)
    for start, end in pairwise((*starts, len(pieces))):
        inner = _peaks(text, pieces, positions, start, end)
        cuts = (start, *inner, end)
        found.extend(Stretch(a, b, start) for a, b in pairwise(cuts))
    return found


def _sections(pieces: list[Piece], positions: list[int], *, slides: bool) -> list[int]:
    """Return the headings and slides that are anchors."""
    if not pieces:
        return []
    heads = [i for i, piece in enumerate(pieces) if piece.gap is Gap.SECTION]
    own = [positions[b] - positions[a] for a, b in pairwise((*heads, len(pieces)))]
    anchors = [heads[0]]
    joined = False
    for k in range(1, len(heads)):
        piece = pieces[heads[k]]
        slide = slides and piece.page != pieces[heads[k] - 1].page
        stands = own[k - 1] >= (EIGHTH if slide else QUARTER)
        if (
            stands
            and own[k] < QUARTER
            and k + 1 < len(heads)
            and not slide
            and _ends_parent(piece, pieces[heads[k + 1]])
        ):
            # The last small subsection belongs to what precedes it, not to the next chapter.
            piece.gap = Gap.ELEMENT
            joined = True
            continue
        if stands or joined:
            anchors.append(heads[k])
        joined = False
    return anchors


def _ends_parent(piece: Piece, following: Piece) -> bool:
    return piece.level is not None and following.level is not None and following.level < piece.level


def _peaks(
    text: str, pieces: list[Piece], positions: list[int], start: int, end: int
) -> Iterator[int]:
    """Yield the anchors between the section starts `start` and `end`."""
    if positions[end] - positions[start] <= BACK:
        return
    last = end == len(pieces)
    gaps = [i for i in range(start + 1, end) if pieces[i].gap >= Gap.PART]
    ranks = [_rank(text, pieces[i - 1], pieces[i]) for i in gaps]
    for k, i in enumerate(gaps):
        at = positions[i]
        # A section start outranks every gap, so near one there is no peak. The end of the document
        # is none: there, appended text must not undo what was decided.
        if at - positions[start] < BACK or (not last and positions[end] - at < AHEAD):
            continue
        if _beats_before(k, at, gaps, ranks, positions) and _beats_after(
            k, at, gaps, ranks, positions
        ):
            yield i


def _beats_before(
    k: int, at: int, gaps: list[int], ranks: list[bytes], positions: list[int]
) -> bool:
    for j in range(k - 1, -1, -1):
        if at - positions[gaps[j]] > BACK:
            break
        if ranks[j] >= ranks[k]:
            return False
    return True


def _beats_after(
    k: int, at: int, gaps: list[int], ranks: list[bytes], positions: list[int]
) -> bool:
    for j in range(k + 1, len(gaps)):
        if positions[gaps[j]] - at > AHEAD:
            break
        if ranks[j] > ranks[k]:
            return False
    return True


def _rank(text: str, before: Piece, after: Piece) -> bytes:
    left = text[max(before.start, before.end - _NEIGHBOURHOOD) : before.end]
    right = text[after.start : min(after.end, after.start + _NEIGHBOURHOOD)]
    data = f"{left}\n\n{right}".encode("utf-8", "surrogatepass")
    draws = hashlib.blake2b(data, digest_size=_DRAW * _DRAWS[after.gap]).digest()
    return max(draws[i : i + _DRAW] for i in range(0, len(draws), _DRAW))
