"""Who am I, what may I do, where am I logged in, what did I do; and for admins, who did what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import ConfigError, Retriable
from freshground.lake import passwords
from freshground.lake.sessions import session_id
from freshground.service.accounts import own_password
from freshground.service.ui.devices import device_name
from freshground.service.ui.doors.throttle import Throttle
from freshground.service.ui.routing import Asked, Done, Page, action, page
from freshground.service.views.audit import audit

if TYPE_CHECKING:
    from starlette.routing import BaseRoute

    from freshground.lake.sessions import Session
    from freshground.service.ui.board import Board

ROWS = 50
_LATELY = 20


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""
    throttle = Throttle(board.context.clock, by_address=False)

    def me(asked: Asked) -> Page:
        own = _own(asked)
        data = {
            "own": own,
            "sessions": [_shown(asked, each) for each in _mine(asked, own)],
            "shortest": passwords.SHORTEST,
            "did": audit(asked.context, by=asked.person.name, last=_LATELY),
        }
        return Page("me/me.html", "You", data)

    def who_did_what(asked: Asked) -> Page:
        by = asked.query.get("by", "").strip()
        rows = audit(asked.context, by=by)
        pages = max(-(-len(rows) // ROWS), 1)
        number = min(max(_number(asked.query.get("page", "")), 1), pages)
        shown = rows[(number - 1) * ROWS : number * ROWS]
        return Page(
            "me/audit.html",
            "Who did what",
            {"rows": shown, "by": by, "number": number, "pages": pages, "found": len(rows)},
        )

    def log_out(asked: Asked) -> Done:
        own = _own(asked)
        if own is None:
            raise ConfigError("Your session is not kept here.", "Log out where you logged in.")
        asked.context.lake.sessions.end(own.id)
        return Done("/login/out", "You are logged out.", asked.person.name)

    def end_session(asked: Asked) -> Done:
        wanted = asked.form.get("session", "")
        if wanted not in {each.id for each in _mine(asked, _own(asked))}:
            raise ConfigError("There is no such session of yours.", "It may have ended already.")
        asked.context.lake.sessions.end(wanted)
        return Done("/me", "That session has ended.", asked.person.name)

    def change_password(asked: Asked) -> Done:
        own = _own(asked)
        if own is None or own.door != "own":
            raise ConfigError("You have no password here.", "Change it where you logged in.")
        if asked.form.get("new") != asked.form.get("again"):
            raise ConfigError("The two new passwords differ.", "Nothing was changed.")
        name = asked.person.name
        wait = throttle.take(name, "")
        if wait > 0:
            raise Retriable("Too many tries.", f"Try again in {wait:.0f} s.")
        own_password(asked.context, name, asked.form.get("old", ""), asked.form.get("new", ""))
        throttle.passed(name, "")
        return Done("/me", "Your password is changed. Log in with it.", name)

    return [
        page(board, "/me", me),
        page(board, "/me/audit", who_did_what, role="admin"),
        action(board, "/me/logout", log_out, role="viewer"),
        action(board, "/me/sessions/end", end_session, role="viewer"),
        action(board, "/me/password", change_password, role="viewer"),
    ]


def _own(asked: Asked) -> Session | None:
    """Return the session in which somebody asks; None where another door holds it."""
    return asked.context.lake.sessions.get(session_id(asked.person.token))


def _mine(asked: Asked, own: Session | None) -> list[Session]:
    if own is None:
        return []
    found = asked.context.lake.sessions.of(own.name, own.door)
    return [each for each in found if each.generation == own.generation]


def _shown(asked: Asked, session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "made": session.made,
        "until": session.until,
        "seen": asked.context.lake.sessions.last_seen(session.id),
        "device": device_name(session.device),
        "this": session.id == session_id(asked.person.token),
    }


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 1  # noqa: PLR2004
