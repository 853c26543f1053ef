"""Sessions of people at the dashboard, kept in the lake so that every process knows them.

A browser holds 256 random bits. From them comes the token that forms carry, and from that the name
of the session's file: who reads the lake can make neither of the two.

`sessions/<id>.json` says whose session it is and never changes; `sessions/<id>.seen` says when it
was last used. They are two files, so that noting the one cannot bring back a session that has just
been ended.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from freshground.core.clock import Clock
    from freshground.lake.people import Role
    from freshground.lake.storage import Files

_FOLDER = "sessions"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")
_ID = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Session:
    """Who has logged in, how and when; it ends at `until`, an ISO 8601 time.

    `door` is `own` for passwords, `oidc` for an issuer. `generation` is that of the account, 0 for
    somebody whom an issuer vouches for. `device` is what the browser says that it is.
    """

    id: str
    door: str
    name: str
    role: Role
    groups: tuple[str, ...] | None
    generation: int
    made: str
    until: str
    device: str = ""


def form_token(secret: str) -> str:
    """Return what a session's forms carry."""
    return hashlib.sha256(b"form:" + secret.encode()).hexdigest()


def session_id(token: str) -> str:
    """Return the id of the session whose forms carry a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sessions:
    """The sessions of one lake."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def begin(
        self,
        door: str,
        name: str,
        role: Role,
        groups: tuple[str, ...] | None,
        *,
        lasts: timedelta,
        generation: int = 0,
        device: str = "",
    ) -> tuple[Session, str]:
        """Make a session; return it and its secret, which cannot be had again."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now()
        made = Session(
            session_id(form_token(secret)),
            door,
            name,
            role,
            groups,
            generation,
            iso(now) or "",
            iso(now + lasts) or "",
            device[:200],
        )
        self._files.put_new(_file(made.id), json.dumps(asdict(made)).encode())
        self.seen(made.id)
        return made, secret

    def find(self, secret: str) -> Session | None:
        """Return the session of a secret, None when there is none, or it is over."""
        if not _SECRET.fullmatch(secret):
            return None
        return self.get(session_id(form_token(secret)))

    def get(self, session: str) -> Session | None:
        """Return a session by its id, None when there is none, or its `until` has passed."""
        data = self._files.get(_file(session)) if _ID.fullmatch(session) else None
        if data is None:
            return None
        told = json.loads(data)
        told["groups"] = None if told["groups"] is None else tuple(told["groups"])
        found = Session(**told)
        until = parse_iso(found.until)
        return found if until is not None and self._clock.now() < until else None

    def seen(self, session: str) -> None:
        """Note that a session was used now."""
        at = json.dumps(iso(self._clock.now()))
        self._files.put(f"{_FOLDER}/{session}.seen", at.encode())

    def last_seen(self, session: str) -> datetime | None:
        """Return when any process noted that a session was used; None when it is over."""
        data = self._files.get(f"{_FOLDER}/{session}.seen") if _ID.fullmatch(session) else None
        return None if data is None else parse_iso(json.loads(data))

    def end(self, session: str) -> bool:
        """End a session; return whether there was one."""
        if not _ID.fullmatch(session):
            return False
        there = self._files.has(_file(session))
        self._files.delete([_file(session), f"{_FOLDER}/{session}.seen"])
        return there

    def of(self, name: str, door: str | None = None) -> list[Session]:
        """Return somebody's sessions, the newest first."""
        found = [
            session
            for session in self.all()
            if session.name == name and door in (None, session.door)
        ]
        return sorted(found, key=lambda session: session.made, reverse=True)

    def all(self) -> list[Session]:
        """Return all sessions whose `until` has not passed."""
        return [found for each in self._ids(".json") if (found := self.get(each)) is not None]

    def clear(self, idle: timedelta) -> int:
        """Take away what is left of sessions that are over; return of how many."""
        now = self._clock.now()
        going = set(self._ids(".seen")) | set(self._ids(".json"))
        for session in self.all():
            seen = self.last_seen(session.id) or parse_iso(session.made)
            if seen is not None and now - seen <= idle:
                going.discard(session.id)
        for each in going:
            self.end(each)
        return len(going)

    def _ids(self, ending: str) -> list[str]:
        paths: list[Any] = self._files.list(_FOLDER)
        return [
            path.removeprefix(f"{_FOLDER}/").removesuffix(ending)
            for path in paths
            if path.endswith(ending)
        ]


def _file(session: str) -> str:
    return f"{_FOLDER}/{session}.json"
