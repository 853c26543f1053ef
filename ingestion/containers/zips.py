"""Zip archives. Office files, e-books and the like are documents, and not opened here."""

from __future__ import annotations

import lzma
import stat
import zipfile
import zlib
from io import BytesIO
from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from ingestion.containers.parts import LEFT_OUT, Found, broken, too_large
from ingestion.parse.sniff import encrypted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Limits

_DOCUMENTS = ("[Content_Types].xml", "mimetype", "META-INF/container.xml", "Index/Document.iwa")
_PROGRAMS = ("AndroidManifest.xml", "META-INF/MANIFEST.MF")
_ENCRYPTED = 0x1
_UTF8 = 0x800
UNSUSPECTED = 100_000_000
"""Bytes up to which any ratio of packing is let through."""
_STEP = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, OSError, ValueError, IndexError)


def read(data: bytes, _name: str, limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the parts; no kind for what is another document."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
    except _DAMAGE as error:
        raise broken("zip", error) from None
    names = set(archive.namelist())
    if names.intersection(_DOCUMENTS) or names.intersection(_PROGRAMS):
        return None, False, iter(())
    infos = [info for info in archive.infolist() if not info.is_dir()]
    _guard(infos, len(data), limits)
    return "zip", True, (Found(_shown(info), _reader(archive, info, limits)) for info in infos)


def _guard(infos: list[zipfile.ZipInfo], packed: int, limits: Limits) -> None:
    """Refuse, by what the directory says, an archive that holds too much."""
    if len(infos) > limits.parts:
        raise too_large(f"The zip archive holds {len(infos):,} files; {limits.parts:,} may be.")
    if infos and all(info.flag_bits & _ENCRYPTED for info in infos):
        raise encrypted()
    unpacked = sum(info.file_size for info in infos)
    if unpacked > limits.total:
        raise too_large(
            f"The zip archive would unpack to {unpacked:,} bytes; {limits.total:,} may be."
        )
    if unpacked > UNSUSPECTED and unpacked > limits.ratio * packed:
        raise too_large(f"The zip archive of {packed:,} bytes would unpack to {unpacked:,} bytes.")
    if sum(info.compress_size for info in infos) > packed:
        # Members that share their bytes: how bombs without nesting are made.
        raise too_large("The members of the zip archive overlap.")


def _reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limits: Limits):  # noqa: ANN202
    def load() -> bytes:
        if stat.S_ISLNK(info.external_attr >> 16):
            raise Quarantine(LEFT_OUT, "It is a link.")
        if info.flag_bits & _ENCRYPTED:
            raise encrypted()
        if info.file_size > limits.one:
            raise too_large(f"The part has {info.file_size:,} bytes; {limits.one:,} may be.")
        try:
            with archive.open(info) as stream:
                return bounded(stream, limits.one)
        except NotImplementedError:
            raise Quarantine(
                "unsupported",
                "The part is packed by a method that is not known here.",
                "Pack the archive anew with the usual method (deflate).",
            ) from None
        except (*_DAMAGE, zlib.error, lzma.LZMAError) as error:
            raise broken("zip", error) from None

    return load


def bounded(stream, limit: int) -> bytes:  # noqa: ANN001 - any binary file
    """Return all bytes of a stream. `Quarantine` too_large once there are more than `limit`."""
    pieces: list[bytes] = []
    size = 0
    while piece := stream.read(_STEP):
        size += len(piece)
        if size > limit:
            raise too_large(f"The part has more than {limit:,} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


def _shown(info: zipfile.ZipInfo) -> str:
    """Return a member's name. Without the mark of UTF-8 it may be so all the same, as on macOS."""
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except (UnicodeEncodeError, UnicodeDecodeError):
        return info.filename
