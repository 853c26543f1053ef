"""What a source asks of the place that its files lie in, and how a file is read whole.

`LocalStorage` and `RemoteStorage` meet `Storage`; the sources know neither.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, Protocol

from freshground.core.errors import Quarantine, Retriable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ingestion.sources.patterns import Patterns

READS = 4
"""How often a file is read before it is given up as changing all the time."""

ACCESS_SUFFIX = ".access.json"
META_SUFFIX = ".meta.json"
FOLDER_ACCESS = "_access.json"


class Entry(NamedTuple):
    """One file: `key` is its posix path below the root, `size` in bytes."""

    key: str
    uri: str
    size: int | None
    modified_at: datetime | None
    etag: str | None


class State(NamedTuple):
    """A file at one moment. Two reads with equal `signature` saw the same content."""

    size: int | None
    modified_at: datetime | None
    etag: str | None
    signature: Any


@dataclass(slots=True)
class Folder:
    """What one folder holds. `key` is "" for the root, and parents come before their children.

    `sidecars` gives the URI of each sidecar file by its name; "" for one that may not be followed.
    """

    key: str
    files: list[Entry] = field(default_factory=list)
    sidecars: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What a walk left out, and what it could not see."""

    excluded: int = 0
    problems: list[str] = field(default_factory=list)


class Storage(Protocol):
    """A tree of files. Every method raises Retriable or ConfigError for what cannot be read."""

    def kind(self, path: str) -> str | None:
        """Return `file`, `folder`, or None where there is nothing at an absolute path."""
        ...

    def walk(self, root: str, patterns: Patterns, tally: Tally) -> Iterator[Folder]:
        """Yield every folder below an absolute path that may hold wanted files.

        Raise ConfigError where the root is missing or no folder, Retriable where it cannot be
        read. What cannot be seen below it becomes a problem of the tally.
        """
        ...

    def entry(self, path: str, key: str) -> Entry | None:
        """Return the file at an absolute path as `key`, or None where there is none."""
        ...

    def state(self, uri: str) -> State | None:
        """Return the state of a file, or None where it is gone."""
        ...

    def open(self, uri: str) -> AbstractContextManager[BinaryIO]:
        """Open a file to read its bytes. Raise FileNotFoundError where it is gone."""
        ...


def is_sidecar(name: str) -> bool:
    """Return whether a file of that name describes others and is no document itself."""
    return name.endswith((ACCESS_SUFFIX, META_SUFFIX)) or name == FOLDER_ACCESS


def described_by(sidecar: str) -> str | None:
    """Return the name of the file that a sidecar describes, None for the folder's own."""
    if sidecar == FOLDER_ACCESS:
        return None
    return sidecar.removesuffix(ACCESS_SUFFIX).removesuffix(META_SUFFIX)


def orphans(sidecars: dict[str, str], names: set[str]) -> int:
    """Return how many sidecars of a folder describe a file that is not among its names."""
    return sum((described_by(name) or FOLDER_ACCESS) not in names for name in sidecars)


def read_whole(storage: Storage, uri: str, max_bytes: int) -> tuple[State, bytes] | None:
    """Return a file's bytes with the state that is true of them, or None where it is gone.

    A file that changes while it is read is read again. Raise Quarantine `too_large` for more than
    `max_bytes`, before reading where the size is known; Retriable for what cannot be read or does
    not come to rest.
    """
    for _ in range(READS):
        before = storage.state(uri)
        if before is None:
            return None
        if before.size is not None and before.size > max_bytes:
            raise _too_large(uri, before.size, max_bytes)
        try:
            with storage.open(uri) as stream:
                data = stream.read(max_bytes + 1)
        except FileNotFoundError:
            continue
        after = storage.state(uri)
        if after is None:
            return None
        if after.signature == before.signature and before.size in (None, len(data)):
            if len(data) > max_bytes:
                raise _too_large(uri, len(data), max_bytes)
            return before, data
    raise Retriable(
        f"{uri} changed each of the {READS} times that it was read.",
        "It is read again at the next refresh; let its writer finish, or write and rename.",
    )


def _too_large(uri: str, size: int, max_bytes: int) -> Quarantine:
    return Quarantine(
        "too_large",
        f"{uri} has at least {size} bytes; max_bytes is {max_bytes}.",
        "Raise max_bytes of the source, or split the document.",
    )
