"""Logging in by an issuer: authorization code with PKCE, state and nonce.

What has to be known when the browser comes back stands in a cookie of its own for ten minutes, so
that any process may take it up; a state is good once.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

from anyio import to_thread
from starlette.responses import RedirectResponse
from starlette.routing import Route

from freshground.service.api.identity.tokens import texts_of
from freshground.service.ui.doors.cookies import OIDC
from freshground.service.ui.doors.issuer import Issuer
from freshground.service.ui.errors import Refused
from freshground.service.ui.paths import inside
from freshground.service.ui.person import ROLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.core.settings import Oidc
    from freshground.lake.people import Role
    from freshground.service.context import Context
    from freshground.service.ui.board import Board
    from freshground.service.ui.doors.front import FrontDoor

BACK = "/login/back"
"""Where the issuer sends people to; its client has to have it as a redirect URI."""

_SECONDS = 600
_MOST_USED = 10_000
_LONGEST_NAME = 200
_LONGEST_PATH = 1_000
_PARTS = 4


class ByIssuer:
    """Logs people in by what an issuer says of them. ConfigError when the secret is missing."""

    def __init__(self, context: Context, settings: Oidc) -> None:
        self._context = context
        self._settings = settings
        self._issuer = Issuer(settings, context.clock)
        self._used: OrderedDict[str, None] = OrderedDict()

    def offers(self) -> dict[str, Any]:
        """Return what the issuer is called."""
        return {"issuer": urlsplit(self._settings.issuer).hostname or self._settings.issuer}

    async def also_out(self) -> str | None:
        """Return where one logs out of the issuer."""
        return await self._issuer.log_out()

    def routes(self, _board: Board, front: FrontDoor) -> Sequence[BaseRoute]:
        """Return the way to the issuer and the way back."""

        async def leave(request: Request) -> Response:
            state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
            verifier = secrets.token_urlsafe(48)
            url = await self._issuer.address(
                redirect=self._redirect(request), state=state, nonce=nonce, verifier=verifier
            )
            answer = RedirectResponse(url, 303)
            to = inside(request.query_params.get("next", "/"))
            to = quote(to if len(to) <= _LONGEST_PATH else "/", safe="")
            kept = f"{state}!{nonce}!{verifier}!{to}"
            front.cookies.put(answer, request, OIDC, kept, seconds=_SECONDS)
            return answer

        async def back(request: Request) -> Response:
            state, nonce, verifier, to = self._kept(front.cookies.read(request, OIDC))
            told = request.query_params
            if not (state and hmac.compare_digest(state.encode(), told.get("state", "").encode())):
                raise Refused(
                    400,
                    "This is not the end of a log-in that began in this browser.",
                    "Log in again from the first page.",
                )
            self._use(state)
            if told.get("iss", self._settings.issuer) != self._settings.issuer:
                raise Refused(400, "Another issuer answered.", "Log in again.")
            if "error" in told or "code" not in told:
                said = told.get("error", "no code")[:100]
                raise Refused(403, f"The issuer did not let you in: {said}.", "Ask an admin.")
            claims = await self._issuer.claims(
                code=told["code"],
                redirect=self._redirect(request),
                nonce=nonce,
                verifier=verifier,
            )
            name, role, groups = await to_thread.run_sync(self._who, claims)
            answer = await front.let_in(
                request, unquote(to), door="oidc", name=name, role=role, groups=groups
            )
            front.cookies.drop(answer, request, OIDC)
            return answer

        return [
            Route("/login/oidc", leave, methods=["GET"], name="to_issuer"),
            Route(BACK, back, methods=["GET"], name="from_issuer"),
        ]

    def _kept(self, value: str) -> tuple[str, str, str, str]:
        parts = value.split("!")
        if len(parts) != _PARTS:
            return "", "", "", "/"
        return parts[0], parts[1], parts[2], parts[3]

    def _use(self, state: str) -> None:
        if state in self._used:
            raise Refused(400, "This log-in has been used already.", "Log in again.")
        self._used[state] = None
        while len(self._used) > _MOST_USED:
            self._used.popitem(last=False)

    def _redirect(self, request: Request) -> str:
        base = self._context.settings.serve.dashboard.url
        own = f"{request.url.scheme}://{request.url.netloc}"
        return f"{base or own}{request.scope.get('root_path', '')}{BACK}"

    def _who(self, claims: Mapping[str, Any]) -> tuple[str, Role, tuple[str, ...] | None]:
        settings = self._settings
        name = claims.get(settings.name_claim)
        if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_NAME:
            raise Refused(
                403, f"The issuer does not say who you are: no claim {settings.name_claim}.",
                "Tell an admin: `serve.dashboard.oidc.name_claim`.",
            )  # fmt: skip
        own = self._context.lake.people
        if self._context.settings.serve.dashboard.by_password and own.get(name) is not None:
            # What they do is recorded by name: two of one name must not be mistaken.
            raise Refused(
                403, f"Somebody who has a password here is named {name} too.", "Tell an admin."
            )
        groups = texts_of(claims, settings.groups_claim)
        held = groups if settings.roles_claim is None else texts_of(claims, settings.roles_claim)
        for role in reversed(ROLES):
            if held & set(getattr(settings.roles, role)):
                return name, role, None if role == "admin" else tuple(sorted(groups))
        raise Refused(
            403,
            f"{name} is known to the issuer, and has no role here.",
            "Ask an admin to give you one; then log in again.",
        )
