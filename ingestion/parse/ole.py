"""The old Office container (OLE): xls, msg, doc, ppt, and encrypted files of the new formats.

Word 97-2003 and PowerPoint 97-2003 are read here, the same on every machine; LibreOffice is asked,
where it is present, for what is older.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import olefile

from freshground.core.errors import Quarantine
from ingestion.parse.blocks import Parsed, Raw
from ingestion.parse.sniff import encrypted, unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT = 180
"""Seconds that LibreOffice may take for one document."""

_ENCRYPTED_FLAG = 0x0100
_READ = ("WordDocument", "0Table", "1Table", "PowerPoint Document", "Current User")


def parse(raw: Raw) -> Parsed:
    """Return the document in the container.

    Raises `Quarantine` `encrypted`, `corrupt`, or `unsupported`, also where LibreOffice is needed
    and not on this machine.
    """
    try:
        with olefile.OleFileIO(BytesIO(raw.data)) as container:
            streams = {"/".join(path) for path in container.listdir()}
            if streams & {"EncryptedPackage", "EncryptionInfo"}:
                raise encrypted()
            kept = {
                name: container.openstream(name).read()
                for name in _READ
                if name in streams and streams & {"WordDocument", "PowerPoint Document"}
            }
            properties = container.get_metadata()
            metadata = _properties(properties)
    except (OSError, ValueError, IndexError, TypeError) as error:
        # olefile's own errors are kinds of OSError; the others come up in truncated tables.
        raise Quarantine(
            "corrupt",
            f"The content is a broken Office container ({type(error).__name__}).",
            "Store the file again from its origin.",
        ) from None
    if "__properties_version1.0" in streams:
        from ingestion.parse.mail import parse_msg

        return parse_msg(raw)
    if streams & {"Workbook", "Book"}:
        from ingestion.parse.spreadsheet import xls

        return xls(raw.data)
    if "WordDocument" in streams:
        flags = int.from_bytes(kept["WordDocument"][10:12], "little")
        if flags & _ENCRYPTED_FLAG:
            raise encrypted()
        return _with(_word(raw, kept), metadata)
    if "PowerPoint Document" in streams:
        from ingestion.parse import old_powerpoint

        return _with(old_powerpoint.parse(lambda name: kept.get(name, b"")), metadata)
    raise unsupported("an Office container of an unknown kind")


def _word(raw: Raw, streams: dict[str, bytes]) -> Parsed:
    from ingestion.parse import old_word

    version = int.from_bytes(streams["WordDocument"][2:4], "little")
    if version < old_word.WORD_97 and _office():
        from ingestion.parse.partition import docx

        return _converted(raw, "doc", "docx", docx, "application/msword")
    return old_word.parse(lambda name: streams.get(name, b""))


def _properties(found: olefile.OleMetadata) -> dict[str, str]:
    """Return what the file says of its author and subject."""
    charset = f"cp{found.codepage % 65536}" if found.codepage else "cp1252"
    charset = "utf-8" if charset in {"cp65001", "cp65000"} else charset
    texts = {}
    for name in ("author", "subject", "keywords"):
        value = getattr(found, name) or b""
        try:
            text = value.decode(charset, "replace") if isinstance(value, bytes) else str(value)
        except LookupError:
            text = value.decode("cp1252", "replace")
        if text.strip("\x00 ") and text != "python-docx":
            texts[name] = text.strip("\x00 ")
    return texts


def _with(parsed: Parsed, metadata: dict[str, str]) -> Parsed:
    return replace(parsed, metadata={**metadata, **parsed.metadata})


def _office() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _converted(
    raw: Raw, old: str, new: str, parser: Callable[[Raw], Parsed], media_type: str
) -> Parsed:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / f"document.{old}"
        source.write_bytes(raw.data)
        # A profile of its own, because LibreOffice lets only one process use a profile.
        program = _office() or "soffice"
        command = [program, f"-env:UserInstallation={(place / 'profile').as_uri()}", "--headless",
                   "--norestore", "--convert-to", new, "--outdir", folder, str(source)]  # fmt: skip
        try:
            subprocess.run(  # noqa: S603 - a fixed command over a file that was just written
                command, capture_output=True, timeout=TIMEOUT, check=False
            )
        except subprocess.TimeoutExpired:
            raise Quarantine(
                "parse_failed",
                f"LibreOffice took more than {TIMEOUT} s to convert the document.",
                f"Store the document as .{new}.",
            ) from None
        result = place / f"document.{new}"
        if not result.exists():
            raise Quarantine(
                "parse_failed",
                f"LibreOffice could not convert the document to .{new}.",
                f"Open it by hand and store it as .{new}.",
            )
        parsed = parser(Raw(result.read_bytes(), new))
    return Parsed(parsed.blocks, media_type, parsed.title, parsed.pages, parsed.metadata)
