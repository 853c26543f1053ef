"""Keeps native memory from growing with the number of commits.

The Delta and Lance writers allocate from many threads, and glibc gives each thread an arena that
keeps what was freed in it. Over a long run that is several hundred MiB that nobody uses.
"""

from __future__ import annotations

import ctypes
import sys

_M_ARENA_MAX = -8
"""`mallopt`'s name for the number of arenas, from <malloc.h>."""

_ARENAS = 2


def _libc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None


_LIBC = _libc()


def limit_arenas() -> None:
    """Let threads share two arenas. For the start of a process; elsewhere than glibc nothing."""
    if _LIBC is not None:
        _LIBC.mallopt(_M_ARENA_MAX, _ARENAS)


def give_back() -> None:
    """Return freed memory to the system, which takes about a millisecond."""
    if _LIBC is not None:
        _LIBC.malloc_trim(0)
