"""Files beside the tables: put, put only if absent, get, list, delete, on any object store."""

from __future__ import annotations

import errno
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from deltalake.exceptions import CommitFailedError, DeltaError
from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
from obstore.store import LocalStore, from_url

from freshground.core.errors import ConfigError, Fatal, Retriable

if TYPE_CHECKING:
    from collections.abc import Iterator

_SETTLED_NS = 100_000_000
"""Longer than the ticks in which file systems keep time."""


@contextmanager
def clear_errors(what: str) -> Iterator[None]:
    """Turn a store's errors into ours, with `what` saying what was being done."""
    try:
        yield
    except (NotFoundError, AlreadyExistsError, FileNotFoundError):
        raise
    except CommitFailedError as error:
        raise Retriable(
            f"While {what}, another writer came first: {error}.", "Run it again."
        ) from error
    except (BaseError, DeltaError, OSError) as error:
        text = str(error)
        if "No space left" in text or getattr(error, "errno", None) == errno.ENOSPC:
            raise Fatal(
                f"The lake's disk is full ({what}).",
                "Nothing that was committed is lost. Free space and run it again.",
            ) from error
        if "ermission denied" in text or "Read-only file system" in text:
            raise Fatal(
                f"The lake cannot be written ({what}): {_said(error)}.",
                "Give this user the right to write.",
            ) from error
        raise Fatal(
            f"The lake's store failed ({what}): {_said(error)}.", "Check the store."
        ) from error


def _said(error: Exception) -> str:
    """Return what an error says to people: a store's goes on for a page."""
    return str(error).partition("\n\nDebug source")[0]


def stamp(folder: Path) -> int | None:
    """Return a number that is another one once a file came to or went from a local folder.

    None for a moment after a change, when another one might bear the same time.
    """
    try:
        changed = folder.stat().st_mtime_ns
    except FileNotFoundError:
        return None
    return changed if time.time_ns() - changed > _SETTLED_NS else None


class Files:
    """The files of one lake. Paths are relative, with slashes."""

    def __init__(self, url: str, options: dict[str, str]) -> None:
        self.url = url
        self._local = None if "://" in url else Path(url)
        try:
            if "://" in url:
                made = {"mkdir": True} if url.startswith("file:") else {}
                self._store = from_url(url, config=dict(options) or None, **made)  # type: ignore[call-overload]
            else:
                Path(url).mkdir(parents=True, exist_ok=True)
                self._store = LocalStore(url)
        except OSError as error:
            raise ConfigError(
                f"The lake's folder {url} cannot be made: {error}.",
                "Set `lake` to a folder that can.",
            ) from None
        except (BaseError, ValueError) as error:
            raise ConfigError(
                f"The lake's URL {url} cannot be used: {_said(error)}.", "Check `lake`."
            ) from None

    def put(self, path: str, data: bytes) -> None:
        """Write a file whole, replacing what was there."""
        with clear_errors(f"writing {path}"):
            obstore.put(self._store, path, data)

    def put_new(self, path: str, data: bytes) -> bool:
        """Write a file only if there is none; return whether it was written. Atomic."""
        try:
            with clear_errors(f"writing {path}"):
                obstore.put(self._store, path, data, mode="create")
        except (AlreadyExistsError, FileExistsError):
            return False
        return True

    def get(self, path: str) -> bytes | None:
        """Return a file's bytes, or None when there is no such file."""
        try:
            with clear_errors(f"reading {path}"):
                return bytes(obstore.get(self._store, path).bytes())
        except (NotFoundError, FileNotFoundError):
            return None

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        try:
            with clear_errors(f"looking at {path}"):
                obstore.head(self._store, path)
        except (NotFoundError, FileNotFoundError):
            return False
        return True

    def list(self, prefix: str) -> list[str]:
        """Return the sorted paths of all files below `prefix`."""
        with clear_errors(f"listing {prefix}"):
            return sorted(
                str(meta["path"])
                for page in obstore.list(self._store, prefix=prefix)
                for meta in page
            )

    def stamp(self, folder: str) -> int | None:
        """Return a number that is another one once a file came to or went from a folder.

        None where that cannot be told: on object stores, and for a moment after a change, when
        another one might bear the same time. It saves a listing, which a full folder makes dear.
        """
        return None if self._local is None else stamp(self._local / folder)

    def delete(self, paths: list[str]) -> None:
        """Delete files; one that is gone already is no error."""
        for path in paths:
            try:
                with clear_errors(f"deleting {path}"):
                    obstore.delete(self._store, path)
            except (NotFoundError, FileNotFoundError):
                continue
