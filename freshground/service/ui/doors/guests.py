"""Who has logged in, in memory: what the lake says of sessions counts for a second."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from freshground.core.clock import parse_iso
from freshground.core.errors import FreshgroundError
from freshground.lake.sessions import Session, form_token
from freshground.service.ui.person import Person

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from freshground.core.settings import Dashboard
    from freshground.lake.lake import Lake

READ_EVERY = 1.0
"""Seconds for which what was read counts: so long does a session live on that was ended."""

BELIEVED = 30.0
"""Seconds for which it counts while the lake cannot be read."""

NOTED_EVERY = timedelta(minutes=1)
_MOST = 5_000


class Unreadable(Exception):
    """The lake does not say now who has logged in: access that cannot be read is no access."""


@dataclass(slots=True)
class _Guest:
    session: Session | None
    read_at: float
    seen: datetime | None = None
    noted: datetime | None = None


class Guests:
    """Finds who a browser's secret belongs to. Called from threads."""

    def __init__(
        self, lake: Lake, settings: Dashboard, timer: Callable[[], float] = time.monotonic
    ) -> None:
        self._lake = lake
        self._settings = settings
        self._timer = timer
        self._known: OrderedDict[str, _Guest] = OrderedDict()
        self._changing = threading.Lock()

    def find(self, secret: str) -> Person | None:
        """Return who asks, None when nobody does; Unreadable when that cannot be known."""
        guest = self._known.get(secret)
        now = self._timer()
        if guest is None or now - guest.read_at >= READ_EVERY:
            try:
                guest = self._read(secret, guest)
            except FreshgroundError as error:
                if guest is None or now - guest.read_at > BELIEVED:
                    raise Unreadable from error
        session = guest.session
        if session is None or self._is_over(session, guest):
            return None
        self._note(session, guest)
        groups = None if session.groups is None else frozenset(session.groups)
        return Person(session.name, session.role, groups, form_token(secret))

    def forget(self, secret: str) -> None:
        """Read a session anew when it is asked for next."""
        with self._changing:
            self._known.pop(secret, None)

    def _read(self, secret: str, before: _Guest | None) -> _Guest:
        started = self._timer()
        session = self._lake.sessions.find(secret)
        if session is not None and not self._is_account(session):
            session = None
        seen = noted = None
        if session is not None:
            noted = self._lake.sessions.last_seen(session.id) or parse_iso(session.made)
            times = [at for at in (noted, before.seen if before else None) if at is not None]
            seen = max(times, default=None)
        guest = _Guest(session, started, seen, noted)
        with self._changing:
            self._known.pop(secret, None)
            if session is not None:  # a guess is not worth remembering
                self._known[secret] = guest
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return guest

    def _is_account(self, session: Session) -> bool:
        """Return whether the account is as it was when the session began."""
        if session.door != "own":
            return self._settings.oidc is not None
        account = self._lake.people.get(session.name) if self._settings.by_password else None
        return account is not None and account.generation == session.generation

    def _is_over(self, session: Session, guest: _Guest) -> bool:
        now = self._lake.clock.now()
        until = parse_iso(session.until)
        idle = guest.seen is None or now - guest.seen > self._settings.session
        return idle or until is None or now >= until

    def _note(self, session: Session, guest: _Guest) -> None:
        now = self._lake.clock.now()
        guest.seen = now
        if guest.noted is None or now - guest.noted >= NOTED_EVERY:
            guest.noted = now
            try:
                self._lake.sessions.seen(session.id)
            except FreshgroundError:
                guest.noted = None  # tried again with the next request
