"""How the query service is served: where, to whom, and how much of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Literal

from pydantic import Field, model_validator

from freshground.core.settings.dashboard import Dashboard
from freshground.core.settings.reranking import RerankerSettings
from freshground.core.settings.values import Duration, Id, Line, Lines, Section, Url


class Jwt(Section):
    """Tokens of an OIDC issuer, signed with RS256.

    Keys come from `jwks_url`, else from the one that the issuer's discovery names. `groups_claim`
    is a list of texts; a token without it has no groups, and reads what is public. A token whose
    `roles_claim` holds one of `admin_roles` is an admin. Usage is charged to `name_claim`.
    `refetch_every` is the least time between two fetches for a key id that is not known.
    """

    issuer: Url
    audience: Annotated[Lines, Field(min_length=1)]
    jwks_url: Url | None = None
    groups_claim: Line = "groups"
    roles_claim: Line = "roles"
    admin_roles: Lines = ()
    name_claim: Line = "sub"
    clock_skew: Duration = Field(timedelta(minutes=1), ge=timedelta(0), le=timedelta(minutes=10))
    refetch_every: Duration = Field(timedelta(seconds=30), gt=timedelta(0))
    keep_keys: Duration = Field(timedelta(hours=1), gt=timedelta(0))


class Limits(Section):
    """What one request, and all of them together, may take.

    `max_body` is in bytes: 16 MB of documents, and what is around them. At most `max_concurrent`
    requests run; others wait in a line of `max_waiting`, `max_wait` each, and are then refused
    with 429. A request gets 504 when `max_time` is over.
    """

    max_body: int = Field(17 * 1024 * 1024, ge=1024)
    max_concurrent: int = Field(32, ge=1, le=38)
    max_waiting: int = Field(256, ge=0)
    max_wait: Duration = Field(timedelta(seconds=2), ge=timedelta(0))
    max_time: Duration = Field(timedelta(seconds=30), gt=timedelta(0))
    max_upload_time: Duration = Field(timedelta(minutes=2), gt=timedelta(0))


class AccessLog(Section):
    """One JSON line a request: to `file`, else to standard error. `query_text` adds the query."""

    enabled: bool = True
    file: str | None = None
    query_text: bool = False


class Metrics(Section):
    """Who may read `/metrics`: admins and the `keys` named; `open`: everybody."""

    open: bool = False
    keys: tuple[Id, ...] = ()


class Tls(Section):
    """`local`: a certificate by a CA of this machine; or your own `cert` and `key`, PEM files.

    `names` are further names and addresses that clients reach the service by.
    """

    local: bool = False
    cert: str | None = None
    key: str | None = None
    names: tuple[Line, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Tls:
        if (self.cert is None) != (self.key is None):
            raise ValueError("cert and key come together; one of them is missing")
        if self.local and self.cert:
            raise ValueError("local makes a certificate of its own; leave cert and key out")
        return self

    @property
    def on(self) -> bool:
        """Whether the service speaks https."""
        return self.local or self.cert is not None


class Serve(Section):
    """The query service.

    `plain_http` lets it listen without TLS where other machines reach it: for a proxy in front
    that ends TLS. `docs: open` shows the OpenAPI page without a key.
    """

    host: str = "127.0.0.1"
    port: int = Field(8700, ge=0, le=65535)
    plain_http: bool = False
    tls: Tls = Tls()
    jwt: Jwt | None = None
    limits: Limits = Limits()
    log: AccessLog = AccessLog()
    metrics: Metrics = Metrics()
    docs: Literal["key", "open"] = "key"
    reranker: RerankerSettings | None = None
    dashboard: Dashboard = Dashboard()
    shutdown_wait: Duration = Field(timedelta(seconds=30), ge=timedelta(0))
