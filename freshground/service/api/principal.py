"""Who asks, and what may be shown to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

if TYPE_CHECKING:
    from starlette.requests import Request

Role = Literal["admin", "query"]


@dataclass(frozen=True, slots=True)
class Principal:
    """A key or a token that was found good.

    `groups` None: rows of every known group, as an admin key has it; rows whose access is unknown
    are shown to nobody. `required` is an OData filter that is added to every request; `indexes`
    None: all. `name` is what usage is charged to.
    """

    name: str
    role: Role
    groups: frozenset[str] | None
    required: str | None = None
    indexes: frozenset[str] | None = None


def principal_of(request: Request) -> Principal:
    """Return who asks; the middleware in `freshground.service.api.identity` has put it there."""
    return cast("Principal", request.state.principal)
