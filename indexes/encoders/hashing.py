"""An encoder without a model: signed feature hashing of words and word pairs.

For tests, benchmarks and proofs that count. Texts that share words are near each other, the same
on every machine, at tens of thousands of texts a second.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from itertools import chain
from typing import TYPE_CHECKING, Self

import numpy as np

from freshground.core.errors import ConfigError
from indexes.encoders.space import make_space

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.core.records import EmbeddingSpace, Encoder

_NAME = re.compile(r"hashing-(\d+)")
_WORD = re.compile(r"\w+")
_PIECE = re.compile(r"\w{1,6}|[^\w\s]")
_SPECIAL_TOKENS = 2
_MOST_WORDS = 1 << 20
_WINDOW_TEXTS = 256
_NO_WORDS = "\0"
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
_FINAL = np.uint64(0xC2B2AE3D27D4EB4F)
_PAIR_WEIGHT = 0.5


class _WordHashes(dict[str, int]):
    """64-bit hashes of words, remembered."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_WORDS:
            self.clear()
        data = word.encode("utf-8", "surrogatepass")
        value = self[word] = int.from_bytes(blake2b(data, digest_size=8).digest(), "little")
        return value


class HashEncoder:
    """Hashes words (weight 1) and neighbouring pairs (weight 0.5) into `dimensions` signed sums.

    `texts_encoded` counts the texts that `encode` was given; queries do not count.
    """

    space: EmbeddingSpace
    runtime: str = "hashing"
    max_tokens: int = 512

    def __init__(self, dimensions: int = 256, prefix: str = "", query_prefix: str = "") -> None:
        self.texts_encoded = 0
        self._prefix = prefix
        self._query_prefix = query_prefix
        self._hashes = _WordHashes()
        self.space = make_space(
            model=f"hashing-{dimensions}",
            weights="hashing-v1",
            pooling="sum",
            prefix=prefix,
            dimensions=dimensions,
            precision="exact",
        )

    @classmethod
    def knows(cls, model: str) -> bool:
        """Whether a model's name means a hash encoder: hashing-N, N dimensions."""
        return _NAME.fullmatch(model) is not None

    @classmethod
    def named(cls, model: str, prefix: str = "", query_prefix: str = "") -> Self:
        """Return the encoder of a name such as hashing-256; ConfigError for an unfit N."""
        match = _NAME.fullmatch(model)
        if match is None or not 8 <= int(match[1]) <= 4096:  # noqa: PLR2004 - said in the message
            found = f"{model!r} names no hash encoder."
            raise ConfigError(found, "Write hashing-N with N from 8 to 4096, such as hashing-256.")
        return cls(int(match[1]), prefix, query_prefix)

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), rows of unit length."""
        vectors = np.empty((len(texts), self.space.dimensions), dtype=np.float32)
        for start in range(0, len(texts), _WINDOW_TEXTS):
            window = [self._prefix + text for text in texts[start : start + _WINDOW_TEXTS]]
            vectors[start : start + len(window)] = self._vectors(window)
            self.texts_encoded += len(window)
            if progress is not None:
                progress(len(window))
        return vectors

    def encode_query(self, text: str) -> np.ndarray:
        """Return float32 of shape (space.dimensions,), unit length."""
        return self.encode_queries([text])[0]

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 of shape (len(texts), space.dimensions), unit rows, of texts asked for."""
        return self._vectors([self._query_prefix + text for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the number of pieces of at most six letters, single signs and two specials."""
        return [len(_PIECE.findall(self._prefix + text)) + _SPECIAL_TOKENS for text in texts]

    def _vectors(self, texts: Sequence[str]) -> np.ndarray:
        dimensions = self.space.dimensions
        words = [_WORD.findall(text.lower()) or [_NO_WORDS] for text in texts]
        lengths = np.fromiter(map(len, words), dtype=np.int64, count=len(words))
        hashes = np.fromiter(
            map(self._hashes.__getitem__, chain.from_iterable(words)),
            dtype=np.uint64,
            count=int(lengths.sum()),
        )
        rows = np.repeat(np.arange(len(texts), dtype=np.int64), lengths)
        paired = rows[1:] == rows[:-1]
        pairs = (hashes[:-1] * _MULTIPLIER + hashes[1:])[paired]
        features = np.concatenate([hashes, pairs])
        features = (features ^ (features >> np.uint64(29))) * _FINAL
        signs = 1.0 - 2.0 * (features & np.uint64(1)).astype(np.float64)
        signs[len(hashes) :] *= _PAIR_WEIGHT
        buckets = ((features >> np.uint64(32)) * np.uint64(dimensions)) >> np.uint64(32)
        cells = np.concatenate([rows, rows[1:][paired]]) * dimensions + buckets.view(np.int64)
        sums = np.bincount(cells, weights=signs, minlength=len(texts) * dimensions)
        sums = sums.reshape(len(texts), dimensions)
        norms = np.linalg.norm(sums, axis=1, keepdims=True)
        cancelled = norms[:, 0] == 0
        sums[cancelled, 0] = norms[cancelled, 0] = 1.0
        return (sums / norms).astype(np.float32)


class CountingEncoder:
    """Another encoder that keeps what it was asked to encode: proofs read it.

    `texts_encoded` lists every text given to `encode`, in order, `calls` counts the calls.
    """

    space: EmbeddingSpace
    max_tokens: int

    def __init__(self, inner: Encoder) -> None:
        self._inner = inner
        self.space = inner.space
        self.max_tokens = inner.max_tokens
        self.texts_encoded: list[str] = []
        self.calls = 0

    @property
    def runtime(self) -> str:
        """The inner encoder's runtime."""
        return self._inner.runtime

    def encode(
        self, texts: Sequence[str], progress: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Note the texts, then return the inner encoder's vectors."""
        self.calls += 1
        self.texts_encoded.extend(texts)
        return self._inner.encode(texts, progress)

    def encode_query(self, text: str) -> np.ndarray:
        """Return the inner encoder's vector."""
        return self._inner.encode_query(text)

    def encode_queries(self, texts: Sequence[str]) -> np.ndarray:
        """Return the inner encoder's vectors."""
        return self._inner.encode_queries(texts)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Return the inner encoder's counts."""
        return self._inner.count_tokens(texts)
