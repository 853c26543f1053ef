"""What handlers tell of a request beside its answer: for the access log, metrics and usage."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from typing import Any

    from starlette.requests import Request


@dataclass(slots=True)
class Told:
    """All of it may be left out. `index` is the name that was asked for, once it is known to exist.

    `query` is the text that was asked; it is logged only where the settings say so. `tokens_out`
    are those of passages returned, None: estimated from the answer's size. `arms` are what looked
    for the hits: text, vector, semantic.
    """

    index: str = ""
    release: int | None = None
    hits: int | None = None
    query: str = ""
    tokens_out: int | None = None
    arms: tuple[str, ...] = ()


def told_of(request: Request) -> Told:
    """Return what is told of a request, to be filled in."""
    return told_in(request.scope)


def told_in(scope: MutableMapping[str, Any]) -> Told:
    """Return what is told of a request, by its ASGI scope."""
    state = scope.setdefault("state", {})
    found = state.get("told")
    if not isinstance(found, Told):
        found = state["told"] = Told()
    return found
