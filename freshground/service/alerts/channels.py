"""Where alerts go: a webhook, e-mail. What a channel says of a failure names no secret.

An Airflow notifier is told by the DAGs, which pass in how: Airflow is known to them alone.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError, Retriable
from freshground.core.settings import AirflowChannel, EmailChannel, WebhookChannel

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    Channel = WebhookChannel | EmailChannel | AirflowChannel
    Notify = Callable[[AirflowChannel, "Message"], None]

_LONGEST = 3000
_OWN_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Message:
    """What a channel is told. `text` holds `title` and everything else; `state` is open or over."""

    kind: str
    subject: str
    state: str
    title: str
    text: str
    at: datetime

    def as_dict(self) -> dict[str, str]:
        """Return what an Airflow notifier's templates may name under `alert`."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "state": self.state,
            "title": self.title,
            "text": self.text,
        }


def shortened(text: str) -> str:
    """Return a text of a length that every channel takes."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} ..."


def send(channel: Channel, message: Message, notify: Notify | None = None) -> None:
    """Send a message. Retriable when it may go out later; ConfigError when it never will."""
    if isinstance(channel, WebhookChannel):
        _webhook(channel, message)
    elif isinstance(channel, EmailChannel):
        _email(channel, message)
    elif notify is not None:
        notify(channel, message)
    else:
        raise ConfigError(
            "An Airflow notifier is told by Airflow alone.",
            "The task `alerts` of the DAG freshground_governor does it.",
        )


def _webhook(channel: WebhookChannel, message: Message) -> None:
    import httpx

    # As Slack wants it, so that no name of a document reads as a link or calls everybody.
    text = message.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    url = channel.url.get_secret_value()
    try:
        answer = httpx.post(url, json={"text": text}, timeout=channel.timeout.total_seconds())
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Not the error's own text: it may hold the URL, and whoever has that may post.
        raise Retriable(
            f"The webhook cannot be reached ({type(error).__name__}).",
            "Check alerts.channels.url and the network.",
        ) from None
    if not answer.is_success:
        raise Retriable(
            f"The webhook answered with status {answer.status_code}.",
            "Check alerts.channels.url with whoever runs it.",
        )


def _email(channel: EmailChannel, message: Message) -> None:
    host = f"{channel.host}:{channel.port}"
    try:
        with _connected(channel) as server:
            _log_in(channel, server)
            refused = server.send_message(_mail(channel, message))
    except smtplib.SMTPAuthenticationError as error:
        raise Retriable(
            f"The mail server {host} refused user and password (code {error.smtp_code}).",
            "Check alerts.channels.user and password.",
        ) from None
    except smtplib.SMTPResponseException as error:
        raise Retriable(
            f"The mail server {host} refused the message (code {error.smtp_code}).",
            "Check alerts.channels.from and to.",
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise Retriable(
            f"The mail server {host} cannot be used ({type(error).__name__}).",
            "Check alerts.channels.host, port and tls.",
        ) from None
    if refused:
        raise Retriable(
            f"The mail server {host} refused {len(refused)} of {len(channel.to)} addresses.",
            "Check alerts.channels.to.",
        )


def _connected(channel: EmailChannel) -> smtplib.SMTP:
    seconds = channel.timeout.total_seconds()
    if channel.tls == "implicit":
        safe = ssl.create_default_context()
        return smtplib.SMTP_SSL(channel.host, channel.port, timeout=seconds, context=safe)
    server = smtplib.SMTP(channel.host, channel.port, timeout=seconds)
    try:
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=ssl.create_default_context())
            server.ehlo()
        elif channel.tls == "required":
            raise Retriable(
                f"The mail server {channel.host}:{channel.port} offers no encryption.",
                "Set alerts.channels.tls to auto, or port 465 and tls: implicit.",
            )
    except BaseException:
        server.close()
        raise
    return server


def _log_in(channel: EmailChannel, server: smtplib.SMTP) -> None:
    if channel.user is None or channel.password is None:
        return
    encrypted = isinstance(server.sock, ssl.SSLSocket)
    if not encrypted and channel.host not in _OWN_MACHINE:
        raise Retriable(
            f"The mail server {channel.host}:{channel.port} offers no encryption, and the password "
            "is not sent in the clear.",
            "Use another port or server, or none of user and password.",
        )
    server.login(channel.user, channel.password.get_secret_value())


def _mail(channel: EmailChannel, message: Message) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"Freshground: {message.title}"
    mail["From"] = channel.sender
    mail["To"] = ", ".join(channel.to)
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = make_msgid(domain="freshground.invalid")
    # Tells mail programs not to answer with "out of office".
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(message.text)
    return mail


def public(channel: Channel) -> dict[str, Any]:
    """Return what may be shown of a channel."""
    return {"type": channel.type, "on": list(channel.on) if channel.on else None}
