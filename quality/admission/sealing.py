"""Values sealed so that only a holder of the key reads them. The one module with a cipher.

AES-SIV: the same value of the same document seals alike, so masking again writes nothing new; the
document and the pseudonym are bound to it, so that no sealed value passes for another's.
"""

from __future__ import annotations

import base64
import hashlib

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_SALT = b"freshground masking 1"
LEAST_KEY = 16
"""Bytes of a key: fewer can be tried out."""


def derived(key: bytes, use: str, length: int = 32) -> bytes:
    """Return a key of `length` bytes for one use, made from the project's."""
    return HKDF(hashes.SHA256(), length, _SALT, use.encode()).derive(key)


def key_id(key: bytes) -> str:
    """Return 16 hex digits that name a key and tell nothing of it."""
    return hashlib.sha256(derived(key, "id")).hexdigest()[:16]


def seal(key: bytes, doc_id: str, pseudonym: str, value: str) -> str:
    """Return a value's ciphertext, base64."""
    cipher = AESSIV(derived(key, "seal", 64))
    data = value.encode("utf-8", "surrogatepass")
    bound = [doc_id.encode(), pseudonym.encode()]
    return base64.b64encode(cipher.encrypt(data or b"\0", bound)).decode()


def opened(key: bytes, doc_id: str, pseudonym: str, sealed: str) -> str | None:
    """Return the value that was sealed, or None when it was under another key or for another."""
    cipher = AESSIV(derived(key, "seal", 64))
    try:
        data = cipher.decrypt(base64.b64decode(sealed), [doc_id.encode(), pseudonym.encode()])
    except InvalidTag:
        return None
    return data.decode("utf-8", "surrogatepass")
