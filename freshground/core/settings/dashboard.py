"""The operators' dashboard: how people log in, and for how long."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, model_validator

from freshground.core.settings.values import Duration, Line, Lines, Section, Url


def _base(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ValueError(f"{url!r} is no address such as https://search.example, without a path")
    return f"{parts.scheme}://{parts.netloc}"


class RoleNames(Section):
    """What the issuer calls those who are admins, operators and viewers here."""

    admin: Lines = ()
    operator: Lines = ()
    viewer: Lines = ()


class Oidc(Section):
    """An OpenID Connect issuer by which people log in: the code flow with PKCE.

    The client's secret is in the environment variable `client_secret_env`; without one the client
    is a public one. `groups_claim` is a list of texts, which are the groups whose documents a
    person sees. `roles` are looked for in `roles_claim`, None: among the groups. Who has none of
    them is not let in. `name_claim` is the name that actions are recorded under: it has to be one
    that people cannot choose themselves.
    """

    issuer: Url
    client_id: Line
    client_secret_env: Annotated[str, Field(pattern=r"^[A-Za-z_]\w*$")] | None = None
    scopes: Annotated[Lines, Field(min_length=1)] = ("openid", "profile", "email")
    groups_claim: Line = "groups"
    roles_claim: Line | None = None
    name_claim: Line = "preferred_username"
    roles: RoleNames
    clock_skew: Duration = Field(timedelta(minutes=1), ge=timedelta(0), le=timedelta(minutes=10))

    @model_validator(mode="after")
    def _can_be_used(self) -> Oidc:
        if "openid" not in self.scopes:
            raise ValueError("scopes has to hold openid: without it the issuer says not who it is")
        if not (self.roles.admin or self.roles.operator or self.roles.viewer):
            raise ValueError("roles names nobody: nobody could log in")
        return self


class Dashboard(Section):
    """The pages at `/ui`.

    A session ends when its browser has asked for nothing for `session`, and after `absolute` in
    any case. `passwords`: whether people log in by passwords kept in the lake; None: where there is
    no `oidc`. `url` is how browsers reach the service, where something stands in front of it.
    """

    enabled: bool = True
    url: Annotated[str, BeforeValidator(_base)] | None = None
    session: Duration = Field(timedelta(hours=12), ge=timedelta(minutes=2))
    absolute: Duration = Field(timedelta(days=7), ge=timedelta(minutes=2))
    passwords: bool | None = None
    oidc: Oidc | None = None

    @model_validator(mode="after")
    def _has_a_way_in(self) -> Dashboard:
        if self.passwords is False and self.oidc is None:
            raise ValueError("passwords is false and oidc is missing: nobody could log in")
        return self

    @property
    def by_password(self) -> bool:
        """Whether people log in by passwords of their own."""
        return self.oidc is None if self.passwords is None else self.passwords
