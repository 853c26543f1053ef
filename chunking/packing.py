"""Filling chunks with pieces between two anchors.

Chunks are filled from the start of a stretch, each as far as it fits, and end at the best gap in
the upper half. Token counts do not add up exactly, so a filled chunk is a proposal: it is counted
as a whole, and a chunk that turns out too large is filled again with a lower ceiling.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING

from chunking.meter import HALF, QUARTER
from chunking.pieces import Gap, measure, split, weigh
from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chunking.context import Context
    from chunking.meter import Meter
    from chunking.pieces import Piece


_STRIDE = 8
_FAR = 2
_OPENING = 8


@dataclass(frozen=True, slots=True)
class Proposal:
    """A chunk to be counted: pieces[first:end], of which those before `start` are overlap.

    `prefix` is the one foreseen; None says that the chunk must do without.
    """

    first: int
    start: int
    end: int
    prefix: str | None


class Packer:
    """Packs one stretch. `pieces` may start with `context` pieces that serve as overlap only.

    `before_section` says that a heading or slide follows, so that a crumb left at the end would not
    be joined by text that comes later: there, and only there, the last two chunks share.
    """

    def __init__(
        self,
        text: str,
        pieces: Sequence[Piece],
        *,
        context: int,
        overlap: int,
        before_section: bool,
        meter: Meter,
        prefixes: Context,
    ) -> None:
        self.pieces = list(pieces)
        self._text = text
        self._at = context
        self._overlap = overlap
        self._share = before_section
        self._meter = meter
        self._prefixes = prefixes
        self._ceiling: int | None = None
        self._hint: int | None = None
        self._stride = 2
        self._bare = False
        self._slow = False
        self._add_up()

    @property
    def done(self) -> bool:
        """Whether every piece lies in an accepted chunk."""
        return self._at == len(self.pieces)

    def propose(self) -> list[Proposal]:
        """Return some chunks that follow the last accepted one, more while all are accepted."""
        proposals: list[Proposal] = []
        start = self._at
        # What follows a lowered ceiling or a hint depends on what it lets through.
        count = self._stride if self._ceiling is None and self._hint is None else 1
        while start < len(self.pieces) and len(proposals) < count:
            proposal = self._fill(start, first=not proposals)
            proposals.append(proposal)
            start = proposal.end
        self._stride = min(2 * self._stride, _STRIDE)
        return proposals

    def accept(self, proposal: Proposal) -> None:
        """Take a proposal as it is."""
        self._at = proposal.end
        self._bare = False
        self._ceiling = self._hint = None
        if self._slow:
            # Text like this overshoots again and again: feel the way up from what fitted.
            self._hint = 2 * self._sum(proposal.first, proposal.end)
            self._slow = self._hint < self._meter.full

    def refuse(self, proposal: Proposal, tokens: int, encoded: int) -> None:
        """Lower the ceiling of the next proposal: this one had that many tokens in truth.

        `encoded` counts prefix and special tokens too.
        """
        total = self._sum(proposal.first, proposal.end)
        fixed = self._meter.special + self._prefixes.cost(proposal.prefix or "")
        room = max(0, self._meter.limit - fixed)
        fair = min(
            total * self._meter.max_tokens // max(1, tokens),
            total * room // max(1, encoded - fixed),
        )
        # The first piece is given up, that is cut finer, only when it was refused by itself.
        least = self._sum(proposal.first, proposal.start + 1)
        self._ceiling = min(total - 1, max(fair, least))
        self._stride = 1
        if tokens > _FAR * self._meter.max_tokens or encoded > _FAR * self._meter.limit:
            self._slow = True

    def _fill(self, start: int, *, first: bool) -> Proposal:
        while True:
            begin = self._overlap_start(start)
            prefix, end = self._reach(begin, start, first=first)
            if end <= start and begin < start:
                begin = start
                prefix, end = self._reach(begin, start, first=first)
            if end <= start:
                if self._split(start):
                    continue
                if first and self._bare:
                    raise self._too_small(start)
                if first:
                    # One character and its prefix do not fit together: the prefix goes.
                    self._bare, self._ceiling = True, None
                    continue
                end = start + 1
            elif end < len(self.pieces) and self._only_headings(start, end) and self._split(end):
                continue
            return Proposal(begin, start, self._cut(start, end), prefix)

    def _reach(self, begin: int, start: int, *, first: bool) -> tuple[str | None, int]:
        """Return the prefix of a chunk from `begin`, and where it must end by the sums."""
        prefix = None
        most = self._meter.capacity(0)
        if not (first and self._bare):
            prefix = self._prefixes.prefix(self._opening(begin))
            most = self._meter.capacity(self._prefixes.cost(prefix))
        if first and self._ceiling is not None:
            most = min(most, self._ceiling)
        end = self._furthest(begin, most)
        if first and self._hint is not None and end > start:
            end = max(start + 1, min(end, self._furthest(begin, self._hint)))
        return prefix, end

    def _opening(self, begin: int) -> list[Piece]:
        """Return the pieces from `begin` to the first one that is no heading."""
        pieces = self.pieces[begin : begin + _OPENING]
        content = (i for i, piece in enumerate(pieces) if piece.level is None)
        return pieces[: next(content, len(pieces)) + 1]

    def _cut(self, start: int, end: int) -> int:
        """Return where the chunk from `start` ends, at most at `end`."""
        pieces, size = self.pieces, len(self.pieces)
        half = bisect_right(self._weights, self._weights[start] + HALF - 1)
        upper = range(max(start + 1, half), end + 1 if end < size else end)
        # Small sections are merged until they fill half a chunk, no further: a section that grows
        # at the end of a document then does not drag its neighbour into another chunk.
        cut = next((i for i in upper if pieces[i].gap is Gap.SECTION), None)
        if cut is None:
            if end == size:
                return end
            cut = max(upper, key=lambda i: (pieces[i].gap, i), default=end)
            if pieces[cut].gap is Gap.HELD:
                lower = (i for i in range(end, start, -1) if pieces[i].gap is not Gap.HELD)
                cut = next(lower, end)
        if not self._share or self._weights[size] - self._weights[cut] >= QUARTER:
            return cut
        if end == size:
            return end
        return self._leave_more(start, cut)

    def _leave_more(self, start: int, cut: int) -> int:
        """Return an earlier cut that leaves the last chunk no crumb, where there is one."""
        total = self._weights[-1]
        earlier = [
            i
            for i in range(start + 1, cut)
            if self.pieces[i].gap >= Gap.PART
            and total - self._weights[i] >= QUARTER
            and self._weights[i] - self._weights[start] >= QUARTER
        ]
        return max(earlier, key=lambda i: (self.pieces[i].gap, i), default=cut)

    def _furthest(self, begin: int, ceiling: int) -> int:
        """Return the greatest end such that the pieces from `begin` add up to the ceiling."""
        return (
            bisect_right(self._tokens, self._tokens[begin] + self.pieces[begin].lead + ceiling) - 1
        )

    def _overlap_start(self, start: int) -> int:
        begin = start
        for i in range(start - 1, -1, -1):
            if self._sum(i, start) > self._overlap:
                break
            if self.pieces[i].gap >= Gap.PART:
                begin = i
        return begin

    def _sum(self, begin: int, end: int) -> int:
        return self._tokens[end] - self._tokens[begin] - self.pieces[begin].lead

    def _only_headings(self, start: int, end: int) -> bool:
        return (
            self._weights[end] - self._weights[start] <= HALF
            and self.pieces[end].gap is Gap.HELD
            and all(self.pieces[i].level is not None for i in range(start, end))
        )

    def _split(self, index: int) -> bool:
        """Cut a piece finer; False when it is one character."""
        parts = split(self._text, self.pieces[index], self._meter)
        if len(parts) == 1:
            return False
        self.pieces[index : index + 1] = parts
        measure(self._text, parts, self._meter)
        weigh(self._text, self.pieces, self._meter)
        self._add_up()
        return True

    def _add_up(self) -> None:
        self._tokens = [0, *accumulate((p.tokens or 0) + p.lead for p in self.pieces)]
        self._weights = [0, *accumulate(piece.weight for piece in self.pieces)]

    def _too_small(self, index: int) -> ConfigError:
        piece = self.pieces[index]
        return ConfigError(
            f"One character (U+{ord(self._text[piece.start]):04X}) is larger than a chunk of "
            f"{self._meter.max_tokens} tokens and an encoder limit of {self._meter.limit}.",
            "Set max_tokens and max_encoder_tokens higher.",
        )
