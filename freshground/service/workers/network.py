"""Takes the network from a process and from all that it will start, for good.

On Linux the kernel refuses to make any socket but those between processes of the machine. That
needs no rights, and holds in containers, where a name space of its own for the network is refused.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Any, NamedTuple

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECCOMP = 22
_FILTER = 2
_CLONE_NEWUSER = 0x10000000
_CLONE_NEWNET = 0x40000000

_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EACCES
_ABSENT = 0x00050000 | errno.ENOSYS
_NUMBER, _MACHINE, _FIRST_ARGUMENT = 0, 4, 16
_UNIX = 1


class _Machine(NamedTuple):
    """What the kernel calls a kind of processor, and two of its calls there."""

    audit: int
    socket: int
    io_uring_setup: int
    other_calls: int
    """The number from which calls follow another convention; the filter refuses them."""


_MACHINES = {
    "x86_64": _Machine(0xC000003E, 41, 425, 0x40000000),
    "aarch64": _Machine(0xC00000B7, 198, 425, 0x40000000),
}


class _Program(ctypes.Structure):
    _fields_ = (("count", ctypes.c_ushort), ("code", ctypes.c_char_p))


def cut_off() -> str:
    """Cut this process off from every network; return by what: seccomp, namespace or audit."""
    if sys.platform == "linux":
        if _by_seccomp():
            return "seccomp"
        if _by_namespace():
            return "namespace"
    _by_audit()
    return "audit"


def _by_seccomp() -> bool:
    machine = _MACHINES.get(platform.machine())
    if machine is None or struct.calcsize("P") != 8:  # noqa: PLR2004 - bytes of a pointer
        return False
    code = b"".join(
        struct.pack("HBBI", *line)
        for line in (
            (_LOAD, 0, 0, _MACHINE),
            (_EQUAL, 1, 0, machine.audit),
            (_RETURN, 0, 0, _ABSENT),  # calls of a 32-bit program
            (_LOAD, 0, 0, _NUMBER),
            (_AT_LEAST, 0, 1, machine.other_calls),
            (_RETURN, 0, 0, _ABSENT),
            (_EQUAL, 0, 1, machine.io_uring_setup),  # it could make sockets behind the filter
            (_RETURN, 0, 0, _ABSENT),
            (_EQUAL, 0, 3, machine.socket),
            (_LOAD, 0, 0, _FIRST_ARGUMENT),
            (_EQUAL, 1, 0, _UNIX),
            (_RETURN, 0, 0, _REFUSE),
            (_RETURN, 0, 0, _ALLOW),
        )
    )
    program = _Program(len(code) // 8, code)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0


def _by_namespace() -> bool:
    """Move into a network of its own, in which there is nothing. Only where one thread runs."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(_CLONE_NEWNET) == 0:
        return True
    if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
        return False
    for name, text in (
        ("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1"),
    ):  # fmt: skip
        with open(f"/proc/self/{name}", "w", encoding="ascii") as stream:  # noqa: PTH123
            stream.write(text)
    return True


def _by_audit() -> None:
    """Refuse within Python: the least of the three, for systems that have nothing better."""

    def refuse(event: str, arguments: tuple[Any, ...]) -> None:
        unix = getattr(__import__("socket"), "AF_UNIX", None)
        if event == "socket.__new__" and arguments[1] != unix:
            raise PermissionError(errno.EACCES, "a worker has no network")
        if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
            raise PermissionError(errno.EACCES, "a worker has no network")

    sys.addaudithook(refuse)
