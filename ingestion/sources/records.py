"""JSONL, CSV or Parquet files in which each row is a document: how logs and tables come in."""

from __future__ import annotations

import re
from operator import attrgetter
from typing import TYPE_CHECKING
from urllib.parse import quote

from freshground.core.errors import ConfigError, Quarantine, Retriable
from freshground.core.ids import digest
from freshground.core.records import Fetched, Listing, ObjectStat
from ingestion.sources.access import declared
from ingestion.sources.fields import MalformedRowError, Parsed, RowReader
from ingestion.sources.local import LocalStorage, is_local, path_of
from ingestion.sources.patterns import Patterns
from ingestion.sources.remote import RemoteStorage
from ingestion.sources.rows import (
    FORMATS,
    Row,
    UnreadableFileError,
    WrongColumnsError,
    format_of,
    read_rows,
)
from ingestion.sources.storage import READS, Entry, State, Tally

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from freshground.core.settings import RecordsSource

_MAGIC = re.compile(r"[*?\[]")
_LINE = re.compile(r"#L(\d+)\Z")
_MEND = "Mend the row in its file; the next refresh reads it again."


class Records:
    """The rows of one file, of a folder's files, or of those that a glob matches.

    A row's key is its id, its etag a digest of its content, so that an unchanged row is not read
    again. A row that is no document is listed as `file#Lnumber` and quarantined when it is read.
    In folders, files with another extension and names that begin with `_` are left out.
    """

    def __init__(self, settings: RecordsSource, url: str) -> None:
        self.id = settings.id
        self._format = settings.format
        self._max_bytes = settings.max_bytes
        self._reader = RowReader(settings.id, settings.fields, declared(settings.access))
        self._url = url
        self._remote: RemoteStorage | None = None
        if is_local(url):
            self._storage = LocalStorage(follow_symlinks=True)
        else:
            self._storage = self._remote = RemoteStorage(url, settings.storage_options)

    def list(self, started_at: datetime) -> Listing:
        """Read every row once; objects come sorted by key. Texts are not kept.

        Raise ConfigError where the file or folder is missing, its format is not known, or no file
        has the columns that the settings name; Retriable where the store does not answer.
        """
        tally = Tally()
        objects: list[ObjectStat] = []
        seen: set[str] = set()
        wrong: WrongColumnsError | None = None
        for file in self._files(tally):
            try:
                objects.extend(self._list_file(file, seen, tally))
            except WrongColumnsError as error:
                wrong = wrong or error
                tally.problems.append(error.found)
            except Retriable as error:
                tally.problems.append(error.found)
        if wrong is not None and not objects:
            raise wrong
        objects.sort(key=attrgetter("key"))
        return Listing(
            self.id, started_at, tuple(objects), tally.excluded, tuple(sorted(tally.problems))
        )

    def fetch(self, stats: Sequence[ObjectStat]) -> Iterator[Fetched]:
        """Yield each row as canonical JSON of `text`, `title` and `metadata`, in the files' order.

        Each file is streamed once; rows that were not found in it come last.
        """
        files: dict[str, dict[str, ObjectStat]] = {}
        for stat in stats:
            files.setdefault(stat.uri.rpartition("#")[0], {})[stat.key] = stat
        for uri, wanted in files.items():
            yield from self._fetch_file(uri, wanted)

    def _list_file(self, file: Entry, seen: set[str], tally: Tally) -> list[ObjectStat]:
        """Return the rows of a file as objects and add their keys to `seen`."""
        for _ in range(READS):
            before = self._storage.state(file.uri)
            if before is None:
                raise Retriable(f"{file.uri} vanished while it was listed.")
            found: list[ObjectStat] = []
            own: set[str] = set()
            broken: UnreadableFileError | None = None
            try:
                for row in self._rows(file):
                    stat = self._stat(file, row, seen, own)
                    own.add(stat.key)
                    found.append(stat)
            except UnreadableFileError as error:
                broken = error
            after = self._storage.state(file.uri)
            if after is not None and after.signature == before.signature:
                if broken is not None:
                    tally.problems.append(f"{file.uri}: {broken.found}")
                seen |= own
                return found
        raise Retriable(f"{file.uri} changed each of the {READS} times that it was read.")

    def _stat(self, file: Entry, row: Row, seen: set[str], own: set[str]) -> ObjectStat:
        try:
            parsed = self._reader.parse(row)
        except MalformedRowError:
            etag = _raw(row)
        else:
            if parsed.id not in seen and parsed.id not in own:
                return _stat_of(file, parsed)
            etag = digest(parsed.body)
        key = f"{file.key}#L{row.number}"
        while key in seen or key in own:  # a row may have the very id that stands for this line
            key += "~"
        return ObjectStat(key, f"{file.uri}#L{row.number}", row.size, file.modified_at, etag, ())

    def _fetch_file(self, uri: str, wanted: dict[str, ObjectStat]) -> Iterator[Fetched]:
        lines = {number: stat for stat in wanted.values() if (number := _line_of(stat))}
        gone: Retriable | None = None
        try:
            before = self._storage.state(uri)
            if before is not None:
                file = Entry(uri.rpartition("/")[2], uri, *before[:3])
                for row in self._rows(file):
                    item = self._fetched(file, row, wanted, lines)
                    if item is not None:
                        yield item
                        if not wanted:
                            return
            gone = self._missed(uri, before)
        except (ConfigError, Retriable) as error:
            gone = Retriable(error.found, error.do)
        for stat in wanted.values():
            yield Fetched(stat, None, gone)

    def _fetched(
        self, file: Entry, row: Row, wanted: dict[str, ObjectStat], lines: dict[int, ObjectStat]
    ) -> Fetched | None:
        """Return what a row is the answer to, if anything, and strike that off `wanted`."""
        parsed: Parsed | None = None
        fault, rule = "its id stands already in another row", row.rule
        try:
            parsed = self._reader.parse(row)
        except MalformedRowError as error:
            fault, etag = str(error), _raw(row)
        else:
            etag = digest(parsed.body)
        if parsed is not None and parsed.id in wanted and _line_of(wanted[parsed.id]) is None:
            del wanted[parsed.id]
            stat = _stat_of(file, parsed)
            if len(parsed.body) <= self._max_bytes:
                return Fetched(stat, parsed.body)
            found = f"The row {parsed.id!r} has {len(parsed.body)} bytes; max_bytes is "
            error = Quarantine("too_large", f"{found}{self._max_bytes}.", "Raise max_bytes.")
            return Fetched(stat, None, error)
        stat = lines.get(row.number)
        if stat is None or stat.key not in wanted:
            return None
        del wanted[stat.key]
        if etag != stat.etag:
            return Fetched(
                stat,
                None,
                Retriable(f"{stat.uri} changed since it was listed.", "Run the refresh again."),
            )
        return Fetched(stat, None, Quarantine(rule, f"line {row.number}: {fault}.", _MEND))

    def _missed(self, uri: str, before: State | None) -> Retriable | None:
        """Return why rows were not found: None where they are really gone."""
        after = self._storage.state(uri)
        if after is None:
            root = self._place()[0]
            if self._storage.kind(root) is None:
                return Retriable(f"{root} is gone.", "Mount it again, or mend the source's url.")
            return None
        if before is not None and after.signature == before.signature:
            return None
        return Retriable(f"{uri} changed while it was read.", "Run the refresh again.")

    def _rows(self, file: Entry) -> Iterator[Row]:
        name = file.key.rpartition("/")[2]
        kind = self._format or format_of(name) or ""
        try:
            with self._storage.open(file.uri) as stream:
                yield from read_rows(stream, name, kind, self._reader.columns, self._max_bytes)
        except FileNotFoundError:
            raise Retriable(f"{file.uri} is gone.", "Run the refresh again.") from None

    def _files(self, tally: Tally) -> list[Entry]:
        """Return the files that hold rows, sorted by key."""
        path, glob = self._place()
        kind = self._storage.kind(path)
        if kind is None:
            raise ConfigError(f"{path} does not exist.", "Mend the source's url.")
        if kind == "folder":
            return self._files_below(path, glob or "**", tally)
        name = path.rpartition("/")[2]
        if self._format is None and format_of(name) is None:
            raise self._unknown_format(path)
        entry = self._storage.entry(path, name)
        return [] if entry is None else [entry]

    def _place(self) -> tuple[str, str]:
        """Return the path of the file or folder, and the pattern of a glob below it or ""."""
        path = path_of(self._url) if self._remote is None else self._remote.root
        magic = _MAGIC.search(path)
        if magic is None or self._storage.kind(path) is not None:
            return path, ""
        base = path[: magic.start()].rpartition("/")[0]
        return base or "/", path[len(base) :]

    def _files_below(self, root: str, pattern: str, tally: Tally) -> list[Entry]:
        files: list[Entry] = []
        left = 0
        for folder in self._storage.walk(root, Patterns((pattern,)), tally):
            if folder.key.rpartition("/")[2] == "_delta_log":
                raise ConfigError(
                    f"{root} holds a Delta table, whose files keep rows that it has dropped.",
                    "Export the table's current rows to a folder of Parquet files.",
                )
            for entry in folder.files:
                hidden = any(part.startswith("_") for part in entry.key.split("/"))
                if hidden or (self._format is None and format_of(entry.key) is None):
                    left += not hidden
                    tally.excluded += 1
                else:
                    files.append(entry)
        if left and not files:
            raise self._unknown_format(root)
        return sorted(files)

    def _unknown_format(self, path: str) -> ConfigError:
        return ConfigError(
            f"{path} has no file of a known format ({', '.join(FORMATS)}, also with .gz).",
            "Name the format of the source: jsonl, csv or parquet.",
        )


def _stat_of(file: Entry, parsed: Parsed) -> ObjectStat:
    return ObjectStat(
        key=parsed.id,
        uri=f"{file.uri}#{quote(parsed.id, safe=':/@-_.~ ')}",
        size=len(parsed.body),
        modified_at=parsed.modified_at or file.modified_at,
        etag=digest(parsed.body),
        groups=parsed.access.groups,
        metadata=parsed.metadata,
    )


def _raw(row: Row) -> str:
    """Return a digest of a malformed row: of its bytes, or of its values where it has no bytes."""
    return row.raw or digest(repr(row.values))


def _line_of(stat: ObjectStat) -> int | None:
    """Return the line that an object stands for, None for one with an id of its own."""
    line = _LINE.search(stat.uri)
    return int(line[1]) if line and stat.key.rstrip("~").endswith(line[0]) else None
