"""Opens one container, one level deep, within its limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

from freshground.core.errors import Quarantine
from ingestion.containers.kinds import kind_of
from ingestion.containers.names import Names
from ingestion.containers.parts import (
    CARRIED,
    LEFT_OUT,
    Found,
    Limits,
    Part,
    Slice,
    broken,
    too_large,
)
from ingestion.sources.patterns import left_out_by_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Reader = Callable[[bytes, str, Limits], tuple[str | None, bool, Iterator[Found]]]

_READERS = {
    "zip": "ingestion.containers.zips:read",
    "tar": "ingestion.containers.tars:read",
    "gzip": "ingestion.containers.streams:read",
    "bzip2": "ingestion.containers.streams:read",
    "xz": "ingestion.containers.streams:read",
    "mbox": "ingestion.containers.mailboxes:read",
    "mail": "ingestion.containers.messages:read",
    "msg": "ingestion.containers.outlooks:read",
    "tnef": "ingestion.containers.tnef:read",
}


def unpack(data: bytes, name: str, limits: Limits, skip: int, taken: int) -> Slice:
    """See `ingestion.containers.unpack`."""
    likely = kind_of(data, name)
    if likely is None:
        return Slice(None)
    module, _, function = _READERS[likely].partition(":")
    reader = cast("Reader", getattr(import_module(module), function))
    try:
        kind, bare, found = reader(data, name, limits)
    except RecursionError as error:  # parts in parts, a thousand deep
        raise broken(likely, error) from None
    if kind is None:
        return Slice(None)
    names = Names()
    parts: list[Part] = []
    carried = 0
    for number, item in enumerate(found):
        if number >= limits.parts:
            raise too_large(f"The {kind} container holds more than {limits.parts:,} parts.")
        given = names.give(item.name, number + 1)
        if number < skip:
            continue
        if parts and carried >= CARRIED:
            return Slice(kind, bare, tuple(parts), more=True)
        part = _part(item, given)
        parts.append(part)
        size = len(part.data or b"")
        carried += size
        taken += size
        if taken > limits.total:
            raise too_large(f"The {kind} container unpacks to more than {limits.total:,} bytes.")
    return Slice(kind, bare, tuple(parts))


def _part(item: Found, name: str) -> Part:
    if any(map(left_out_by_name, (*name.split("/"), *item.name.replace("\\", "/").split("/")))):
        return Part(name, None, LEFT_OUT)
    try:
        return Part(name, item.read())
    except Quarantine as error:
        return Part(name, None, error.rule, str(error))
