"""Calls of PDFium that a page needs by the thousand, with addresses in place of typed pointers.

A typed pointer is an object that ctypes makes and checks at each call, which costs more than what
PDFium does. Values come back through places in memory that serve for all calls: PDFium is not safe
for threads, and whoever reads a document holds the lock.
"""

from __future__ import annotations

import ctypes
from ctypes import c_float, c_int, c_uint, c_void_p
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Place", "address", "c_float", "c_int", "c_uint", "c_void_p", "plain"]


def plain(function: Any, result: Any, *arguments: Any) -> Callable[..., Any]:
    """Return a function of PDFium under a plainer signature: pointers are numbers."""
    where = ctypes.cast(function, c_void_p).value
    return ctypes.PYFUNCTYPE(result, *arguments)(where)


def address(pointer: Any) -> int:
    """Return where a typed pointer points to."""
    return ctypes.cast(pointer, c_void_p).value or 0


class Place:
    """Memory for some numbers of one kind; `at` is where it lies, `read` returns the numbers."""

    def __init__(self, kind: Any, count: int) -> None:
        self._held = (kind * count)()
        self.at = ctypes.addressof(self._held)
        self.each = [self.at + i * ctypes.sizeof(kind) for i in range(count)]
        self.read = memoryview(self._held).cast("B").cast(kind._type_).tolist
