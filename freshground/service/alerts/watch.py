"""Alerts: opened when something goes wrong, told once, told again while it lasts, ended once."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso, spoken
from freshground.core.errors import FreshgroundError
from freshground.core.settings import AirflowChannel
from freshground.lake.alerts import OVER, Alert, Told, newest, told
from freshground.service.alerts.channels import Message, public, send, shortened
from freshground.service.alerts.conditions import Condition, conditions

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.lake.alerts import Opening
    from freshground.service.alerts.channels import Channel, Notify
    from freshground.service.context import Context

LATELY = timedelta(days=7)
"""How long alerts that are over are shown."""

KEPT = timedelta(days=30)
"""How long they are kept."""


_FAILURES = 3
"""After so many messages in a row that did not go out, a channel is left alone until next time."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to tell one channel. `error` is empty when the message went out."""

    key: str
    channel: str
    message: str
    error: str


def watch(context: Context) -> list[Condition]:
    """Open alerts for what is wrong and has none, end those of what is over; return what is wrong.

    Each is recorded in the journal, by the process that was first.
    """
    # Before looking at what is wrong: one that another process ends meanwhile is not opened again.
    last = newest(context.lake.alerts.all())
    found = {made.key: made for made in conditions(context)}
    now = context.clock.now()
    for made in found.values():
        alert = last.get(made.key)
        if alert is not None and not alert.ended:
            context.lake.alerts.see(alert)
            continue
        number = alert.number + 1 if alert else 1
        opening = {
            "kind": made.kind,
            "subject": made.subject,
            "since": iso(made.since or now) or "",
            "found": made.found,
            "do": made.do,
        }
        if context.lake.alerts.open(made.key, number, opening, context.by) is not None:
            _note(context, made.key, number, "opened", since=opening["since"], kind=made.kind)
    over = [alert for alert in last.values() if not alert.ended and alert.key not in found]
    for alert in over:
        if context.lake.alerts.end(alert, context.by):
            _note(context, alert.key, alert.number, "over")
    if over:
        context.lake.alerts.clear(now - KEPT)
    context.lake.journal.commit()
    return list(found.values())


def deliver(
    context: Context, wrong: list[Condition], notify: Notify | None = None
) -> list[Delivery]:
    """Tell every channel what it has not been told; return the attempts.

    A channel that fails is recorded and tried again by the next call; the others are told all the
    same. Airflow notifiers are left out without `notify`.
    """
    known = {found.key: found for found in wrong}
    own = context.lake.alerts
    made: list[Delivery] = []
    channels = context.settings.alerts.named()
    failures = dict.fromkeys(channels, 0)
    for alert in own.all() if channels else []:
        for name, channel in channels.items():
            if isinstance(channel, AirflowChannel) and notify is None:
                continue
            if channel.on is not None and alert.kind not in channel.on:
                continue
            message = _due(context, alert, name) if failures[name] < _FAILURES else None
            attempt = own.claim(alert, name, message) if message else None
            opening = own.opening(alert) if attempt else None
            if message is None or attempt is None or opening is None:
                continue
            text = _message(context, alert, opening, message, known.get(alert.key))
            error = _attempt(channel, text, notify)
            failures[name] = failures[name] + 1 if error else 0
            own.settle(alert, name, message, attempt, error)
            made.append(Delivery(alert.key, name, message, error))
            # A channel that is down is tried at each call: one row says so.
            if attempt == 1 or not error:
                what = "unsent" if error else "sent"
                more = {"channel": name, "message": message, "error": error}
                _note(context, alert.key, alert.number, what, **more)
    context.lake.journal.commit()
    return made


def tick(context: Context, notify: Notify | None = None) -> list[Delivery]:
    """See what is wrong, and tell whoever is to be told; return the attempts to tell them."""
    return deliver(context, watch(context), notify)


def alerts(context: Context) -> dict[str, list[dict[str, Any]]]:
    """Return what is wrong, and what was lately: `open` and `over`. Writes nothing. JSON-ready.

    `told` says of each channel how many messages it got, when the last one, and why the next one
    failed. What nobody has opened an alert for yet has `opened_at` None.
    """
    now = context.clock.now()
    kept = context.lake.alerts.all()
    last = newest(kept)
    wrong = conditions(context)
    opened: list[dict[str, Any]] = []
    for made in wrong:
        alert = last.get(made.key)
        alert = None if alert is None or alert.ended else alert
        opening = context.lake.alerts.opening(alert) if alert else None
        since = opening.since if opening else iso(made.since or now)
        row = {**asdict(made), "since": since}
        opened.append(row | _state(context, alert, opening))
    keys = {made.key for made in wrong}
    over: list[dict[str, Any]] = []
    for alert in kept:
        ended = context.lake.alerts.ended_at(alert)
        opening = context.lake.alerts.opening(alert)
        # One whose cause is gone, and that nobody has ended yet, is over all the same.
        gone = not alert.ended and alert.key not in keys
        if opening is None or not (gone or (ended is not None and now - ended <= LATELY)):
            continue
        row = {"key": alert.key, **asdict(opening)}
        row.pop("by")
        over.append(row | _state(context, alert, opening))
    return {"open": opened, "over": over}


def channels(context: Context) -> dict[str, dict[str, Any]]:
    """Return the channels by name, without what is secret."""
    return {name: public(channel) for name, channel in context.settings.alerts.named().items()}


def _state(context: Context, alert: Alert | None, opening: Opening | None) -> dict[str, Any]:
    if alert is None or opening is None:
        return {"opened_at": None, "last_seen": None, "resolved_at": None, "told": {}}
    own = context.lake.alerts
    return {
        "opened_at": opening.opened_at,
        "last_seen": iso(own.last_seen(alert)) or opening.opened_at,
        "resolved_at": iso(own.ended_at(alert)),
        "told": {name: own.outcome(alert, name) for name in sorted(alert.told)},
    }


def _due(context: Context, alert: Alert, channel: str) -> str | None:
    """Return the message that a channel is to get now, if any."""
    of = alert.told.get(channel, Told())
    if alert.ended:
        # Whoever was not told that it began is not told that it is over.
        return OVER if of.attempts and _begun(of) and not of.sent(OVER) else None
    count = of.repeats
    if count == 0:
        return told(0)
    last = context.lake.alerts.sent_at(alert, channel, told(count - 1))
    waited = last is None or context.clock.now() - last >= context.settings.alerts.repeat_every
    return told(count) if waited else None


def _begun(of: Told) -> bool:
    """Return whether a channel was told, or may have been by a process that died."""
    states = {s for name, tries in of.attempts.items() if name != OVER for s in tries.values()}
    return bool(states & {"sent", "claimed"})


def _attempt(channel: Channel, message: Message, notify: Notify | None) -> str:
    try:
        send(channel, message, notify)
    except FreshgroundError as error:
        return str(error)
    return ""


def _message(
    context: Context, alert: Alert, opening: Opening, message: str, now_wrong: Condition | None
) -> Message:
    now = context.clock.now()
    name = f"{opening.kind}: {opening.subject}"
    since = parse_iso(opening.since) or now
    if message == OVER:
        ended = context.lake.alerts.ended_at(alert) or now
        title = f"over: {name}"
        lines = [f"It was so from {_moment(since)} to {_moment(ended)}: {spoken(ended - since)}."]
        lines.append(f"What it was: {opening.found}")
    else:
        title = name if message == told(0) else f"still {name}"
        found = now_wrong.found if now_wrong else opening.found
        lines = [found, f"Since {_moment(since)}.", now_wrong.do if now_wrong else opening.do]
    text = "\n".join([f"[{title}]", *(shortened(line) for line in lines)])
    state = "over" if message == OVER else "open"
    return Message(opening.kind, opening.subject, state, title, text, now)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S} UTC"


def _note(context: Context, key: str, number: int, what: str, **more: str) -> None:
    body = {"number": number, "state": what, **more}
    context.lake.journal.add(context.run_id, "alert", key, body)
