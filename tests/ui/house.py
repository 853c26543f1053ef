"""The dashboard as `freshground serve` shows it, in tests: with its own door, over real HTTP."""

from __future__ import annotations

import html
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from argon2 import PasswordHasher

from freshground.lake import passwords
from freshground.service.ui.serving import Shown, with_dashboard
from tests.serve.served import running
from tests.ui.desk import elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterator

    from freshground.service.context import Context

PASSWORD = "correct horse battery"


@pytest.fixture
def cheap(monkeypatch) -> None:
    """Hash passwords at the least cost there is."""
    made = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", lambda: made)
    passwords._nobodys.cache_clear()


@contextmanager
def house(context: Context, log: Any = None) -> Iterator[tuple[str, Shown]]:
    """Serve a project's dashboard; yield the service's URL and what is shown."""
    shown = with_dashboard(elsewhere, context, log)
    with running(shown.app) as url:  # type: ignore[arg-type]
        yield url, shown


def browser(url: str, **headers: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"accept": "text/html", **headers}, timeout=20)


def field(answer: httpx.Response, name: str) -> str:
    """Return a form field's value in a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', answer.text)
    assert found is not None, answer.text
    return html.unescape(found[1])


def log_in(
    client: httpx.Client, name: str = "ana", password: str = PASSWORD, to: str = "/"
) -> httpx.Response:
    """Send the log-in form; return what is answered."""
    form = client.get("/ui/login", params={"next": to})
    data = {"token": field(form, "token"), "next": field(form, "next")}
    return client.post("/ui/login", data={**data, "name": name, "password": password})


def cookies(answer: httpx.Response) -> dict[str, str]:
    """Return the cookies that an answer sets, each with its attributes."""
    found = [value.partition("=") for value in answer.headers.get_list("set-cookie")]
    return {name: rest for name, _, rest in found}
