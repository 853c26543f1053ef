"""How a process and its workers talk: messages of one pickle, with large inputs beside it.

A message is a count of parts, their lengths, and the parts. What a worker answers is read with
care: it may have been led astray by what it read, so that only plain data is made of it.
"""

from __future__ import annotations

import dataclasses
import enum
import io
import pickle
import socket
import struct
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_COUNT = struct.Struct("!I")
_LENGTH = struct.Struct("!Q")
_PIECE = 1 << 20

BESIDE = 64_000
"""Bytes from which an argument travels beside the pickle, without being copied into it."""

_OWN = ("freshground.", "ingestion.", "chunking.", "quality.", "indexes.")
_PLAIN = {
    "builtins": {"set", "frozenset", "bytearray", "complex", "range", "slice"},
    "collections": {"OrderedDict", "Counter", "deque"},
    "datetime": {"datetime", "date", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
}

Parts = list[memoryview]


class BrokenMessage(Exception):
    """What came is no message, or larger or of other classes than was agreed."""


def packed(value: Any) -> Parts:
    """Return the parts of a message that holds `value`."""
    beside: Parts = []
    body = pickle.dumps(value, 5, buffer_callback=lambda buffer: beside.append(buffer.raw()))
    lengths = [len(body), *map(len, beside)]
    head = _COUNT.pack(len(lengths)) + b"".join(map(_LENGTH.pack, lengths))
    return [memoryview(head + body), *beside]


def call(function: str, args: tuple[Any, ...], options: dict[str, Any]) -> Parts:
    """Return the message that asks a worker for one call."""
    shown = tuple(
        pickle.PickleBuffer(arg) if isinstance(arg, bytes) and len(arg) >= BESIDE else arg
        for arg in args
    )
    return packed((function, shown, options))


def send(sock: socket.socket, parts: Sequence[memoryview]) -> None:
    """Send a message whole, waiting for the other side."""
    for part in parts:
        sock.sendall(part)


def receive(sock: socket.socket) -> Any:
    """Return the next message, waiting for it. Raises EOFError once the other side is gone."""
    (count,) = _COUNT.unpack(_exactly(sock, _COUNT.size))
    lengths = [_LENGTH.unpack(_exactly(sock, _LENGTH.size))[0] for _ in range(count)]
    body, *beside = [_exactly(sock, length) for length in lengths]
    return pickle.loads(body, buffers=beside)  # noqa: S301 - from the process that started this one


def _exactly(sock: socket.socket, size: int) -> bytes:
    pieces: list[bytes] = []
    while size:
        # One piece in nearly all cases, so that a large input is not copied to be joined.
        piece = sock.recv(size, socket.MSG_WAITALL)
        if not piece:
            raise EOFError
        pieces.append(piece)
        size -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


class Inbox:
    """The answers of one worker, as they come over a socket that does not block."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = bytearray()

    @property
    def size(self) -> int:
        """Bytes of an answer that is not whole yet."""
        return len(self._held)

    def read(self, sock: socket.socket) -> bool:
        """Take in what has come; return False once the other side is gone."""
        while True:
            try:
                piece = sock.recv(_PIECE)
            except BlockingIOError:
                return True
            except ConnectionError:
                return False
            if not piece:
                return False
            self._held += piece
            if len(piece) < _PIECE:
                return True

    def answers(self) -> list[Any]:
        """Return the whole messages that are in. Raises BrokenMessage for what is none."""
        found = []
        start = _COUNT.size + _LENGTH.size
        while len(self._held) >= start:
            (count,) = _COUNT.unpack_from(self._held)
            (size,) = _LENGTH.unpack_from(self._held, _COUNT.size)
            if count != 1 or size > self._limit:
                raise BrokenMessage
            if len(self._held) < start + size:
                break
            with memoryview(self._held) as view:
                found.append(unpacked(view[start : start + size]))
            del self._held[: start + size]
        return found


def unpacked(body: bytes | memoryview) -> Any:
    """Return what a worker sent: plain data and records of our own. Raises BrokenMessage."""
    try:
        return _Careful(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, EOFError, ValueError, TypeError, KeyError, IndexError,
            AttributeError, ImportError, UnicodeDecodeError) as error:  # fmt: skip
        raise BrokenMessage from error


class _Careful(pickle.Unpickler):
    """Makes plain values, and data classes, named tuples and enumerations of our own packages."""

    def find_class(self, module: str, name: str) -> Any:
        if name in _PLAIN.get(module, ()):
            return super().find_class(module, name)
        if module.startswith(_OWN) and "." not in name:
            found = getattr(import_module(module), name, None)
            if isinstance(found, type) and (
                dataclasses.is_dataclass(found)
                or issubclass(found, enum.Enum)
                or (issubclass(found, tuple) and hasattr(found, "_fields"))
            ):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no plain data")
