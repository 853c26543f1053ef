"""Packed streams (gz, bz2, xz): one file, or a tar archive."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zlib
from pathlib import PurePosixPath
from typing import IO, TYPE_CHECKING, cast

from ingestion.containers.kinds import kind_of
from ingestion.containers.parts import Found, broken, too_large
from ingestion.containers.tars import members
from ingestion.containers.zips import UNSUSPECTED, bounded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Limits

_TARS = re.compile(r"\.(tgz|tbz2?|txz)\Z", re.IGNORECASE)
_ENDS = re.compile(r"\.(gz|bz2|xz)\Z", re.IGNORECASE)
_DAMAGE = (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError)
_HEAD = 4096


class _Bounded(io.RawIOBase):
    """What a stream unpacks to, as far as it may: sizes declared elsewhere are not believed."""

    def __init__(self, stream: IO[bytes], packed: int, limits: Limits) -> None:
        self._stream = stream
        self._limit = min(limits.total, max(UNSUSPECTED, limits.ratio * packed))
        self._taken = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # noqa: ANN001 - any writable buffer
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._taken += len(piece)
        if self._taken > self._limit:
            raise too_large(f"The stream unpacks to more than {self._limit:,} bytes.")
        return len(piece)


def read(data: bytes, name: str, limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the part or parts."""
    kind = kind_of(data) or "gzip"
    stream = io.BufferedReader(_Bounded(_unpacked(data, kind), len(data), limits), _HEAD)
    try:
        head = stream.peek(_HEAD)
    except _DAMAGE as error:
        raise broken(kind, error) from None
    if head[257:262] == b"ustar":
        return "tar", True, members(cast("IO[bytes]", stream), limits)

    def load() -> bytes:
        try:
            return bounded(stream, limits.one)
        except _DAMAGE as error:
            raise broken(kind, error) from None

    return kind, True, iter([Found(_inner(name), load)])


def _unpacked(data: bytes, kind: str) -> IO[bytes]:
    packed = io.BytesIO(data)
    if kind == "gzip":
        return cast("IO[bytes]", gzip.GzipFile(fileobj=packed))
    return cast("IO[bytes]", bz2.BZ2File(packed) if kind == "bzip2" else lzma.LZMAFile(packed))


def _inner(name: str) -> str:
    """Return what a packed file is called once it is unpacked."""
    last = PurePosixPath(name.replace("\\", "/")).name
    if _TARS.search(last):
        return _TARS.sub(".tar", last)
    return _ENDS.sub("", last) or "content"
