"""Who looks at a page, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

if TYPE_CHECKING:
    from starlette.requests import Request

Role = Literal["viewer", "operator", "admin"]

ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most that somebody may do; each one may what those before it may."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who has logged in.

    `groups` None: documents of every known group, as admins have it; what is public is read by all.
    `token` is the session's own secret for forms: an action without it is refused.
    """

    name: str
    role: Role
    groups: frozenset[str] | None
    token: str

    def may(self, role: Role) -> bool:
        """Return whether the person may do what needs a role."""
        return ROLES.index(self.role) >= ROLES.index(role)


def person_of(request: Request) -> Person:
    """Return who asks; the door has put it there."""
    return cast("Person", request.state.person)
