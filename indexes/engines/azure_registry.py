"""What was begun and finished in a search service, as small files in the lake.

`indexes/<index>/azure/versions/<name>.json` is written before anything is made there, so that a
process that was killed leaves nothing that retirement cannot find. Beside it lie what changed (for
versions in place) and dead letters; `states/<physical>.json` says what a physical index holds.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from freshground.core.errors import Fatal

if TYPE_CHECKING:
    from freshground.lake.storage import Files

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A version. `physical` is the index that it lies in; `parent` the version it changes.

    `token` stands in the physical index's description: what bears another is not ours. Times are
    ISO 8601; `rows` is what it holds once finished. `retired`: it is gone for readers, and kept
    only because younger versions are told by their difference from it.
    """

    name: str
    index: str
    physical: str
    endpoint: str
    token: str
    begun: str
    release: int | None
    language: str
    columns: str
    parent: str | None = None
    finished: str | None = None
    rows: int = 0
    retired: bool = False

    @property
    def schema(self) -> pa.Schema:
        """The columns of its rows."""
        return pa.ipc.read_schema(pa.py_buffer(base64.b64decode(self.columns)))

    @property
    def description(self) -> str:
        """What the physical index says of itself."""
        return f"Freshground, index {self.index}, candidate {self.token}"


def packed(schema: pa.Schema) -> str:
    """Return a schema as `Entry.columns` holds it."""
    return base64.b64encode(schema.serialize().to_pybytes()).decode()


class Registry:
    """The versions of all indexes of a lake that lie in search services."""

    def __init__(self, files: Files) -> None:
        self._files = files

    def reserve(self, entry: Entry) -> bool:
        """Note that a version was begun; False when the name is taken."""
        return self._files.put_new(self._path(entry.index, entry.name), _json(entry))

    def put(self, entry: Entry) -> None:
        """Note what became of a version."""
        self._files.put(self._path(entry.index, entry.name), _json(entry))

    def find(self, index: str, name: str) -> Entry | None:
        """Return a version, finished or not."""
        if not _NAME.fullmatch(name):
            return None
        data = self._files.get(self._path(index, name))
        return None if data is None else Entry(**json.loads(data))

    def finished(self, index: str, name: str) -> Entry:
        """Return a version that can be read; Fatal when there is none of that name."""
        entry = self.find(index, name)
        if entry is None or entry.finished is None or entry.retired:
            raise Fatal(
                f"Index {index!r} has no version {name!r}.",
                "It was retired or never finished: publish or roll back to one that is kept.",
            )
        return entry

    def all(self, index: str) -> list[Entry]:
        """Return every version of an index, by name."""
        found: list[Entry] = []
        for path in self._files.list(f"indexes/{index}/azure/versions"):
            data = self._files.get(path)
            if data is not None:
                found.append(Entry(**json.loads(data)))
        return found

    def forget(self, entry: Entry) -> None:
        """Delete what is known of a version, the entry last."""
        folder = f"indexes/{entry.index}/azure/parts/{entry.name}"
        self._files.delete(self._files.list(folder))
        if entry.name == entry.physical:
            self._files.delete([self._state(entry.index, entry.physical)])
        self._files.delete([self._path(entry.index, entry.name)])

    def write(self, entry: Entry, part: str, data: bytes) -> None:
        """Keep a file beside a version."""
        self._files.put(f"indexes/{entry.index}/azure/parts/{entry.name}/{part}", data)

    def read(self, entry: Entry, part: str) -> bytes:
        """Return a file beside a version; Fatal when it is gone."""
        path = f"indexes/{entry.index}/azure/parts/{entry.name}/{part}"
        data = self._files.get(path)
        if data is None:
            raise Fatal(f"The lake lacks {path}.", "Restore the lake from its backup.")
        return data

    def stations(self, index: str, physical: str) -> list[str]:
        """Return which versions' rows a physical index may hold: one, or more in between."""
        data = self._files.get(self._state(index, physical))
        return [physical] if data is None else json.loads(data)["stations"]

    def note_stations(self, index: str, physical: str, stations: list[str]) -> None:
        """Note which versions' rows a physical index may hold."""
        self._files.put(self._state(index, physical), json.dumps({"stations": stations}).encode())

    def bury(self, entry: Entry, letters: list[dict[str, Any]]) -> None:
        """Keep dead letters. They outlive their candidate."""
        path = f"indexes/{entry.index}/azure/dead/{entry.name}-{entry.token}.json"
        self._files.put(path, json.dumps(letters, ensure_ascii=False).encode())

    @staticmethod
    def _path(index: str, name: str) -> str:
        return f"indexes/{index}/azure/versions/{name}.json"

    @staticmethod
    def _state(index: str, physical: str) -> str:
        return f"indexes/{index}/azure/states/{physical}.json"


def _json(entry: Entry) -> bytes:
    return json.dumps(asdict(entry)).encode()
