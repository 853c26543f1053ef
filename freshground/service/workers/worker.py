"""What a worker does: take a call, make it, answer; until nobody asks any more."""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from functools import lru_cache
from importlib import import_module
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from freshground.core.errors import FreshgroundError, Quarantine
from freshground.service.workers import limits, wire

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable

IDLE_S = 60
"""Seconds without a call after which a worker ends: its memory is better used elsewhere."""


class Terms(NamedTuple):
    """The limits of a worker: bytes of memory a call, bytes of an answer, open files."""

    memory: int
    answer: int
    open_files: int


def serve(sock: socket.socket, terms: Terms) -> None:
    """Answer calls one after the other. Returns when the other side is gone, or idle for long."""
    known = set(sys.modules)
    sock.settimeout(IDLE_S)
    while True:
        try:
            function, args, options = wire.receive(sock)
        except (EOFError, TimeoutError, ConnectionError):
            return
        sock.settimeout(None)
        limits.allow_memory(terms.memory)
        kind, body = _answer(function, args, options)
        del args  # it may be large, and what the next call takes is counted from here
        loaded = []
        if len(sys.modules) != len(known):
            loaded = [name for name in sys.modules if name not in known]
            known.update(loaded)
        wire.send(sock, _message(kind, body, loaded, terms.answer))
        del body
        sock.settimeout(IDLE_S)


def _answer(function: str, args: tuple[Any, ...], options: dict[str, Any]) -> tuple[str, Any]:
    try:
        return "done", resolve(function)(*args, **options)
    except Quarantine as error:
        return "refused", (error.rule, error.found, error.do)
    except MemoryError:
        return "memory", None
    except FreshgroundError as error:
        return "error", (type(error).__name__, error.found, error.do)
    except ImportError as error:
        # A library that is missing: what its message holds is names of modules.
        return "defect", f"{type(error).__name__}: {error}"
    except Exception as error:  # noqa: BLE001 - told to the process that asked, which stops
        # Its message may quote the document, so only its type and place are told.
        return "defect", f"{type(error).__name__}{_place(error)}"


def _message(kind: str, body: Any, loaded: list[str], most: int) -> wire.Parts:
    memory = limits.resident(os.getpid())
    try:
        parts = wire.packed((kind, body, loaded, memory))
    except (MemoryError, RecursionError, pickle.PicklingError, TypeError, AttributeError) as error:
        if isinstance(error, MemoryError):
            return wire.packed(("memory", None, loaded, memory))
        return wire.packed(("defect", f"an answer cannot be sent: {error!r}", loaded, memory))
    size = sum(len(part) for part in parts)
    if size > most:
        return wire.packed(("large", size, loaded, memory))
    return parts


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" at {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


@lru_cache(maxsize=64)
def resolve(function: str) -> Callable[..., Any]:
    """Return the function of a name such as `ingestion.parse:parse`."""
    module, _, name = function.partition(":")
    return getattr(import_module(module), name)
