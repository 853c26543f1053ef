"""Ids that are the same on every machine and in every run."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROW_HASH_BITS = 128
_ROW_HASH_MODULUS = 1 << ROW_HASH_BITS


def digest(*parts: str | bytes) -> str:
    """Return 32 hex digits for an ordered list of parts.

    Each part is prefixed by its length, so that ("ab", "c") and ("a", "bc") differ.
    """
    state = hashlib.blake2b(digest_size=16)
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        state.update(len(data).to_bytes(8, "little"))
        state.update(data)
    return state.hexdigest()


def content_hash(data: bytes) -> str:
    """Return the SHA-256 of an object's bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def doc_id(source_id: str, key: str) -> str:
    """Return the id of the document that a source lists under `key`."""
    return digest("doc", source_id, key)


def chunk_id(document: str, text: str, occurrence: int) -> str:
    """Return a chunk's id: its document, its own text, and which repeat of that text (0-based)."""
    return digest("chunk", document, text, str(occurrence))


def embed_hash(text: str) -> str:
    """Return the cache key of a text that is embedded, within one embedding space."""
    return digest("embed", text)


def passage_id(text: str) -> str:
    """Return the id of a passage wherever it stands: equal for texts that read the same.

    Spaces and the way accents are encoded say nothing; case does, as in mW and MW.
    """
    return digest("passage", " ".join(unicodedata.normalize("NFC", text).split()))


def hash_sum(hashes: Iterable[str]) -> int:
    """Return the order-free sum of 128-bit row hashes given as hex digits."""
    return sum(int(value, 16) for value in hashes) % _ROW_HASH_MODULUS


def hash_add(total: int, added: int, removed: int = 0) -> int:
    """Return `total` after rows that sum to `added` came and rows that sum to `removed` went."""
    return (total + added - removed) % _ROW_HASH_MODULUS


def hash_text(total: int) -> str:
    """Return an order-free sum as 32 hex digits."""
    return f"{total:032x}"
