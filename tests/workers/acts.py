"""What the workers of these tests are asked to do."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import socket
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from freshground.core.errors import ConfigError, Quarantine

_calls: list[str] = []


def same(value: Any) -> Any:
    return value


def pid(_: Any = None) -> int:
    return os.getpid()


def hang(notes: str) -> None:
    """Start a child that would outlive this process, note both, and never return."""
    child = subprocess.Popen(["sleep", "3600"])
    away = subprocess.Popen(["sleep", "3600"], start_new_session=True)
    with open(notes, "a") as stream:
        stream.write(f"{os.getpid()} {child.pid} {away.pid}\n")
    while True:
        pass


def ends(how: str) -> str:
    if how == "segfault":
        ctypes.string_at(0)
    elif how == "abort":
        os.abort()
    elif how == "exit":
        os._exit(3)
    elif how == "quit":
        sys.exit(4)
    elif how == "status 0":
        os._exit(0)
    return how


def eats(what: str) -> None:
    if what == "at once":
        bytes(400_000_000)  # never touched: nobody who looks at what is held would see it
        return
    if what == "itself":
        taken = []
        while True:
            taken.append(bytearray(10_000_000))
    grows = "x = []\nfor _ in range(10): x.append(b'1' * 10_000_000)\nimport time; time.sleep(3600)"
    for _ in range(2):
        subprocess.Popen([sys.executable, "-c", grows])
    signal.pause()


def long(size: int) -> str:
    return "x" * size


def reaches_out(_: Any) -> dict[str, str]:
    found = {}
    for name in ("AF_INET", "AF_INET6", "AF_NETLINK", "AF_UNIX"):
        try:
            socket.socket(getattr(socket, name), socket.SOCK_DGRAM).close()
            found[name] = "made"
        except OSError as error:
            found[name] = error.strerror or ""
    code = "import socket; socket.create_connection(('127.0.0.1', 9))"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    found["child"] = child.stderr.decode().strip().rpartition("\n")[2]
    one, other = socket.socketpair()
    one.send(b"a pair of sockets")
    found["pair"] = other.recv(100).decode()
    return found


def bounds(_: Any) -> dict[str, int]:
    names = ("RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_FSIZE")
    return {name: resource.getrlimit(getattr(resource, name))[1] for name in names}


def raises(what: str) -> None:
    if what == "Quarantine":
        raise Quarantine("corrupt", "It is broken.", "Mend it.")
    if what == "ConfigError":
        raise ConfigError("It is wrong.", "Set it right.")
    if what == "ImportError":
        import no_such_library  # noqa: F401
    raise ValueError("the secret of the document")


def talks(text: str) -> int:
    print(text)
    return os.system(f"echo {text} by a child 1>&2")


def stumbles(over: str) -> int:
    """Crash unless it is the first that this process does."""
    _calls.append(over)
    if over == "what came before" and len(_calls) > 1:
        os.abort()
    return len(_calls)


def struck_once(mark: str) -> int:
    """Be killed by somebody else the first time."""
    if not Path(mark).exists():
        Path(mark).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def garbles(_: Any) -> None:
    """Write into all that is open, as a parser that runs wild may."""
    for fd in range(3, 32):
        try:
            os.write(fd, b"\xff" * 200)
        except OSError:
            continue


def forges(_: Any) -> None:
    """Answer with a message that would run a command in the process that reads it."""
    import pickle

    from freshground.service.workers import wire

    class Run:
        def __reduce__(self) -> tuple:
            return os.system, ("exit 0",)

    body = pickle.dumps(("done", Run(), [], 0))
    head = wire._COUNT.pack(1) + wire._LENGTH.pack(len(body))
    for fd in range(3, 32):
        try:
            os.write(fd, head + body)
        except OSError:
            continue


def fills(size: int) -> None:
    """Write a file without end, as a converter may."""
    with (Path(os.environ["TMPDIR"]) / "file").open("wb") as stream:
        stream.truncate(size)


def loads(module: str) -> bool:
    """Import a module; return whether it was there."""
    was = module in sys.modules
    import_module(module)
    return was
