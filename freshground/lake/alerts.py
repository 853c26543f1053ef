"""Alerts: from when to when something was wrong, and who was told of it.

Everything is a file under `alert/<key>/<number>`, written only if absent: of two processes that
see the same thing at once, one opens the alert, one sends each message, and one ends it. A message
is claimed before it is sent, so a process that dies in between leaves a claim; after LOST_AFTER it
counts as unsent, and the message may then come twice. Files hold ids, counts and times.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

LOST_AFTER = timedelta(minutes=5)
"""A message claimed so long ago, of which nothing was heard, was not sent."""

OVER = "over"
"""The message that says that an alert is over; those before it are `told-0000` and so on."""

_ROOT = "alert"
_KEPT_ATTEMPTS = 5
_NAME = re.compile(
    r"alert/(?P<key>[^/]+)/(?P<number>\d+)/"
    r"(?:(?P<file>open|seen|end)|(?P<channel>[^/]+)/(?P<message>[^/]+)/(?P<attempt>\d+)"
    r"(?:\.(?P<result>sent|failed))?)\.json"
)


@dataclass(frozen=True, slots=True)
class Opening:
    """What was found when an alert was opened. Times are ISO 8601 in UTC; `do` is what to do."""

    kind: str
    subject: str
    since: str
    opened_at: str
    by: str
    found: str
    do: str


@dataclass(slots=True)
class Told:
    """What one channel knows of an alert.

    `attempts` maps message -> attempt -> claimed, sent or failed.
    """

    attempts: dict[str, dict[int, str]] = field(default_factory=dict)

    def sent(self, message: str) -> bool:
        """Return whether a message went out."""
        return "sent" in self.attempts.get(message, {}).values()

    @property
    def repeats(self) -> int:
        """How many messages that it is open went out."""
        return sum(self.sent(message) for message in self.attempts if message != OVER)


@dataclass(slots=True)
class Alert:
    """One time that something was wrong: `number` counts them for each `key`."""

    key: str
    number: int
    ended: bool = False
    seen: bool = False
    told: dict[str, Told] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """What kind it is of: keys begin with it."""
        return self.key.split(".", 1)[0]

    @property
    def place(self) -> str:
        """The folder of its files."""
        return f"{_ROOT}/{self.key}/{self.number:06d}"


def told(number: int) -> str:
    """Return the name of the message that says, for the so many-th time, that an alert is open."""
    return f"told-{number:04d}"


class Alerts:
    """The alerts of one lake."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._bodies: dict[str, dict[str, Any]] = {}

    def all(self) -> list[Alert]:
        """Return every alert that is kept, by key and number: one listing."""
        found: dict[tuple[str, int], Alert] = {}
        opened: set[tuple[str, int]] = set()
        for name in self._files.list(_ROOT):
            match = _NAME.fullmatch(name)
            if match is None:
                continue
            at = (match["key"], int(match["number"]))
            alert = found.setdefault(at, Alert(*at))
            if match["file"] == "open":
                opened.add(at)
            elif match["file"]:
                alert.ended |= match["file"] == "end"
                alert.seen |= match["file"] == "seen"
            else:
                channel = alert.told.setdefault(match["channel"], Told())
                attempts = channel.attempts.setdefault(match["message"], {})
                number = int(match["attempt"])
                attempts[number] = match["result"] or attempts.get(number, "claimed")
        return [alert for at, alert in sorted(found.items()) if at in opened]

    def open(self, key: str, number: int, opening: Mapping[str, str], by: str) -> Opening | None:
        """Open an alert; None when another process did."""
        made = Opening(opened_at=iso(self._clock.now()) or "", by=by, **opening)
        place = f"{Alert(key, number).place}/open.json"
        return made if self._new(place, asdict(made)) else None

    def opening(self, alert: Alert) -> Opening | None:
        """Return what was found when an alert was opened; None when it was cleared away since."""
        body = self._body(f"{alert.place}/open.json")
        return Opening(**body) if body else None

    def see(self, alert: Alert) -> None:
        """Note that it is still so."""
        body = {"at": iso(self._clock.now())}
        self._files.put(f"{alert.place}/seen.json", json.dumps(body).encode())

    def last_seen(self, alert: Alert) -> datetime | None:
        """Return when somebody last noted that it was so."""
        data = self._files.get(f"{alert.place}/seen.json") if alert.seen else None
        return parse_iso(json.loads(data)["at"]) if data else None

    def end(self, alert: Alert, by: str) -> bool:
        """End an alert; False when another process did."""
        return self._new(f"{alert.place}/end.json", {"at": iso(self._clock.now()), "by": by})

    def ended_at(self, alert: Alert) -> datetime | None:
        """Return when it ended."""
        return parse_iso(self._body(f"{alert.place}/end.json").get("at")) if alert.ended else None

    def claim(self, alert: Alert, channel: str, message: str) -> int | None:
        """Take it on to send a message; return the attempt, or None when it is not to be sent.

        That is when it went out, or when another process is at it.
        """
        attempts = alert.told.get(channel, Told()).attempts.get(message, {})
        last = max(attempts, default=0)
        if attempts.get(last) == "sent":
            return None
        now = self._clock.now()
        if attempts.get(last) == "claimed":
            at = self._at(alert, channel, message, f"{last:04d}")
            if at is not None and now - at < LOST_AFTER:
                return None
        here = f"{alert.place}/{channel}/{message}"
        if not self._new(f"{here}/{last + 1:04d}.json", {"at": iso(now)}):
            return None
        # The newest ones stay: a process that listed before them still has to find them taken.
        gone = [n for n in attempts if n <= last - _KEPT_ATTEMPTS]
        self._files.delete(
            [f"{here}/{n:04d}{end}" for n in gone for end in (".failed.json", ".json")]
        )
        return last + 1

    def settle(
        self, alert: Alert, channel: str, message: str, attempt: int, error: str = ""
    ) -> None:
        """Note that an attempt sent its message, or why it did not."""
        result = "failed" if error else "sent"
        body = {"at": iso(self._clock.now()), "error": error}
        self._new(f"{alert.place}/{channel}/{message}/{attempt:04d}.{result}.json", body)
        of = alert.told.setdefault(channel, Told())
        of.attempts.setdefault(message, {})[attempt] = result

    def outcome(self, alert: Alert, channel: str) -> dict[str, Any]:
        """Return when a channel was last told, how often, and the error of what still fails."""
        told_ = alert.told.get(channel, Told())
        sent = [self.sent_at(alert, channel, m) for m in told_.attempts if told_.sent(m)]
        errors = [
            self._body(f"{alert.place}/{channel}/{message}/{max(attempts):04d}.failed.json")
            for message, attempts in told_.attempts.items()
            if attempts[max(attempts)] == "failed"
        ]
        return {
            "messages": len(sent),
            "last": iso(max((at for at in sent if at is not None), default=None)),
            "error": errors[-1].get("error") if errors else None,
        }

    def sent_at(self, alert: Alert, channel: str, message: str) -> datetime | None:
        """Return when a message went out to a channel."""
        attempts = alert.told.get(channel, Told()).attempts.get(message, {})
        sent = [attempt for attempt, result in attempts.items() if result == "sent"]
        return self._at(alert, channel, message, f"{max(sent):04d}.sent") if sent else None

    def clear(self, before: datetime) -> None:
        """Clear away alerts that ended before a moment, the newest of each key excepted."""
        alerts = self.all()
        newest = {alert.key: alert.number for alert in alerts}
        for alert in alerts:
            ended = self.ended_at(alert)
            if alert.number < newest[alert.key] and ended is not None and ended < before:
                # What opened it last: without it, the rest is not seen.
                names = self._files.list(alert.place)
                self._files.delete(sorted(names, key=lambda name: name.endswith("/open.json")))

    def _at(self, alert: Alert, channel: str, message: str, name: str) -> datetime | None:
        body = self._body(f"{alert.place}/{channel}/{message}/{name}.json")
        return parse_iso(body.get("at"))

    def _new(self, path: str, body: Mapping[str, Any]) -> bool:
        return self._files.put_new(path, json.dumps(body, ensure_ascii=False).encode())

    def _body(self, path: str) -> dict[str, Any]:
        if path not in self._bodies:
            data = self._files.get(path)
            if data is None:
                return {}
            self._bodies[path] = json.loads(data)
        return self._bodies[path]


def newest(alerts: Sequence[Alert]) -> dict[str, Alert]:
    """Return the last alert of each key."""
    return {alert.key: alert for alert in alerts}
