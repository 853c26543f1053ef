"""Tar archives, plain or from a packed stream: read once, from the front, never sought in."""

from __future__ import annotations

import tarfile
from io import BytesIO
from typing import IO, TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.containers.parts import LEFT_OUT, Found, broken, too_large
from ingestion.containers.zips import bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Limits

_DAMAGE = (tarfile.TarError, EOFError, OSError, ValueError, IndexError, OverflowError)


def read(data: bytes, _name: str, limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the parts."""
    return "tar", True, members(BytesIO(data), limits)


def members(stream: IO[bytes], limits: Limits) -> Iterator[Found]:
    """Yield the files of a tar stream."""
    try:
        with tarfile.open(fileobj=stream, mode="r|", errorlevel=1) as archive:
            for member in archive:
                archive.members = []  # it would keep all of them
                if not member.isdir():
                    yield Found(member.name, _reader(archive, member, limits))
    except _DAMAGE as error:
        raise broken("tar", error) from None


def _reader(archive: tarfile.TarFile, member: tarfile.TarInfo, limits: Limits):  # noqa: ANN202
    def load() -> bytes:
        if not member.isreg():
            raise Quarantine(LEFT_OUT, "It is a link or a device.")
        if member.size > limits.one:
            raise too_large(f"The part has {member.size:,} bytes; {limits.one:,} may be.")
        try:
            stream = archive.extractfile(member)
            return b"" if stream is None else bounded(stream, limits.one)
        except _DAMAGE as error:
            raise broken("tar", error) from None

    return load
