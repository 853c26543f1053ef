"""Airflow's own session opens the dashboard; nobody logs in here."""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.tokens import get_signing_key
from airflow.api_fastapi.core_api.security import bearer_scheme, get_user
from anyio import to_thread
from fastapi import HTTPException
from starlette.responses import PlainTextResponse, RedirectResponse

from dags.dashboard.permissions import role_of
from dags.ids import works
from freshground.service.ui.person import Person

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import BaseRoute

    from freshground.core.settings import Settings
    from freshground.service.ui.board import Board

_PURPOSE = "freshground forms of "


class AirflowDoor:
    """Lets in whom Airflow knows, to do what Airflow lets them do.

    Documents: admins those of every group, others those of the groups that `airflow.groups` gives
    to their name, beside what is public.
    """

    def __init__(self, settings: Settings) -> None:
        self._groups = settings.airflow.groups
        self._dags = tuple(works(settings))
        self._key = get_signing_key("api", "secret_key").encode()

    async def person(self, request: Request) -> Person | None:
        """Return who asks, None for nobody known, and for whom Airflow does not show our DAGs."""
        if request.scope["path"].startswith(f"{request.scope.get('root_path', '')}/static/"):
            return None  # these are for everybody, and many: Airflow's database is not asked
        try:
            user = await get_user(request, None, await bearer_scheme(request))
        except HTTPException:
            return None
        name = user.get_name()
        role = await to_thread.run_sync(role_of, user, self._dags)
        if role is None:
            request.state.shut_out = name
            return None
        groups = None if role == "admin" else frozenset(self._groups.get(name, ()))
        return Person(name, role, groups, self._token(user.get_id()))

    async def ask_to_log_in(self, request: Request) -> Response:
        """Send people to Airflow's log-in and programs away; refuse whom Airflow refuses."""
        name = getattr(request.state, "shut_out", None)
        if name is not None:
            said = f"Airflow does not let {name} see all DAGs of this project.\n"
            return PlainTextResponse(said, 403)
        if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
            return RedirectResponse(get_auth_manager().get_url_login(next_url=str(request.url)))
        return PlainTextResponse("Log in to Airflow first.\n", 401)

    def routes(self, board: Board) -> Sequence[BaseRoute]:
        """Return the pages of the tabs. Like all but /login, only people let in see them."""
        from dags.dashboard.tabs import routes

        return routes(board)

    def _token(self, user_id: str) -> str:
        # Of the user and not of the session: Airflow renews its session's token as it goes, and
        # a form that stood open meanwhile would be refused. No other site can read it either way.
        return hmac.new(self._key, (_PURPOSE + user_id).encode(), "sha256").hexdigest()
