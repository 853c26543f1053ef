"""Files that fsspec reaches: object stores, archives, memory.

fsspec is imported here only, when a remote source is first used. Folders are listed one by one,
so that one that fails is a problem of its own and the rest is still seen.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from freshground.core.errors import ConfigError, FreshgroundError, Retriable
from ingestion.sources.patterns import left_out_by_name
from ingestion.sources.storage import Entry, Folder, State, Tally, is_sidecar, orphans
from ingestion.sources.values import as_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from fsspec import AbstractFileSystem

    from ingestion.sources.patterns import Patterns

_MODIFIED = ("LastModified", "last_modified", "mtime", "modified", "updated", "timeModified")
_ETAGS = ("ETag", "etag", "md5Hash", "ContentMD5", "md5", "version_id", "generation")


class RemoteStorage:
    """The tree that an fsspec URL lies in. `options` go to the file system as they are."""

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        self._url = url
        self._options = {"use_listings_cache": False, **options}

    @cached_property
    def _opened(self) -> tuple[AbstractFileSystem, str]:
        import fsspec

        try:
            with _faults(self._url):
                fs, path = fsspec.core.url_to_fs(self._url, **self._options)
        except FileNotFoundError as error:
            raise ConfigError(f"{self._url} does not exist.", "Mend the source's url.") from error
        except Retriable as fault:
            if isinstance(fault.__cause__, ValueError | ImportError | TypeError):
                raise ConfigError(
                    f"{self._url} cannot be opened: {fault.__cause__}.",
                    "Check the url's protocol and storage_options, and install its package.",
                ) from fault
            raise
        return fs, path.rstrip("/")

    @property
    def root(self) -> str:
        """The URL's path within the file system, without a slash at the end."""
        return self._opened[1]

    @property
    def _fs(self) -> AbstractFileSystem:
        return self._opened[0]

    @cached_property
    def _scheme(self) -> str:
        """What stands before a path in its URL."""
        return self._fs.unstrip_protocol(self.root).removesuffix(self.root)

    def kind(self, path: str) -> str | None:
        """Return `file`, `folder`, or None where there is nothing."""
        info = self._info(path)
        if info is None:
            return None
        return "folder" if info.get("type") == "directory" else "file"

    def walk(self, root: str, patterns: Patterns, tally: Tally) -> Iterator[Folder]:
        """Yield every folder that may hold wanted files, parents first."""
        with _faults(self._scheme + root):
            self._fs.invalidate_cache()
        kind = self.kind(root)
        if kind != "folder":
            found = "does not exist" if kind is None else "is a file, not a folder"
            raise ConfigError(
                f"{self._scheme}{root} {found}.", "Mend the source's url or its credentials."
            )
        return self._folders(root, patterns, tally)

    def entry(self, path: str, key: str) -> Entry | None:
        """Return the file at a path as `key`, or None where there is none."""
        info = self._info(path)
        return None if info is None else self._entry(info, path, key)

    def state(self, uri: str) -> State | None:
        """Return the state of a file, or None where it is gone or no file any more."""
        path = uri.removeprefix(self._scheme)
        info = self._info(path)
        if info is None or info.get("type") == "directory":
            return None
        found = self._entry(info, path, "")
        return State(*found[2:], signature=found[2:])

    @contextmanager
    def open(self, uri: str) -> Iterator[BinaryIO]:
        """Open a file to read. Raise FileNotFoundError where it is gone, Retriable for faults."""
        with _faults(uri), self._fs.open(uri.removeprefix(self._scheme), "rb") as stream:
            yield cast("BinaryIO", stream)

    def _folders(self, root: str, patterns: Patterns, tally: Tally) -> Iterator[Folder]:
        stack = [("", root)]
        while stack:
            key, path = stack.pop()
            folder = Folder(key)
            names: set[str] = set()
            for info in self._list(path, tally, is_root=not key):
                place = str(info["name"]).rstrip("/")
                name = place.removeprefix(f"{path}/")
                if not name or name == place or "/" in name:
                    continue  # the folder's own marker, or a link that leads elsewhere
                child = f"{key}/{name}" if key else name
                names.add(name)
                if info.get("type") == "directory":
                    if left_out_by_name(name):
                        tally.excluded += 1
                    elif patterns.may_hold(child):
                        stack.append((child, place))
                    else:
                        tally.excluded += self._count(place)
                elif is_sidecar(name):
                    folder.sidecars[name] = self._scheme + place
                elif left_out_by_name(name) or not patterns.keeps(child):
                    tally.excluded += 1
                else:
                    folder.files.append(self._entry(info, place, child))
            tally.excluded += orphans(folder.sidecars, names)
            yield folder

    def _list(self, path: str, tally: Tally, *, is_root: bool) -> list[dict[str, Any]]:
        try:
            with _faults(self._scheme + path):
                return self._fs.ls(path, detail=True)
        except FileNotFoundError:
            problem = f"{self._scheme}{path} vanished while it was listed."
        except Retriable as fault:
            if is_root:
                raise
            problem = fault.found
        tally.problems.append(problem)
        return []

    def _count(self, path: str) -> int:
        """Return how many files lie below a folder that is left out; 1 where it cannot be read."""
        try:
            with _faults(path):
                return sum(not is_sidecar(name.rpartition("/")[2]) for name in self._fs.find(path))
        except (FileNotFoundError, Retriable):
            return 1

    def _info(self, path: str) -> dict[str, Any] | None:
        try:
            with _faults(self._scheme + path):
                return self._fs.info(path)
        except FileNotFoundError:
            return None

    def _entry(self, info: Mapping[str, Any], path: str, key: str) -> Entry:
        modified = next((info[name] for name in _MODIFIED if info.get(name) is not None), None)
        if modified is None:
            modified = self._modified(path)
        try:
            at = as_time(modified)
        except ValueError:
            at = None
        size = info.get("size")
        return Entry(key, self._scheme + path, size, at, _etag(info))

    def _modified(self, path: str) -> datetime | None:
        """Ask for the time of one file, where the file system tells it in no other way."""
        try:
            with _faults(self._scheme + path):
                return self._fs.modified(path)
        except (FileNotFoundError, Retriable):
            return None  # without a time the object's bytes are compared


@contextmanager
def _faults(place: str) -> Iterator[None]:
    """Turn every fault of a file system but a missing file into Retriable."""
    try:
        yield
    except (FreshgroundError, FileNotFoundError):
        raise
    except (NotADirectoryError, IsADirectoryError) as error:
        raise FileNotFoundError(place) from error
    except Exception as error:  # fsspec's back ends let their SDKs' own exceptions through
        reason = str(error).strip() or type(error).__name__
        raise Retriable(
            f"{place} cannot be read: {reason.rstrip('.')}.",
            "Check the network, the credentials and the rights, then run again.",
        ) from error


def _etag(info: Mapping[str, Any]) -> str | None:
    """Return what the store calls the content's version, if anything."""
    for name in _ETAGS:
        value = info.get(name)
        if isinstance(value, bytes | bytearray):
            return bytes(value).hex()
        if value not in (None, ""):
            return str(value).strip('"')
    return None
