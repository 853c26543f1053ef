"""Which release an index serves: a compare-and-swap.

`pointer/<index>/<generation>.json` is written only if absent. Whoever writes generation g+1 read
generation g, so of two publishers one loses and plans again. Readers take the highest generation.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freshground.lake.storage import Files


@dataclass(frozen=True, slots=True)
class Pointer:
    """One generation. `action` is publish or rollback; `candidate` names the manifest.

    A canary's has a pointer of its own, with other actions (`indexes.canary`); `beside` is the
    generation of the live pointer that it is held against.
    """

    index: str
    generation: int
    release: int
    candidate: str
    action: str
    at: str
    by: str
    beside: int | None = None


class Pointers:
    """The pointers of all indexes of a lake."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, Pointer] = {}

    def _generations(self, index: str) -> list[str]:
        return [path for path in self._files.list(f"pointer/{index}") if path.endswith(".json")]

    def _load(self, path: str) -> Pointer:
        # A generation never changes once written, so it is read once.
        if path not in self._read:
            data = self._files.get(path)
            if data is None:
                raise FileNotFoundError(path)
            self._read[path] = Pointer(**json.loads(data))
        return self._read[path]

    def live(self, index: str) -> Pointer | None:
        """Return the newest generation, or None before the first publication."""
        paths = self._generations(index)
        return self._load(paths[-1]) if paths else None

    def history(self, index: str) -> list[Pointer]:
        """Return all generations that are kept, oldest first."""
        return [self._load(path) for path in self._generations(index)]

    def swap(self, seen: Pointer | None, new: dict[str, Any]) -> Pointer | None:
        """Write the generation after `seen`; None when another writer was first."""
        generation = seen.generation + 1 if seen else 1
        pointer = Pointer(generation=generation, **new)
        path = f"pointer/{pointer.index}/{generation:010d}.json"
        body = {name: getattr(pointer, name) for name in Pointer.__slots__}
        return pointer if self._files.put_new(path, json.dumps(body).encode()) else None
