"""Passwords of our own, and the set-up of the first admin."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING, Any

from anyio import CapacityLimiter, to_thread
from starlette.routing import Route

from freshground.core.errors import ConfigError
from freshground.lake import passwords
from freshground.lake.people import named
from freshground.service import accounts
from freshground.service.context import Context
from freshground.service.ui.doors.throttle import Throttle
from freshground.service.ui.errors import Refused
from freshground.service.ui.routing import form_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.lake.people import Account
    from freshground.service.ui.board import Board
    from freshground.service.ui.doors.front import FrontDoor

WRONG = "The name or the password is wrong."
_HASHES_AT_ONCE = 2
"""Each takes 64 MB for a tenth of a second."""

_LONGEST_NAME = 200


class Passwords:
    """Logs people in by the accounts in the lake.

    `code` opens the set-up, while nobody has an account: it is good once, in this process. `first`:
    whether there is to be one.
    """

    def __init__(self, context: Context, *, first: bool = True) -> None:
        self._context = context
        serve = context.settings.serve
        behind = serve.plain_http or serve.dashboard.url is not None
        self._throttle = Throttle(context.clock, by_address=not behind)
        self._limiter = CapacityLimiter(_HASHES_AT_ONCE)
        self._setting_up = threading.Lock()
        self.code: str | None = None
        if first and not context.lake.people.all():
            self.code = secrets.token_urlsafe(24)

    def offers(self) -> dict[str, Any]:
        """Return that there are passwords, and whether nobody has one yet."""
        return {"passwords": True, "nobody": not self._context.lake.people.all()}

    async def also_out(self) -> str | None:
        """Return None: nobody else vouched for one."""
        return None

    def routes(self, board: Board, front: FrontDoor) -> Sequence[BaseRoute]:
        """Return the log-in form's action, and the set-up."""

        async def log_in(request: Request) -> Response:
            form = await form_of(request)
            front.check_form(request, form)
            name = named(form.get("name", ""))[:_LONGEST_NAME]
            to = form.get("next", "/")
            wait = self._throttle.take(name, _address(request))
            if wait > 0:
                told = f"Too many tries. Try again in {wait:.0f} s."
                answer = await front.form(
                    board, request, next_path=to, wrong=told, name=name, status=429
                )
                answer.headers["Retry-After"] = f"{wait:.0f}"
                return answer
            account = await to_thread.run_sync(
                self._known, name, form.get("password", ""), limiter=self._limiter
            )
            if account is None:
                return await front.form(
                    board, request, next_path=to, wrong=WRONG, name=name, status=401
                )
            self._throttle.passed(name, _address(request))
            return await _welcome(front, request, to, account)

        async def setup(request: Request) -> Response:
            code = request.query_params.get("code", "")
            self._check_code(code)
            return await _setup_form(board, front, request, code)

        async def set_up(request: Request) -> Response:
            form = await form_of(request)
            front.check_form(request, form)
            code = form.get("code", "")
            self._check_code(code)
            if form.get("password") != form.get("again"):
                wrong = "The two passwords differ."
                return await _setup_form(board, front, request, code, wrong, form.get("name", ""))
            try:
                account = await to_thread.run_sync(
                    self._first,
                    code,
                    form.get("name", ""),
                    form.get("password", ""),
                    limiter=self._limiter,
                )
            except ConfigError as error:
                return await _setup_form(
                    board, front, request, code, str(error), form.get("name", "")
                )
            return await _welcome(front, request, "/", account)

        return [
            Route("/login", log_in, methods=["POST"], name="log_in"),
            Route("/login/setup", setup, methods=["GET"], name="setup"),
            Route("/login/setup", set_up, methods=["POST"], name="set_up"),
        ]

    def _known(self, name: str, password: str) -> Account | None:
        account = self._context.lake.people.get(name)
        kept = None if account is None else account.hash
        return account if passwords.is_right(kept, password) else None

    def _check_code(self, code: str) -> None:
        # 192 random bits: nobody guesses them, so that tries need not be counted.
        if self.code is None or not hmac.compare_digest(self.code.encode(), code.encode()):
            raise Refused(
                403,
                "This is no address at which the dashboard can be set up, or it is no more.",
                "`freshground serve` prints one while nobody has an account; "
                "`freshground people add NAME --role admin` works at any time.",
            )

    def _first(self, code: str, name: str, password: str) -> Account:
        with self._setting_up:
            if self.code != code or self._context.lake.people.all():
                raise Refused(403, "The dashboard has been set up already.", "Log in.")
            acting = Context(
                self._context.settings, clock=self._context.clock, by=named(name) or "nobody"
            )
            account = accounts.add(acting, name, password, "admin", None, "set-up")
            self.code = None
            return account


async def _setup_form(
    board: Board,
    front: FrontDoor,
    request: Request,
    code: str,
    wrong: str = "",
    name: str = "",
) -> Response:
    return await front.form(
        board,
        request,
        wrong=wrong,
        name=name,
        status=400 if wrong else 200,
        template="login/setup.html",
        title="Set up the dashboard",
        more={"code": code, "shortest": passwords.SHORTEST},
    )


async def _welcome(front: FrontDoor, request: Request, to: str, account: Account) -> Response:
    return await front.let_in(
        request,
        to,
        door="own",
        name=account.name,
        role=account.role,
        groups=account.groups,
        generation=account.generation,
    )


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
