"""A folder, local or remote, in which each file is a document."""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError, Quarantine, Retriable
from freshground.core.records import Fetched, Listing, ObjectStat
from ingestion.sources.access import NOBODY, Access, declared, read_access, read_metadata
from ingestion.sources.local import LocalStorage, is_local, path_of
from ingestion.sources.patterns import Patterns
from ingestion.sources.remote import RemoteStorage
from ingestion.sources.storage import (
    ACCESS_SUFFIX,
    FOLDER_ACCESS,
    META_SUFFIX,
    Entry,
    Folder,
    Tally,
    read_whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from freshground.core.settings import FilesSource


class Files:
    """The files below a URL that the patterns keep.

    Keys are posix paths below the root, in Unicode as on disk; bytes that are no UTF-8 stand as
    percent escapes. Metadata comes from the sidecar `name.ext.meta.json`, a JSON object.
    """

    def __init__(self, settings: FilesSource, url: str) -> None:
        self.id = settings.id
        self._max_bytes = settings.max_bytes
        self._patterns = Patterns(settings.include, settings.exclude)
        self._declared = declared(settings.access)
        self._remote: RemoteStorage | None = None
        self._path = ""
        if is_local(url):
            self._path = path_of(url)
            self._storage = LocalStorage(follow_symlinks=settings.follow_symlinks)
        else:
            self._storage = self._remote = RemoteStorage(url, settings.storage_options)

    @property
    def _root(self) -> str:
        return self._path if self._remote is None else self._remote.root

    def list(self, started_at: datetime) -> Listing:
        """Walk the whole tree; objects come sorted by key.

        Raise ConfigError where the root is missing, no folder or not to be read, Retriable where
        its store does not answer.
        """
        tally = Tally()
        objects: list[ObjectStat] = []
        rules: dict[str, Access] = {}
        for folder in self._storage.walk(self._root, self._patterns, tally):
            rule = self._declared
            if rule is None:
                rule = rules[folder.key] = self._rule(folder, rules)
            if folder.sidecars:
                objects.extend(self._described(folder, rule))
            else:
                metadata = _noted(rule)
                objects.extend(
                    ObjectStat(key, uri, size, modified, etag, rule.groups, dict(metadata))
                    for key, uri, size, modified, etag in folder.files
                )
        objects.sort(key=attrgetter("key"))
        problems = tuple(sorted(tally.problems))
        return Listing(self.id, started_at, tuple(objects), tally.excluded, problems)

    def fetch(self, stats: Sequence[ObjectStat]) -> Iterator[Fetched]:
        """Yield each file's bytes in the order asked, at most `max_bytes` in memory at a time."""
        for stat in stats:
            try:
                found = read_whole(self._storage, stat.uri, self._max_bytes)
                if found is None:
                    self._check_root()
            except (Retriable, Quarantine) as error:
                yield Fetched(stat, None, error)
                continue
            if found is None:
                yield Fetched(stat, None)
                continue
            state, data = found
            size, modified = len(data), state.modified_at
            yield Fetched(replace(stat, size=size, modified_at=modified, etag=state.etag), data)

    def _check_root(self) -> None:
        """Raise Retriable where a file is missing because the whole root is."""
        try:
            present = self._storage.kind(self._root) == "folder"
        except ConfigError as error:
            raise Retriable(error.found, error.do) from error
        if not present:
            raise Retriable(
                f"The folder {self._root} of source {self.id!r} is gone.",
                "Mount it again, or mend the source's url.",
            )

    def _rule(self, folder: Folder, rules: dict[str, Access]) -> Access:
        """Return the access that a folder gives to its files: its own, or its parent's."""
        own = folder.sidecars.get(FOLDER_ACCESS)
        if own is not None:
            return read_access(self._storage, own)
        return rules[folder.key.rpartition("/")[0]] if folder.key else NOBODY

    def _described(self, folder: Folder, rule: Access) -> Iterator[ObjectStat]:
        start = len(folder.key) + 1 if folder.key else 0
        for entry in folder.files:
            yield self._stat(entry, entry.key[start:], folder.sidecars, rule)

    def _stat(self, entry: Entry, name: str, sidecars: dict[str, str], rule: Access) -> ObjectStat:
        metadata: dict[str, Any] = {}
        described = sidecars.get(name + META_SUFFIX)
        if described is not None:
            metadata = read_metadata(self._storage, described)
        if self._declared is None:
            own = sidecars.get(name + ACCESS_SUFFIX)
            if own is not None:
                rule = read_access(self._storage, own)
        return ObjectStat(*entry, rule.groups, metadata | _noted(rule))


def _noted(rule: Access) -> dict[str, str]:
    return {"access_error": rule.error} if rule.error else {}
