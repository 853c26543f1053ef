"""Texts that others wrote show as text: names, comments, paths, file names, documents."""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest

from freshground.core.settings import Dashboard
from freshground.service.ui import navigation
from tests.ui.chromium import chromium
from tests.ui.desk import TOKEN, desk, somebody
from tests.ui.house import house

pytestmark = pytest.mark.slow

SCRIPT = "<script>pwned=1</script><img src=x onerror=alert(1)>"
ATTRIBUTE = '"><svg onload=alert(2)>'
QUOTED = "' autofocus onfocus='alert(3)"
LINK = "javascript:alert(4)"
TURNED = "abc\u202etxt.exe\u2066\x00\x1b[31m"
TEMPLATE = "{{ 7 * 7 }}${7*7}"
HOSTILE = f"{SCRIPT}{ATTRIBUTE}{QUOTED}{LINK}{TURNED}{TEMPLATE}"


def record(context) -> None:
    """Let a hostile person have done something hostile."""
    body = {"action": HOSTILE, "by": HOSTILE, "role": SCRIPT, "comment": HOSTILE, HOSTILE: HOSTILE}
    context.lake.journal.add("r", "action", HOSTILE, body)
    context.lake.journal.commit()


def harmless(text: str) -> None:
    assert "<script>pwned" not in text
    assert "<img src=x" not in text
    assert "<svg onload" not in text
    assert "' autofocus onfocus='" not in text.replace("&#39;", "&apos;")
    assert 'href="javascript:' not in text
    for character in "\u202e\u2066\x00\x1b":
        assert character not in text, ascii(character)


def test_pages_show_them_as_text(quick) -> None:
    context = quick.context()
    record(context)
    with desk(context, somebody(name=HOSTILE, groups=frozenset({HOSTILE}))) as (url, _):
        for path in ("/me", "/me/audit", f"/me/audit?by={quote(HOSTILE)}", f"/{quote(SCRIPT)}"):
            found = httpx.get(f"{url}{path}")
            harmless(found.text)
        shown = httpx.get(f"{url}/me/audit").text
        assert "&lt;script&gt;pwned=1&lt;/script&gt;" in shown
        assert "⟨U+202E⟩txt.exe⟨U+2066⟩⟨U+0000⟩" in shown
        assert "{{ 7 * 7 }}" in shown
        # What an action says on the next page comes out of a cookie: it may be anybody's.
        said = {"fg_said": quote(json.dumps({"said": HOSTILE, "failed": True}))}
        harmless(httpx.get(f"{url}/me", cookies=said).text)
        for broken in ("x", '{"said": 7}', "[" * 900):
            answer = httpx.get(f"{url}/me", cookies={"fg_said": quote(broken)})
            assert answer.status_code == 200
        back = httpx.post(
            f"{url}/me/password", data={"token": TOKEN, "from": f"/{HOSTILE}\r\nx-evil: 1"}
        )
        assert back.status_code == 303
        assert "x-evil" not in back.headers


def test_the_log_in_page_shows_them_as_text(quick) -> None:
    with house(quick.context()) as (url, _), httpx.Client(base_url=url) as client:
        harmless(client.get("/ui/login", params={"next": HOSTILE}).text)
        client.headers["accept"] = "text/html"
        answer = client.get(f"/ui/{quote(HOSTILE)}?x={quote(HOSTILE)}")
        harmless(client.get(answer.headers["location"]).text)
        harmless(client.get("/ui/login/back", params={"error": HOSTILE, "state": HOSTILE}).text)


def test_nothing_of_it_runs_in_a_browser(quick) -> None:
    name = f"{SCRIPT}{QUOTED}".replace("/", "")
    quick.write(f"{name}.md", f"# {SCRIPT}\n\n{HOSTILE} [x]({LINK}) covers storm and water.\n" * 3)
    quick.refresh()
    context = quick.context()
    record(context)
    wrong: list[str] = []
    with desk(context, somebody(name=HOSTILE)) as (url, _), chromium() as browser:
        page = browser.new_page()
        page.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.dismiss()))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "console",
            lambda message: wrong.append(message.text) if message.type == "error" else None,
        )
        paths = {entry.path for entry in navigation.entries()} | {"/me", "/me/audit"}
        for path in sorted(paths):
            answer = page.goto(f"{url}{path}")
            assert answer.status == 200, path
            assert page.evaluate("typeof pwned") == "undefined", path
            assert page.locator("svg[onload], img[onerror], [onfocus]").count() == 0, path
            assert page.locator("a[href^='javascript:' i]").count() == 0, path
    assert wrong == []


def test_sessions_show_browsers_as_text(quick) -> None:
    context = quick.context()
    serve = context.settings.serve.model_copy(update={"dashboard": Dashboard()})
    context.settings = context.settings.model_copy(update={"serve": serve})
    context.lake.people.add("ana", "correct horse battery", "viewer")
    _, secret = context.lake.sessions.begin(
        "own", "ana", "viewer", (), lasts=timedelta(days=1), generation=1, device=HOSTILE
    )
    with house(context) as (url, _), httpx.Client(base_url=url) as client:
        client.cookies.set(f"fg_session_{client.base_url.port}", secret, path="/ui")
        found = client.get("/ui/me")
        assert found.status_code == 200
        harmless(found.text)
        assert "&lt;script&gt;" in found.text
