"""Kinds of values that many sections share."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w|y)")
_SHORT = re.compile(r"\d\s*(ms|s|m)\b")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31_536_000}


def duration(text: str) -> timedelta:
    """Return the length of a text such as 24h or 1h30m, a year being 365 days.

    ValueError when it is none.
    """
    if not text.strip() or _DURATION.sub("", text).strip():
        found = f"{text!r} is no duration"
        raise ValueError(
            f"{found}; write a number and ms, s, m, h, d, w or y, such as 24h or 1h30m"
        )
    return timedelta(seconds=sum(float(n) * _UNITS[u] for n, u in _DURATION.findall(text)))


def as_duration(value: object) -> object:
    """Turn a text into a duration, and leave other values to pydantic."""
    return duration(value) if isinstance(value, str) else value


def as_age(value: object) -> object:
    """Turn a text into a duration, and refuse what is hardly ever meant: a bare number, minutes."""
    if isinstance(value, int | float):
        raise ValueError(f"{value} has no unit; write it as a text such as 30d or 2y")  # noqa: TRY004
    if isinstance(value, str) and _SHORT.search(value):
        raise ValueError(f"{value!r}: m stands for minutes; write h, d, w or y, such as 180d or 2y")
    return as_duration(value)


Duration = Annotated[timedelta, BeforeValidator(as_duration)]
Age = Annotated[timedelta, Field(gt=timedelta()), BeforeValidator(as_age)]
Id = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]

Line = Annotated[str, Field(pattern=r"^[^\r\n]+$")]
DottedPath = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)+$")]


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def fetchable(url: str) -> str:
    """Return a URL that keys may be fetched from; ValueError when it is none."""
    parts = urlsplit(url)
    # Signing keys that come in the clear can be changed on their way: then anybody signs.
    local = parts.scheme == "http" and is_loopback(parts.hostname or "")
    if not parts.hostname or not (parts.scheme == "https" or local):
        raise ValueError(f"{url!r} is no https URL; plain http is for this machine alone")
    return url


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Url = Annotated[str, BeforeValidator(fetchable)]
Lines = Annotated[tuple[Line, ...], BeforeValidator(_several)]


class Section(BaseModel):
    """A part of the settings: frozen, and an unknown key in it is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")
