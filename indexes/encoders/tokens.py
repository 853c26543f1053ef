"""The model's own tokens."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING

from tokenizers import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_SURROGATES = re.compile("[\ud800-\udfff]")


class ModelTokens:
    """Counts a model's tokens, and cuts texts into at most `max_tokens` of them.

    Two tokenizers, because truncation is a state of a tokenizer and counting must not truncate.
    """

    def __init__(self, file: Path, max_tokens: int) -> None:
        self._file = file
        self.max_tokens = max_tokens

    def ids(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of each text, special tokens included, cut at `max_tokens`."""
        return [encoding.ids for encoding in self._cutting.encode_batch_fast(_sound(texts))]

    def count(self, texts: Sequence[str]) -> list[int]:
        """Return the number of tokens of each whole text, special tokens included."""
        return [len(encoding) for encoding in self._counting.encode_batch_fast(_sound(texts))]

    @cached_property
    def _counting(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._file))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        return tokenizer

    @cached_property
    def _cutting(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self._file))
        tokenizer.no_padding()
        tokenizer.enable_truncation(self.max_tokens)
        return tokenizer


def _sound(texts: Sequence[str]) -> list[str]:
    """Replace lone surrogates, which no UTF-8 tokenizer can read."""
    return [_SURROGATES.sub("\ufffd", text) for text in texts]
