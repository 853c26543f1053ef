"""Documents into chunks. The rules stand in docs/adr/0007-chunk-boundaries.md."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chunking import tokens
from chunking.anchors import stretches
from chunking.context import Context
from chunking.meter import Meter
from chunking.packing import Packer
from chunking.pieces import SLIDES, Gap, pieces_of
from freshground.core.cells import Cells
from freshground.core.ids import digest
from freshground.core.records import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chunking.packing import Proposal
    from chunking.pieces import Piece
    from freshground.core.records import Document
    from freshground.core.settings import Chunking

REVISION = 2
"""Raised by hand when the same document would be cut differently: every chunk is made again."""

_BATCH = 64


class Chunker:
    """Cuts documents at their structure into passages bounded in two tokenizers.

    `id` identifies the whole rule: settings, limits, tokenizer and revision. ConfigError when the
    encoder's special tokens leave no room for text.
    """

    def __init__(
        self,
        settings: Chunking,
        *,
        encoder_tokens: Callable[[Sequence[str]], list[int]],
        encoder_limit: int,
        tokenizer_id: str,
    ) -> None:
        """Take the encoder's counter (special tokens included) and what it reads at most."""
        limit = min(encoder_limit, settings.max_encoder_tokens or encoder_limit)
        self._overlap = settings.overlap
        self._meter = Meter(settings.max_tokens, limit, tokens.count, encoder_tokens)
        self.id = digest(
            "chunker", str(REVISION), settings.model_dump_json(), str(encoder_limit), tokenizer_id
        )

    def split(self, document: Document) -> list[Chunk]:
        """Return the document's chunks in order; none for a document without visible text.

        Each holds at most `max_tokens` tiktoken tokens in `text` and at most the encoder's limit
        in `embed_text`. Without overlap they hold every non-whitespace character exactly once.
        ConfigError when the limits are too small for a single character of the document.
        """
        pieces = pieces_of(document, self._meter)
        prefixes = Context(document.text, document.title, self._meter)
        packers = self._packers(document, pieces, prefixes)
        made: list[list[Chunk]] = [[] for _ in packers]
        open_ = [i for i, packer in enumerate(packers) if not packer.done]
        while open_:
            for at in range(0, len(open_), _BATCH):
                batch = open_[at : at + _BATCH]
                self._round(document.text, [(packers[i], made[i]) for i in batch], prefixes)
            open_ = [i for i in open_ if not packers[i].done]
        chunks = [chunk for group in made for chunk in group]
        cells = Cells(document)
        return [
            replace(chunk, ordinal=ordinal, cells=cells.between(chunk.start, chunk.end))
            for ordinal, chunk in enumerate(chunks)
        ]

    def _packers(self, document: Document, pieces: list[Piece], prefixes: Context) -> list[Packer]:
        packers = []
        text = document.text
        slides = document.media_type in SLIDES
        for stretch in stretches(text, pieces, slides=slides):
            first = stretch.start
            budget = self._overlap
            while first > stretch.section:
                budget -= pieces[first - 1].tokens or 0
                if budget < 0:
                    break
                first -= 1
            packers.append(
                Packer(
                    text,
                    pieces[first : stretch.end],
                    context=stretch.start - first,
                    overlap=self._overlap,
                    before_section=(
                        stretch.end < len(pieces) and pieces[stretch.end].gap is Gap.SECTION
                    ),
                    meter=self._meter,
                    prefixes=prefixes,
                )
            )
        return packers

    def _round(self, text: str, work: list[tuple[Packer, list[Chunk]]], prefixes: Context) -> None:
        """Let each packer propose, count everything in one batch, keep what fits."""
        proposed = [(packer, out, packer.propose()) for packer, out in work]
        drafts = [
            _draft(text, packer.pieces, proposal, prefixes)
            for packer, _, proposals in proposed
            for proposal in proposals
        ]
        counts = self._meter.tokens([draft.text for draft in drafts])
        encoded = self._meter.encoder_tokens([draft.embed_text for draft in drafts])
        results = iter(zip(drafts, counts, encoded, strict=True))
        for packer, out, proposals in proposed:
            fits = True
            for proposal, (draft, count, length) in zip(
                proposals, [next(results) for _ in proposals], strict=True
            ):
                if fits and count <= self._meter.max_tokens and length <= self._meter.limit:
                    packer.accept(proposal)
                    out.append(replace(draft, tokens=count))
                elif fits:
                    fits = False
                    packer.refuse(proposal, count, length)


def _draft(text: str, pieces: Sequence[Piece], proposal: Proposal, prefixes: Context) -> Chunk:
    """Return a proposal as a chunk whose tokens are not counted and whose place is not known."""
    members = pieces[proposal.first : proposal.end]
    prefix = "" if proposal.prefix is None else prefixes.prefix(members)
    pages = [piece.page for piece in members if piece.page is not None]
    start, end = members[0].start, members[-1].end
    return Chunk(
        ordinal=0,
        text=text[start:end],
        start=start,
        end=end,
        page_first=min(pages, default=None),
        page_last=max(pages, default=None),
        headings=prefixes.headings(members),
        tokens=0,
        embed_text=prefix + text[start:end],
        table_header=prefixes.table_header(members[0]),
    )
