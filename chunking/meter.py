"""How large a piece of text is.

Pieces are counted in tiktoken's tokens only. What the encoder makes of them is foreseen at the rate
of a sample text, because its tokenizer is the slowest part of chunking; each finished chunk is then
counted in both (see packing), so the bound is sure and the forecast only saves refusals.

A weight is a share of a full chunk in thousandths, as an integer: sums of it do not depend on
where a document was started to be added up, as sums of floats would.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FULL = 1000
HALF = FULL // 2
QUARTER = FULL // 4
EIGHTH = FULL // 8
_LEAST_ROOM = 8
_LONG_WHITESPACE = 4096
_SAMPLE = (
    "Cover begins on the day that the first premium is paid, unless the schedule names a later "
    "date. We replace damaged items at today's price, less an excess of 250 EUR for each claim; "
    "electronics older than three years (section 4.2) are valued individually. Write to us within "
    "14 days, describing how, when and where the loss happened."
)


class Meter:
    """Counts texts, and says how many tokens a chunk may have.

    `limit` is what the encoder reads at most, special tokens included. ConfigError when its
    special tokens leave no room for text.
    """

    def __init__(
        self,
        max_tokens: int,
        limit: int,
        tokens: Callable[[Sequence[str]], list[int]],
        encoder_tokens: Callable[[Sequence[str]], list[int]],
    ) -> None:
        self.max_tokens = max_tokens
        self.limit = limit
        self.tokens = tokens
        self.encoder_tokens = encoder_tokens
        self.special, sample = encoder_tokens(["", _SAMPLE])
        self._rate = (max(1, sample - self.special), tokens([_SAMPLE])[0])
        if limit - self.special < _LEAST_ROOM:
            raise ConfigError(
                f"An encoder limit of {limit} tokens holds no text: {self.special} are special.",
                f"Set max_encoder_tokens to {self.special + _LEAST_ROOM} or more.",
            )
        self.full = self.capacity(0)
        self._whitespace = {"": 0, " ": 0}

    def capacity(self, prefix: int) -> int:
        """Return the tokens that a chunk may have behind a prefix of so many encoder tokens."""
        encoded, tokens = self._rate
        room = self.limit - self.special - prefix
        return max(1, min(self.max_tokens, room * tokens // encoded))

    def whitespace(self, text: str) -> int:
        """Return the tokens that whitespace between two pieces adds; a long run fills a chunk."""
        if len(text) > _LONG_WHITESPACE:
            return self.full
        tokens = self._whitespace.get(text)
        if tokens is None:
            tokens = self._whitespace[text] = self.tokens([text])[0]
        return tokens

    def weight(self, tokens: int) -> int:
        """Return the share of a full chunk, in thousandths."""
        return -(-FULL * tokens // self.full)
