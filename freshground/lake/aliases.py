"""Aliases that clients made: each a chain of generations, a compare-and-swap."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from freshground.lake.storage import Files

ROOT = "aliases"


@dataclass(frozen=True, slots=True)
class Alias:
    """One generation of an alias. `index` is None when it was deleted."""

    name: str
    generation: int
    index: str | None

    @property
    def etag(self) -> str:
        """What changes with every generation."""
        return f'"0x{self.generation:016X}"'


class Aliases:
    """The aliases of a lake. Names have been checked: they become parts of paths."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self._read: dict[str, Alias] = {}

    def all(self) -> dict[str, Alias]:
        """Return all aliases that are not deleted, by name."""
        newest: dict[str, str] = {}
        for path in self._files.list(ROOT):
            if path.endswith(".json"):
                newest[path.split("/")[1]] = path
        found = {name: self._load(name, path) for name, path in newest.items()}
        return {name: each for name, each in found.items() if each.index is not None}

    def newest(self, name: str) -> Alias | None:
        """Return the newest generation of an alias, a deleted one's too."""
        paths = [p for p in self._files.list(f"{ROOT}/{name}") if p.endswith(".json")]
        return self._load(name, paths[-1]) if paths else None

    def swap(self, name: str, seen: Alias | None, index: str | None) -> Alias | None:
        """Write the generation after `seen`; None when another writer was first."""
        new = Alias(name, seen.generation + 1 if seen else 1, index)
        path = f"{ROOT}/{name}/{new.generation:010d}.json"
        body = {"generation": new.generation, "index": index}
        return new if self._files.put_new(path, json.dumps(body).encode()) else None

    def _load(self, name: str, path: str) -> Alias:
        # A generation never changes once written, so it is read once.
        if path not in self._read:
            data = self._files.get(path)
            if data is None:
                raise FileNotFoundError(path)
            self._read[path] = Alias(name, **json.loads(data))
        return self._read[path]
