"""Bytes of objects, addressed by their SHA-256."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import Fatal
from freshground.core.ids import content_hash

if TYPE_CHECKING:
    from freshground.lake.storage import Files


class Blobs:
    """The content-addressed files of a lake."""

    def __init__(self, files: Files) -> None:
        self._files = files

    @staticmethod
    def path(digest: str) -> str:
        """Return where the bytes of a hash lie, relative to the lake."""
        return f"blobs/{digest[:2]}/{digest}"

    def put(self, data: bytes) -> str:
        """Keep bytes and return their hash; bytes that are there already are not written again."""
        digest = content_hash(data)
        self._files.put_new(self.path(digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes of a hash. Fatal when they are gone or damaged."""
        data = self._files.get(self.path(digest))
        if data is None or content_hash(data) != digest:
            state = "is missing from" if data is None else "is damaged in"
            raise Fatal(
                f"The object {digest} {state} the lake.",
                "Restore the lake, or touch the file at its source so that it is read again.",
            )
        return data
