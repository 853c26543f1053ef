"""What a worker may take of the machine, and how it is told apart from the machine's owner."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
from pathlib import Path

FILE_SIZE = 1_000_000_000
"""Bytes that a worker may write into one file: what LibreOffice unpacks is far smaller."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
_PAGE = resource.getpagesize()


def confine(open_files: int) -> None:
    """Bound what this process and its children may take; memory is bounded call by call."""
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, open_files)
    _lower(resource.RLIMIT_FSIZE, FILE_SIZE)
    # Should the machine run out of memory, a worker is to go and not the process that it serves.
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def die_with_parent() -> None:
    """Let this process be killed when the one that forked it ends."""
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans() -> None:
    """Become the parent of what children leave behind when they end."""
    if _LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def allow_memory(more: int) -> None:
    """Let this process take `more` bytes beyond those it has: the next refuses with MemoryError.

    What counts is data of its own, not address space: pandoc reserves a terabyte and uses little.
    """
    if _LINUX:
        _, hard = resource.getrlimit(resource.RLIMIT_DATA)
        wanted = _statm(os.getpid())[5] * _PAGE + more
        if hard != resource.RLIM_INFINITY:
            wanted = min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_DATA, (wanted, hard))


def resident(pid: int) -> int:
    """Return the bytes of memory that a process holds, 0 where that cannot be told."""
    try:
        return _statm(pid)[1] * _PAGE
    except (OSError, IndexError, ValueError):
        return 0


def resident_with_children(pid: int) -> int:
    """Return the bytes of memory that a process and those that it started hold."""
    return resident(pid) + sum(resident_with_children(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """Return the processes that a process of one thread has started and that are there."""
    try:
        return [int(n) for n in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):
        return []


def cores() -> int:
    """Return how many processes can run at a time: the cores, as far as this one may use them."""
    found = len(os.sched_getaffinity(0)) if _LINUX else os.cpu_count() or 1
    with contextlib.suppress(OSError, ValueError, ZeroDivisionError):
        quota, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
        found = min(found, max(1, round(int(quota) / int(period))))
    return found


def _statm(pid: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{pid}/statm").read_text().split()]


def _lower(what: int, soft: int) -> None:
    _, hard = resource.getrlimit(what)
    if hard != resource.RLIM_INFINITY:
        soft = min(soft, hard)
    resource.setrlimit(what, (soft, soft))
