"""What opening a container gives. Plain data, as it passes between processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine

if TYPE_CHECKING:
    from collections.abc import Callable

LEFT_OUT = "left_out"
"""The rule of a part that is no document: hidden, the system's own, a link."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a container may hold: parts, bytes in all and of one part, and how densely packed."""

    parts: int
    total: int
    one: int
    ratio: int


@dataclass(frozen=True, slots=True)
class Found:
    """A part before it is read. `name` is what the container says; `read` returns its bytes.

    `read` raises `Quarantine` for a part that cannot be had. Parts are read in their order, or not
    at all.
    """

    name: str
    read: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class Part:
    """A part: its bytes, or the rule and reason why there are none. `name` is safe and unique."""

    name: str
    data: bytes | None
    rule: str | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Slice:
    """Some parts of a container, in its order; `more` says that others follow.

    `kind` is zip, tar, gzip, mail, ... or None for what is no container. `bare` containers have no
    text of their own.
    """

    kind: str | None
    bare: bool = False
    parts: tuple[Part, ...] = ()
    more: bool = False


def too_large(found: str) -> Quarantine:
    """Return the refusal of a container that holds too much."""
    return Quarantine(
        "too_large", found, "Split it, raise `containers` in the source's settings, or exclude it."
    )


def broken(kind: str, error: Exception) -> Quarantine:
    """Return the refusal of a damaged container. Messages of libraries may quote the content."""
    return Quarantine(
        "corrupt",
        f"The content is a broken {kind} container ({type(error).__name__}).",
        "Store the file again from its origin.",
    )
