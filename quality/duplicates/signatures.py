"""Signatures of texts, by MinHash: of few bytes, and alike where the texts are.

The only module that imports datasketch.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from freshground.core.ids import digest
from quality.duplicates.words import numbers, plain, runs, text_hash, words_of

if TYPE_CHECKING:
    from datasketch import MinHash

BANDS, ROWS = 25, 5
"""Texts of a Jaccard similarity of 0.8 share a band nearly always, of 0.5 one time in two."""
SIZE = BANDS * ROWS
CLASSES = 64
_SEED = 1
_AT_ONCE = 4096

MADE_BY = digest("minhash", str(SIZE), str(_SEED), "affine32", "three words", "1")
"""Changes with whatever changes a signature."""


class Signed(NamedTuple):
    """What is kept of a text: see `quality.duplicates.words`."""

    text_hash: str
    signature: bytes


@cache
def _empty() -> MinHash:
    from datasketch import MinHash

    return MinHash(num_perm=SIZE, seed=_SEED, hashfunc=int, scheme="affine32")


def sign(title: str | None, text: str) -> Signed:
    """Return the signature of a document. Its time grows with the text alone."""
    whole = plain(title, text)
    words = words_of(whole)
    made = _empty().copy()
    hashes = np.unique(runs(words)).tolist()
    for start in range(0, len(hashes), _AT_ONCE):
        made.update_batch(hashes[start : start + _AT_ONCE])
    values = made.hashvalues.astype(np.uint32)
    return Signed(text_hash(whole), values.tobytes() + numbers(words).tobytes())


def read(signatures: list[bytes]) -> tuple[np.ndarray, np.ndarray]:
    """Return signatures as arrays: uint32 of shape (n, SIZE), and uint8 of (n, CLASSES)."""
    raw = np.frombuffer(b"".join(signatures), np.uint8).reshape(len(signatures), -1)
    hashed = np.ascontiguousarray(raw[:, : SIZE * 4]).view(np.uint32)
    return hashed, raw[:, SIZE * 4 :]
