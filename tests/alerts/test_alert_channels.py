"""What goes over the wire, and what a channel says of its failures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import yaml

from freshground.core.errors import ConfigError, Retriable
from freshground.core.settings import Alerts, masked, parse
from freshground.service.alerts.channels import Message, send
from tests.alerts.listeners import Listener, mail_server
from tests.project import Project

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
TEXT = "[late: index docs]\nIt is — as of noon.\n.\nDo this."
MESSAGE = Message("late", "index docs", "open", "late: index docs", TEXT, AT)
PASSWORD = "geheim"


def channel(**settings: Any) -> Any:
    return Alerts.model_validate([settings]).channels[0]


def email(listener: Listener, **settings: Any) -> Any:
    ends = {"host": "127.0.0.1", "port": listener.port, "from": "fresh@example.org"}
    return channel(type="email", to=["ops@example.org"], **ends, **settings)


def test_a_webhook_gets_one_text(hook: Listener) -> None:
    send(channel(type="webhook", url=hook.url), MESSAGE)
    assert hook.told == [{"text": TEXT}]


def test_mail(mails: Listener) -> None:
    send(email(mails), MESSAGE)
    (mail,) = mails.told
    assert mail["Subject"] == "Freshground: late: index docs"
    assert (mail["From"], mail["To"]) == ("fresh@example.org", "ops@example.org")
    assert mail["Date"].datetime == AT
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_content()
    assert body.splitlines()[:2] == TEXT.splitlines()[:2]
    assert not [line for line in mails.said if line.startswith("AUTH")]


def test_a_mail_server_gets_user_and_password_where_it_asks() -> None:
    with mail_server("AUTH PLAIN") as mails:
        send(email(mails, user="fresh", password=PASSWORD), MESSAGE)
        assert len(mails.told) == 1
        assert [line for line in mails.said if line.startswith("AUTH")]
        mails.refuses = True
        with pytest.raises(Retriable, match="refused user and password") as raised:
            send(email(mails, user="fresh", password=PASSWORD), MESSAGE)
        assert PASSWORD not in str(raised.value)


def test_a_password_is_not_sent_in_the_clear_to_another_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("freshground.service.alerts.channels._OWN_MACHINE", ())
    with mail_server("AUTH PLAIN") as mails:
        with pytest.raises(Retriable, match="not sent in the clear"):
            send(email(mails, user="fresh", password=PASSWORD), MESSAGE)
        assert not [line for line in mails.said if line.startswith("AUTH")]


def test_what_has_to_be_encrypted_is_not_sent_otherwise(mails: Listener) -> None:
    with pytest.raises(Retriable, match="offers no encryption"):
        send(email(mails, tls="required"), MESSAGE)
    assert mails.told == []


def test_encryption_that_is_offered_is_used_and_checked() -> None:
    with mail_server("STARTTLS") as mails:
        with pytest.raises(Retriable, match="cannot be used"):
            send(email(mails), MESSAGE)
        assert "STARTTLS" in mails.said
        assert mails.told == []


def test_an_address_that_is_refused_is_said(mails: Listener) -> None:
    mails.refuses = True
    with pytest.raises(Retriable, match="127.0.0.1:.* cannot be used .SMTPRecipientsRefused"):
        send(email(mails), MESSAGE)


def test_a_server_that_is_not_there_is_said() -> None:
    with mail_server() as mails:
        pass
    with pytest.raises(Retriable, match="ConnectionRefusedError"):
        send(email(mails, timeout="1s"), MESSAGE)


def test_a_notifier_is_for_airflow_alone() -> None:
    with pytest.raises(ConfigError, match="freshground_governor"):
        send(channel(type="airflow", notifier="a.b.C"), MESSAGE)


def test_settings_of_channels(quick: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK", "https://hooks.example.org/s3cr3t")
    monkeypatch.setenv("MAIL_PASSWORD", PASSWORD)
    text = """
alerts:
  - {type: webhook, url: "${HOOK}", on: [late, gate]}
  - {type: webhook, url: "${HOOK}"}
  - {type: email, to: a@b.org, from: c@d.org, host: mail, user: u, password: "${MAIL_PASSWORD}"}
  - {type: airflow, notifier: some.Notifier, kwargs: {token: s3cr3t}, name: pager}
"""
    settings = parse({**quick.raw, **yaml.safe_load(text)}, quick.root)
    named = settings.alerts.named()
    assert list(named) == ["webhook", "webhook-2", "email", "pager"]
    assert named["webhook"].on == ("late", "gate")
    assert named["email"].to == ("a@b.org",)
    for shown in (str(masked(settings)), repr(settings)):
        assert "s3cr3t" not in shown
        assert PASSWORD not in shown


@pytest.mark.parametrize(
    ("alerts", "says"),
    [
        ([{"type": "webhook", "url": "s3cr3t"}], "alerts[0]: url is no http or https URL"),
        ([{"type": "pager"}], "'webhook', 'email', 'airflow'"),
        ([{"type": "webhook", "url": "http://x", "on": ["lait"]}], "'late', 'unknown', 'burn'"),
        ([{"type": "webhook", "url": "http://x", "name": "a"}] * 2, "two channels are named 'a'"),
        ([{"type": "email", "host": "h"}], "alerts[0].from: is missing"),
        ([{"type": "airflow", "notifier": "nodots"}], "alerts[0].notifier"),
        ({"repeat_every": "0h"}, "alerts.repeat_every"),
    ],
)
def test_channels_that_cannot_be_used_are_said(alerts: Any, says: str, quick: Project) -> None:
    with pytest.raises(ConfigError) as raised:
        parse({**quick.raw, "alerts": alerts}, quick.root)
    assert says in str(raised.value)
    assert "s3cr3t" not in str(raised.value)
