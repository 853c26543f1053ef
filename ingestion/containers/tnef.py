"""Outlook's winmail.dat (TNEF): the attachments that it wraps."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from ingestion.containers.parts import Found, broken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingestion.containers.parts import Limits

_HEADER = 6
_RECORD = struct.Struct("<BII")
_CHECKSUM = 2
_STARTS, _TITLE, _DATA, _PROPERTIES = 0x9002, 0x8010, 0x800F, 0x9005
_LONG_NAME = 0x3707
_STRINGS = {0x001E: "cp1252", 0x001F: "utf-16-le"}


def read(data: bytes, _name: str, _limits: Limits) -> tuple[str | None, bool, Iterator[Found]]:
    """Return kind, whether it is bare, and the attachments."""
    try:
        return "tnef", True, iter(_attachments(data))
    except (struct.error, IndexError, ValueError) as error:
        raise broken("tnef", error) from None


def _attachments(data: bytes) -> list[Found]:
    found: list[tuple[str, bytes]] = []
    at = _HEADER
    while at + _RECORD.size <= len(data):
        _, tag, length = _RECORD.unpack_from(data, at)
        at += _RECORD.size
        value = data[at : at + length]
        at += length + _CHECKSUM
        match tag & 0xFFFF:
            case 0x9002:
                found.append(("", b""))
            case 0x8010 if found:
                found[-1] = (found[-1][0] or _string(value), found[-1][1])
            case 0x800F if found:
                found[-1] = (found[-1][0], value)
            case 0x9005 if found:
                found[-1] = (_long_name(value) or found[-1][0], found[-1][1])
    return [Found(name, lambda body=body: body) for name, body in found if body]  # type: ignore[misc]


def _string(value: bytes) -> str:
    return value.rstrip(b"\x00").decode("cp1252", "replace")


def _long_name(value: bytes) -> str:
    """Return the long file name among an attachment's properties, if it comes first enough.

    Properties of variable length are skipped as they are laid out; others end the search.
    """
    count = int.from_bytes(value[:4], "little")
    at = 4
    for _ in range(min(count, 200)):
        kind, tag = struct.unpack_from("<HH", value, at)
        at += 4
        if tag >= 0x8000:  # noqa: PLR2004 - named properties carry a name, which is not followed
            return ""
        if kind in (0x001E, 0x001F, 0x0102, 0x000D):
            values = int.from_bytes(value[at : at + 4], "little")
            at += 4
            for _ in range(min(values, 100)):
                size = int.from_bytes(value[at : at + 4], "little")
                if tag == _LONG_NAME and kind in _STRINGS:
                    text = value[at + 4 : at + 4 + size].decode(_STRINGS[kind], "replace")
                    return text.rstrip("\x00")
                at += 4 + -(-size // 4) * 4
        else:
            at += 8 if kind in (0x0005, 0x0006, 0x0007, 0x0014, 0x0040) else 4
            at += 8 if kind == 0x0048 else 0  # noqa: PLR2004 - a GUID has 16 bytes
            at += 4 if kind == 0x0048 else 0  # noqa: PLR2004
    return ""
