"""Sealed originals of masked values: one file a document and key, gone when the document goes.

The lake sees ciphertext alone: the key is held elsewhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freshground.lake.storage import Files

_FOLDER = "sealed"
_SALT = "masking/pseudonyms.key"


class Sealed:
    """The sealed values of one lake: pseudonym -> ciphertext, by document and id of the key."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def keep(self, doc_id: str, key_id: str, values: Mapping[str, str]) -> None:
        """Add what was sealed of a document; earlier versions of it may still be served."""
        path = f"{_FOLDER}/{doc_id}/{key_id}.json"
        before = json.loads(self._files.get(path) or b"{}")
        if not values.items() <= before.items():
            self._files.put(path, json.dumps({**before, **values}, sort_keys=True).encode())

    def all(self, key_id: str, doc_id: str | None = None) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the documents that have values sealed under a key, with these."""
        prefix = _FOLDER if doc_id is None else f"{_FOLDER}/{doc_id}"
        for path in self._files.list(prefix):
            if path.endswith(f"/{key_id}.json"):
                data = self._files.get(path)
                if data is not None:
                    yield path.split("/")[-2], json.loads(data)

    def forget(self, doc_id: str) -> int:
        """Delete all that is sealed of a document; return how many files that were."""
        paths = self._files.list(f"{_FOLDER}/{doc_id}")
        self._files.delete(paths)
        return len(paths)

    def lake_key(self, new: bytes) -> bytes:
        """Return the lake's own key of pseudonyms; `new` becomes it where there is none yet."""
        if self._files.put_new(_SALT, new.hex().encode()):
            return new
        return bytes.fromhex((self._files.get(_SALT) or b"").decode())
