"""Who is told when something is wrong."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, SecretStr, model_validator

from freshground.core.settings.values import DottedPath, Duration, Id, Line, Section

AlertKind = Literal["late", "unknown", "burn", "gate", "guard", "source", "refresh", "hold"]


def _channel(value: object) -> object:
    if not isinstance(value, dict):
        return value
    # YAML 1.1 reads a bare `on` as true.
    return {"on" if key is True else key: item for key, item in value.items()}


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


class _Channel(Section):
    """Where alerts go. `on` names the kinds it wants; None: all. `name` is how it is shown."""

    name: Id | None = None
    on: tuple[AlertKind, ...] | None = Field(None, min_length=1)
    timeout: Duration = Field(timedelta(seconds=10), gt=timedelta(0))


class WebhookChannel(_Channel):
    """Posts JSON with one key `text`, as Slack, Mattermost and many others take it."""

    type: Literal["webhook"]
    url: SecretStr

    @model_validator(mode="after")
    def _is_http(self) -> WebhookChannel:
        if not self.url.get_secret_value().startswith(("http://", "https://")):
            raise ValueError("url is no http or https URL")
        return self


class EmailChannel(_Channel):
    """Sends e-mail. With `tls: auto` the connection is encrypted where the server offers it.

    `implicit` encrypts from the first byte (port 465), `required` sends nothing in the clear. A
    password is never sent unencrypted to another machine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", serialize_by_alias=True)

    type: Literal["email"]
    to: Annotated[tuple[Line, ...], BeforeValidator(_several), Field(min_length=1)]
    sender: Line = Field(alias="from")
    host: str
    port: int = Field(587, ge=1, le=65535)
    user: str | None = None
    password: SecretStr | None = None
    tls: Literal["auto", "required", "implicit"] = "auto"


class AirflowChannel(_Channel):
    """Any Airflow notifier, by its class. Its templates see `alert`: kind, subject, title, text.

    It is told by the DAGs alone.
    """

    type: Literal["airflow"]
    notifier: DottedPath
    kwargs: dict[str, Any] = Field(default_factory=dict, repr=False)


ChannelSettings = Annotated[
    Annotated[WebhookChannel | EmailChannel | AirflowChannel, Field(discriminator="type")],
    BeforeValidator(_channel),
]


class Alerts(Section):
    """Who is told when something is wrong; a bare list is `channels`.

    An alert that stays open is told again each `repeat_every`. `burn_1h` and `burn_24h` are burn
    rates of the error budget over an hour and a day (1 uses it up in 30 days) that are too quick.
    """

    channels: tuple[ChannelSettings, ...] = ()
    repeat_every: Duration = Field(timedelta(hours=24), gt=timedelta(0))
    burn_1h: float = Field(14.4, gt=0)
    burn_24h: float = Field(3.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _list(cls, value: object) -> object:
        return {"channels": value} if isinstance(value, list | tuple) else value

    @model_validator(mode="after")
    def _names_differ(self) -> Alerts:
        names = [channel.name for channel in self.channels if channel.name]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"two channels are named {twice[0]!r}; names must differ")
        return self

    def named(self) -> dict[str, WebhookChannel | EmailChannel | AirflowChannel]:
        """Return the channels by name; one without is called by its type, and a number."""
        found: dict[str, WebhookChannel | EmailChannel | AirflowChannel] = {}
        taken = {channel.name for channel in self.channels}
        for channel in self.channels:
            number, name = 1, channel.name or channel.type
            while channel.name is None and name in taken:
                number += 1
                name = f"{channel.type}-{number}"
            taken.add(name)
            found[name] = channel
        return found
