"""How paths lead to pages and actions: who may, what is rendered, what is recorded.

A page is a plain function of what was asked; an action one that decides something, with a context
of its own. Both run in a thread.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from anyio import Event, to_thread
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from freshground.core.errors import FreshgroundError
from freshground.service.ui import flash
from freshground.service.ui.errors import Refused
from freshground.service.ui.paths import inside
from freshground.service.ui.person import person_of
from freshground.service.ui.rendering import render

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping

    from starlette.requests import Request

    from freshground.service.context import Context
    from freshground.service.ui.board import Board
    from freshground.service.ui.person import Person, Role

MAX_FORM = 1_000_000
"""Bytes of a form that are read."""

_LOOKED_EVERY = 1.0
"""Seconds between two looks at whether the reader of a stream is still logged in."""

_GRACE = 5.0
"""Seconds in which a stream ends in order when the service does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page or an action is asked: by whom, and with what.

    `path` holds the names in the path, `query` and `form` single values.
    """

    context: Context
    person: Person
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, str] = field(default_factory=dict)

    def many(self, name: str) -> list[str]:
        """Return all values of a name in the query, in order."""
        listed = getattr(self.query, "getlist", None)
        if listed is not None:
            return listed(name)
        return [self.query[name]] if name in self.query else []

    @property
    def comment(self) -> str:
        """Why somebody acts."""
        return self.form.get("comment", "").strip()


@dataclass(frozen=True, slots=True)
class Page:
    """A template of `templates/`, and what it shows. `headers` go before the usual ones."""

    template: str
    title: str
    data: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What an action did: `said` is told to who acted, on the page `to` (as `/quarantine`).

    `subject` is what it was done to; with `facts`, ids and counts alone, it goes into the record.
    """

    to: str
    said: str
    subject: str
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Nav:
    """A page's place in the navigation; the least `order` comes first."""

    order: int
    title: str
    path: str


def page(
    board: Board, path: str, handler: Callable[[Asked], Page | Response], role: Role = "viewer"
) -> Route:
    """Return the route of a page."""

    async def endpoint(request: Request) -> Response:
        person = _admitted(request, role)
        asked = Asked(board.context, person, request.path_params, request.query_params)
        found = await to_thread.run_sync(handler, asked, limiter=board.limiter)
        if isinstance(found, Response):
            return found
        return await to_thread.run_sync(render, board, request, found, limiter=board.limiter)

    return Route(path, endpoint, methods=["GET"], name=handler.__name__)


def action(
    board: Board, path: str, handler: Callable[[Asked], Done], role: Role = "operator"
) -> Route:
    """Return the route of an action: a form's POST with the session's token.

    What was done is a row of kind `action` in the journal: name of the handler, who, why. An error
    of ours is told on the page that the form came from.
    """
    name = handler.__name__

    def act(person: Person, asked: Asked) -> Done:
        context = asked.context
        done = handler(asked)
        body = {"action": name, "by": person.name, "role": person.role, "comment": asked.comment}
        context.lake.journal.add(context.run_id, "action", done.subject, {**body, **done.facts})
        context.lake.journal.commit()
        return done

    async def endpoint(request: Request) -> Response:
        person = _admitted(request, role)
        form = await form_of(request)
        if not hmac.compare_digest(form.get("token", "").encode(), person.token.encode()):
            raise Refused(403, "The form is not from this session.", "Go back, reload, try again.")
        context = board.acting(person)
        asked = Asked(context, person, request.path_params, request.query_params, form)
        try:
            done = await to_thread.run_sync(act, person, asked, limiter=board.limiter)
        except FreshgroundError as error:
            return _back(request, form.get("from", "/"), str(error), failed=True)
        return _back(request, done.to, done.said)

    return Route(path, endpoint, methods=["POST"], name=name)


async def form_of(request: Request) -> dict[str, str]:
    """Return a form's fields, the last of each name; Refused when it is none, or too long."""
    if int(request.headers.get("content-length") or 0) > MAX_FORM:
        raise Refused(413, "The form is too long.", f"Send at most {MAX_FORM} bytes.")
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, f"The request's body is {kind or 'nothing'}, no form.", "Send a form.")
    async with request.form(max_files=0, max_fields=200) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


def _admitted(request: Request, role: Role) -> Person:
    person = person_of(request)
    if not person.may(role):
        raise Refused(
            403, f"This needs the role {role}; {person.name} is {person.role}.", "Ask an admin."
        )
    return person


def _back(request: Request, to: str, said: str, *, failed: bool = False) -> Response:
    answer = RedirectResponse(request.scope.get("root_path", "") + inside(to), 303)
    flash.put(answer, request, said, failed=failed)
    return answer


def events(board: Board, path: str, stream: Callable[[Asked], Any], role: Role = "viewer") -> Route:
    """Return a route of server-sent events: `stream` is an async generator of (event, data).

    It is ended with the service, and within a second of the session's end.
    """
    from sse_starlette import EventSourceResponse

    async def endpoint(request: Request) -> Response:
        person = _admitted(request, role)
        asked = Asked(board.context, person, request.path_params, request.query_params)
        ending = Event()

        async def may_go_on() -> bool:
            now = await board.door.person(request)
            return now is not None and now.may(role) and now.groups == person.groups

        async def messages() -> AsyncIterator[dict[str, str]]:
            async for event, data in _while(stream(asked), may_go_on, ending):
                yield {"event": event, "data": json.dumps(data, ensure_ascii=False)}

        return EventSourceResponse(
            messages(), ping=15, shutdown_event=ending, shutdown_grace_period=_GRACE
        )

    return Route(path, endpoint, methods=["GET"], name=stream.__name__)


async def _while(
    stream: Any, may_go_on: Callable[[], Awaitable[bool]], ending: Event
) -> AsyncIterator[Any]:
    """Hand on a stream until it ends, its reader may read it no more, or the service ends."""
    over = asyncio.ensure_future(ending.wait())
    async with aclosing(stream):
        waiting = asyncio.ensure_future(anext(stream, None))
        try:
            while True:
                await asyncio.wait(
                    {waiting, over}, timeout=_LOOKED_EVERY, return_when=asyncio.FIRST_COMPLETED
                )
                if over.done() or not await may_go_on():
                    return
                if waiting.done():
                    found = waiting.result()
                    if found is None:
                        return
                    yield found
                    waiting = asyncio.ensure_future(anext(stream, None))
        finally:
            over.cancel()
            waiting.cancel()
            # A generator that is being run cannot be closed.
            await asyncio.wait({over, waiting})
