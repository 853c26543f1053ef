"""The door of `freshground serve`: sessions in the lake, and the ways by which one gets one."""

from __future__ import annotations

import hmac
import re
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote

from anyio import CapacityLimiter, to_thread
from starlette.responses import PlainTextResponse, RedirectResponse
from starlette.routing import Route

from freshground.service.accounts import came
from freshground.service.context import Context
from freshground.service.ui.doors.cookies import FORM, SESSION, Cookies
from freshground.service.ui.doors.guests import Guests, Unreadable
from freshground.service.ui.errors import Refused
from freshground.service.ui.paths import inside
from freshground.service.ui.rendering import render
from freshground.service.ui.routing import Page

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.lake.people import Role
    from freshground.service.ui.board import Board
    from freshground.service.ui.person import Person

_AT_ONCE = 4
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_CLEARED_EVERY = timedelta(hours=1)


class Way(Protocol):
    """One way to log in."""

    def offers(self) -> dict[str, Any]:
        """Return what the log-in page has to know of it."""
        ...

    def routes(self, board: Board, front: FrontDoor, /) -> Sequence[BaseRoute]:
        """Return its pages."""
        ...

    async def also_out(self) -> str | None:
        """Return where one logs out of what vouched for one; None when there is no such place."""
        ...


class FrontDoor:
    """Knows people by a cookie; `ways` are how they get it."""

    def __init__(self, context: Context, ways: Sequence[Way]) -> None:
        self._context = context
        self._settings = context.settings.serve.dashboard
        self._ways = ways
        self._limiter = CapacityLimiter(_AT_ONCE)
        self._cleared_at: Any = None
        self.cookies = Cookies(self._settings.url)
        self.guests = Guests(context.lake, self._settings)

    async def person(self, request: Request) -> Person | None:
        """Return who asks, None when nobody has logged in."""
        secret = self.cookies.read(request, SESSION)
        if not secret:
            return None
        try:
            return await to_thread.run_sync(self.guests.find, secret, limiter=self._limiter)
        except Unreadable:
            request.state.unreadable = True
            return None

    async def ask_to_log_in(self, request: Request) -> Response:
        """Return what somebody sees who has to log in first: for a browser, the way to it."""
        if getattr(request.state, "unreadable", False):
            text = "The lake cannot be read now, so nobody is known. Try again.\n"
            return PlainTextResponse(text, 503, {"Retry-After": "1"})
        root = request.scope.get("root_path", "")
        if "hx-request" in request.headers:  # a page that renews itself: all of it has to go
            return PlainTextResponse("Log in first.\n", 401, {"HX-Refresh": "true"})
        if "text/html" not in request.headers.get("accept", ""):
            return PlainTextResponse(f"Log in first, at {root}/login\n", 401)
        asked = "/"
        if request.method in ("GET", "HEAD"):
            asked = request.url.path.removeprefix(root) or "/"
            asked += f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{root}/login?next={quote(asked, safe='')}", 303)

    def routes(self, board: Board) -> Sequence[BaseRoute]:
        """Return the pages that nobody needs to have logged in for."""

        async def login(request: Request) -> Response:
            if getattr(request.state, "person", None) is not None:
                return go(request, request.query_params.get("next", "/"))
            return await self.form(board, request, next_path=request.query_params.get("next", "/"))

        async def out(request: Request) -> Response:
            # What was remembered of the session for a second must not greet who has just left.
            self.guests.forget(self.cookies.read(request, SESSION))
            request.state.person = await self.person(request)
            places = [await way.also_out() for way in self._ways]
            data = {"places": [place for place in places if place is not None]}
            answer = render(board, request, Page("login/out.html", "Logged out", data))
            if request.state.person is None:
                self.cookies.drop(answer, request, SESSION)
            return answer

        own = [
            Route("/login", login, methods=["GET"], name="login"),
            Route("/login/out", out, methods=["GET"], name="logged_out"),
        ]
        return [*own, *(route for way in self._ways for route in way.routes(board, self))]

    async def form(
        self,
        board: Board,
        request: Request,
        *,
        next_path: str = "/",
        wrong: str = "",
        name: str = "",
        status: int = 200,
        template: str = "login/login.html",
        title: str = "Log in",
        more: Mapping[str, Any] | None = None,
    ) -> Response:
        """Return a page with a form that needs no session, and a token of its own."""
        token = self.cookies.read(request, FORM)
        if not _TOKEN.fullmatch(token):
            token = secrets.token_urlsafe(32)
        offers: dict[str, Any] = {"passwords": False, "issuer": ""}
        for way in self._ways:
            offers |= way.offers()
        data = {**offers, "token": token, "next": inside(next_path), "wrong": wrong, "name": name}
        answer = render(board, request, Page(template, title, {**data, **(more or {})}, status))
        self.cookies.put(answer, request, FORM, token, same_site="strict")
        return answer

    def check_form(self, request: Request, form: Mapping[str, str]) -> None:
        """Refused unless a form is from a page of ours in this browser."""
        token = self.cookies.read(request, FORM)
        given = form.get("token", "")
        if not (token and hmac.compare_digest(token.encode(), given.encode())):
            raise Refused(
                403,
                "The form is not from this browser.",
                "Allow cookies of this page, go back, reload, and try again.",
            )

    async def let_in(
        self,
        request: Request,
        next_path: str,
        *,
        door: str,
        name: str,
        role: Role,
        groups: tuple[str, ...] | None,
        generation: int = 0,
    ) -> Response:
        """Begin a session, always a new one, and go on to where somebody wanted to be."""
        before = self.cookies.read(request, SESSION)
        device = request.headers.get("user-agent", "")

        def begin() -> str:
            lake = self._context.lake
            old = lake.sessions.find(before)
            if old is not None:
                lake.sessions.end(old.id)
            _, secret = lake.sessions.begin(
                door,
                name,
                role,
                groups,
                lasts=self._settings.absolute,
                generation=generation,
                device=device,
            )
            came(self._acting(name), name, role, door)
            self._clear()
            return secret

        secret = await to_thread.run_sync(begin, limiter=self._limiter)
        answer = go(request, next_path)
        seconds = int(self._settings.absolute.total_seconds())
        self.cookies.put(answer, request, SESSION, secret, seconds=seconds)
        self.cookies.drop(answer, request, FORM)
        return answer

    def _acting(self, name: str) -> Context:
        return Context(self._context.settings, clock=self._context.clock, by=name)

    def _clear(self) -> None:
        now = self._context.clock.now()
        if self._cleared_at is None or now - self._cleared_at >= _CLEARED_EVERY:
            self._cleared_at = now
            self._context.lake.sessions.clear(self._settings.session)


def go(request: Request, path: str) -> Response:
    """Return the way to a page of ours."""
    return RedirectResponse(request.scope.get("root_path", "") + inside(path), 303)
