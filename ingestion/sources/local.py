"""Files on a mounted file system.

The walk is os.scandir with its own error handling: a folder that cannot be read must show as a
problem, or a lost permission would look like the deletion of everything below it.
"""

# ruff: noqa: PTH100, PTH116  pathlib would take longer than the walk, and resolves links

from __future__ import annotations

import errno
import os
import re
import stat as modes
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NoReturn
from urllib.parse import quote_from_bytes, unquote_to_bytes

from freshground.core.errors import ConfigError, Retriable
from ingestion.sources.patterns import left_out_by_name
from ingestion.sources.storage import Entry, Folder, State, Tally, is_sidecar, orphans
from ingestion.sources.values import from_ns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.sources.patterns import Patterns

_SCHEMES = ("file://", "local://")
_PLAIN = re.compile(r"[A-Za-z0-9_.~-]+").fullmatch
_GONE = (errno.ENOENT, errno.ENOTDIR)

_Identity = tuple[int, int]


def is_local(url: str) -> bool:
    """Return whether a URL names the mounted file system."""
    return "://" not in url or url.startswith(_SCHEMES)


def path_of(url: str) -> str:
    """Return the absolute path of a path or a file URL, percent escapes undone.

    Raise ConfigError for a file URL with a host or a relative path.
    """
    for scheme in _SCHEMES:
        if url.startswith(scheme):
            path = url.removeprefix(scheme).removeprefix("localhost")
            if not path.startswith("/"):
                raise ConfigError(
                    f"{url} names no absolute path.", f"Write {scheme}/absolute/path or a path."
                )
            return os.path.abspath(os.fsdecode(unquote_to_bytes(path)))
    return os.path.abspath(url)


def uri_of(path: str) -> str:
    """Return the file URL of an absolute path; bytes that are no UTF-8 are kept as escapes."""
    return "file://" + quote_from_bytes(os.fsencode(path))


def key_of(name: str) -> str:
    """Return a file name as it stands in a key: bytes that are no UTF-8 as percent escapes."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return "".join(f"%{ord(c) - 0xDC00:02X}" if "\udc80" <= c <= "\udcff" else c for c in name)
    return name


class LocalStorage:
    """The mounted file system. Symbolic links below a root are followed only when asked to."""

    def __init__(self, *, follow_symlinks: bool = False) -> None:
        self._follow = follow_symlinks

    def kind(self, path: str) -> str | None:
        """Return `file`, `folder`, or None where there is nothing."""
        try:
            mode = os.stat(path).st_mode
        except OSError as error:
            if error.errno in _GONE:
                return None
            _refuse(path, error)
        return "folder" if modes.S_ISDIR(mode) else "file"

    def walk(self, root: str, patterns: Patterns, tally: Tally) -> Iterator[Folder]:
        """Yield every folder that may hold wanted files, parents first."""
        kind = self.kind(root)
        if kind != "folder":
            found = "does not exist" if kind is None else "is a file, not a folder"
            raise ConfigError(f"{root} {found}.", "Mend the source's url, or mount the folder.")
        return _Walk(root, patterns, tally, follow=self._follow).folders()

    def entry(self, path: str, key: str) -> Entry | None:
        """Return the file at an absolute path, or None where there is none."""
        state = self._state(path)
        return None if state is None else Entry(key, uri_of(path), *state[:3])

    def state(self, uri: str) -> State | None:
        """Return the state of a file, or None where it is gone or no file any more."""
        return self._state(path_of(uri))

    @contextmanager
    def open(self, uri: str) -> Iterator[BinaryIO]:
        """Open a file to read. Raise FileNotFoundError where it is gone, Retriable for faults."""
        path = path_of(uri)
        try:
            # A named pipe put in a file's place would hang a blocking open.
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _unreadable(path, error) from error
        with os.fdopen(handle, "rb") as stream:
            try:
                yield stream
            except OSError as error:
                raise _unreadable(path, error) from error

    def _state(self, path: str) -> State | None:
        try:
            found = os.stat(path, follow_symlinks=True)
        except OSError as error:
            if error.errno in _GONE:
                return None
            raise _unreadable(path, error) from error
        if not modes.S_ISREG(found.st_mode):
            return None
        signature = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        return State(found.st_size, from_ns(found.st_mtime_ns), None, signature)


class _Walk:
    """One walk: a stack of folders still to be read."""

    def __init__(self, root: str, patterns: Patterns, tally: Tally, *, follow: bool) -> None:
        self._patterns = patterns
        self._keeps = None if patterns.keeps_all else patterns.keeps
        self._tally = tally
        self._follow = follow
        try:
            identity = _identity(os.stat(root))
        except OSError as error:
            _refuse(root, error)
        self._stack: list[tuple[str, str, frozenset[_Identity]]] = [
            ("", root, frozenset((identity,)))
        ]

    def folders(self) -> Iterator[Folder]:
        while self._stack:
            key, path, above = self._stack.pop()
            entries: list[os.DirEntry[str]] = []
            try:
                with os.scandir(path) as found:
                    entries.extend(found)  # keeps what it got when the reading breaks off
            except OSError as error:
                if not key:
                    _refuse(path, error)
                self._problem(path, error)
            yield self._folder(key, path, entries, above)

    def _folder(
        self,
        key: str,
        path: str,
        entries: list[os.DirEntry[str]],
        above: frozenset[_Identity],
    ) -> Folder:
        folder = Folder(key)
        prefix = f"{key}/" if key else ""
        base = uri_of(path.rstrip("/") + "/")
        names: set[str] = set()
        for entry in entries:
            name = entry.name
            shown = name if name.isascii() else key_of(name)
            if shown != name:
                names = names or {item.name for item in entries}
                if shown in names:
                    self._tally.problems.append(
                        f"{path} holds {shown!r} twice, once in bytes that are no UTF-8: "
                        "rename one of them."
                    )
                    continue
            try:
                if entry.is_dir(follow_symlinks=False):
                    self._descend(prefix + shown, entry, above)
                elif is_sidecar(name):
                    usable = self._follow or not entry.is_symlink()
                    folder.sidecars[shown] = base + _quoted(name) if usable else ""
                else:
                    self._see(folder, prefix + shown, base, entry, above)
            except OSError as error:
                self._problem(entry.path, error)
        if folder.sidecars:
            self._tally.excluded += orphans(
                folder.sidecars, {key_of(item.name) for item in entries}
            )
        return folder

    def _see(
        self,
        folder: Folder,
        key: str,
        base: str,
        entry: os.DirEntry[str],
        above: frozenset[_Identity],
    ) -> None:
        """Add a file to its folder, or count it as left out. Raise OSError where it is not seen."""
        link = entry.is_symlink()
        if (link and not self._follow) or left_out_by_name(entry.name):
            self._tally.excluded += 1
        elif link and entry.is_dir():
            self._descend(key, entry, above)
        elif self._keeps is not None and not self._keeps(key):
            self._tally.excluded += 1
        else:
            found = entry.stat(follow_symlinks=link)
            if modes.S_ISREG(found.st_mode):
                uri = base + _quoted(entry.name)
                modified = from_ns(found.st_mtime_ns)
                folder.files.append(Entry(key, uri, found.st_size, modified, None))
            else:
                self._tally.excluded += 1

    def _descend(self, key: str, entry: os.DirEntry[str], above: frozenset[_Identity]) -> None:
        """Put a folder on the stack, or count what is left out with it."""
        if left_out_by_name(entry.name):
            self._tally.excluded += 1
        elif not self._patterns.may_hold(key):
            self._tally.excluded += _count_files(entry.path)
        elif not self._follow:
            self._stack.append((key, entry.path, above))
        else:
            identity = _identity(entry.stat())
            if identity in above:  # a link to a folder that holds it: listed there already
                self._tally.excluded += 1
            else:
                self._stack.append((key, entry.path, above | {identity}))

    def _problem(self, path: str, error: OSError) -> None:
        if error.errno in _GONE:
            reason = "vanished while it was listed, or is a link to nothing"
        else:
            reason = f"cannot be read: {_reason(error)}"
        self._tally.problems.append(f"{_shown(path)} {reason}.")


def _quoted(name: str) -> str:
    return name if _PLAIN(name) else quote_from_bytes(os.fsencode(name))


def _identity(found: os.stat_result) -> _Identity:
    return found.st_dev, found.st_ino


def _count_files(path: str) -> int:
    """Return how many files lie below a folder that is left out; unreadable ones count as one."""
    count = 0
    for _, _, files in os.walk(path, onerror=None):
        count += sum(not is_sidecar(name) for name in files)
    return count


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode("utf-8")


def _reason(error: OSError) -> str:
    return (error.strerror or type(error).__name__).lower()


def _unreadable(path: str, error: OSError) -> Retriable:
    return Retriable(
        f"{_shown(path)} cannot be read: {_reason(error)}.",
        "Give the user that runs the refresh the right to read it, or mend the file system.",
    )


def _refuse(path: str, error: OSError) -> NoReturn:
    """Raise for a root of which nothing can be seen."""
    if isinstance(error, PermissionError):
        raise ConfigError(
            f"{_shown(path)} cannot be read: {_reason(error)}.",
            "Give the user that runs the refresh the right to read it.",
        ) from error
    raise _unreadable(path, error) from error
