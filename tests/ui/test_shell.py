"""The frame around all pages: who is let in, what is escaped, what an action needs."""

from __future__ import annotations

import httpx
import pytest

from tests.ui.chromium import chromium
from tests.ui.desk import desk

pytestmark = pytest.mark.slow


def test_a_page_in_a_browser(quick) -> None:
    with desk(quick.context()) as (url, _), chromium() as browser:
        page = browser.new_page()
        wrong: list[str] = []
        page.on(
            "console",
            lambda message: wrong.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"{url}/")
        assert page.locator("h1").inner_text() == "Now"
        assert not wrong


def test_nobody_sees_a_page_without_logging_in(quick) -> None:
    with desk(quick.context()) as (url, door):
        door.who = None
        assert httpx.get(f"{url}/").status_code == 401
        assert httpx.get(f"{url}/static/app.css").status_code == 200
        assert "default-src 'none'" in httpx.get(f"{url}/").headers["content-security-policy"]
