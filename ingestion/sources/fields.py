"""What a row means: its id, its text, and who may read it, by the settings' column names."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import ConfigError
from ingestion.sources.access import Access, from_column
from ingestion.sources.values import as_time, canonical, plain, scrubbed

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.settings import RecordFields
    from ingestion.sources.rows import Row

_ALL = "*"


class MalformedRowError(Exception):
    """A row that is no document, and why."""


class Parsed(NamedTuple):
    """One row as a document. `body` is the canonical JSON of text, title and metadata, UTF-8."""

    id: str
    body: bytes
    modified_at: datetime | None
    access: Access
    metadata: dict[str, Any]


class RowReader:
    """Reads rows by the settings' fields. `declared` None takes access from the groups column."""

    def __init__(self, source_id: str, fields: RecordFields, declared: Access | None) -> None:
        if declared is None and fields.groups is None:
            raise ConfigError(
                f"Source {source_id!r} has access: from_source and no column to take it from.",
                "Name the column under fields.groups.",
            )
        self._fields = fields
        self._declared = declared
        own = (fields.id, fields.text, fields.title, fields.modified_at, fields.groups)
        self._own = frozenset(name for name in own if name is not None)
        self._listed = tuple(name for name in fields.metadata if name != _ALL)
        self._all = _ALL in fields.metadata
        named = dict.fromkeys((*(name for name in own if name is not None), *self._listed))
        self.columns: tuple[str, ...] = (*named, _ALL) if self._all else tuple(named)

    def parse(self, row: Row) -> Parsed:
        """Return a row as a document. Raise MalformedRowError for one that is none."""
        values = row.values
        if values is None:
            raise MalformedRowError(row.fault)
        try:
            metadata = self._metadata(values)
            fields = self._fields
            key = _id(values.get(fields.id), fields.id)
            text = _text(values.get(fields.text), fields.text)
            title = self._title(values)
            body = canonical({"text": text, "title": title, "metadata": metadata})
        except RecursionError:
            raise MalformedRowError("it is nested too deeply") from None
        at, notes = self._modified(values)
        access = self._declared
        if access is None:
            access = from_column(plain(values.get(fields.groups or "")))
            if access.error:
                notes["access_error"] = access.error
        return Parsed(key, body, at, access, metadata | notes)

    def _metadata(self, values: dict[str, Any]) -> dict[str, Any]:
        names = list(self._listed)
        if self._all:
            names += [name for name in values if name not in self._own]
        return {scrubbed(name): plain(values.get(name)) for name in names}

    def _title(self, values: dict[str, Any]) -> str | None:
        value = plain(values.get(self._fields.title)) if self._fields.title else None
        return None if value is None or value == "" else str(value)

    def _modified(self, values: dict[str, Any]) -> tuple[datetime | None, dict[str, Any]]:
        name = self._fields.modified_at
        try:
            return (as_time(values.get(name)) if name else None), {}
        except ValueError as error:
            return None, {"modified_at_error": f"{name}: {scrubbed(str(error))}"}


def _id(value: Any, column: str) -> str:
    if isinstance(value, float | Decimal) and value == value // 1:
        value = int(value)  # a column of whole numbers with holes comes as floats
    if isinstance(value, bool | dict | list | tuple | float):
        raise MalformedRowError(f"its {column!r} is a {type(value).__name__}, no id")
    value = plain(value)
    if value is None or not str(value).strip():
        raise MalformedRowError(f"it has no {column!r}")
    return str(value)


def _text(value: Any, column: str) -> str:
    if value is None:
        raise MalformedRowError(f"it has no {column!r}")
    if isinstance(value, bool | dict | list | tuple):
        raise MalformedRowError(f"its {column!r} is a {type(value).__name__}, no text")
    value = plain(value)
    if value is None:
        raise MalformedRowError(f"it has no {column!r}")
    return str(value)
