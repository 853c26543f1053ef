"""The parser of the product, and beside it what no file at hand makes it do: hang, crash, eat.

It is named to the workers by the benchmark alone; the product knows nothing of it.
"""

from __future__ import annotations

import ctypes
import os
import time
from typing import TYPE_CHECKING, Any

import ingestion.parse
from ingestion.parse import warm

if TYPE_CHECKING:
    from freshground.core.records import Document

__all__ = ["parse", "warm"]

MARK = b"hostile benchmark document: "


def parse(data: bytes, name: str, **options: Any) -> Document:
    """Do what a document of the benchmark says, and parse any other."""
    if data.startswith(MARK):
        _ACTS[data.removeprefix(MARK).decode()]()
    return ingestion.parse.parse(data, name, **options)


def _hang() -> None:
    while True:
        time.sleep(3600)


def _spin() -> None:
    while True:
        pass


def _eat() -> None:
    taken = []
    while True:
        taken.append(bytearray(16_000_000))


_ACTS = {
    "hang": _hang,
    "spin": _spin,
    "segfault": lambda: ctypes.string_at(0),
    "exit": lambda: os._exit(7),
    "eat": _eat,
}
