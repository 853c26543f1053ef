"""The old Office container (OLE): xls, msg, doc, ppt, and encrypted files of the new formats."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
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


def parse(raw: Raw) -> Parsed:
    """Return the document in the container.

    Raises `Quarantine` `encrypted`, `corrupt`, or `unsupported` where LibreOffice is needed and
    not on this machine.
    """
    try:
        with olefile.OleFileIO(BytesIO(raw.data)) as container:
            streams = {"/".join(path) for path in container.listdir()}
            if streams & {"EncryptedPackage", "EncryptionInfo"}:
                raise encrypted()
            flags = b""
            if "WordDocument" in streams:
                flags = container.openstream("WordDocument").read(12)
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
        if int.from_bytes(flags[10:12], "little") & _ENCRYPTED_FLAG:
            raise encrypted()
        from ingestion.parse.partition import docx

        return _converted(raw, "doc", "docx", docx, "application/msword")
    if "PowerPoint Document" in streams:
        from ingestion.parse.partition import pptx

        return _converted(raw, "ppt", "pptx", pptx, "application/vnd.ms-powerpoint")
    raise unsupported("an Office container of an unknown kind")


def _converted(
    raw: Raw, old: str, new: str, parser: Callable[[Raw], Parsed], media_type: str
) -> Parsed:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        raise Quarantine(
            "unsupported",
            f"Reading .{old} needs LibreOffice, which is not on this machine.",
            f"Install LibreOffice (soffice on PATH), or store the document as .{new}.",
        )
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        source = place / f"document.{old}"
        source.write_bytes(raw.data)
        # A profile of its own, because LibreOffice lets only one process use a profile.
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
