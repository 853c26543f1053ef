"""Every route of the whole dashboard, as it is put together: a new one is held to the same."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest
from starlette.routing import Mount, Route

from freshground.core.errors import ConfigError
from freshground.lake.sessions import form_token
from freshground.service.ui.app import create_ui
from freshground.service.ui.board import Board
from freshground.service.ui.doors.front import FrontDoor
from freshground.service.ui.doors.oidc import ByIssuer
from freshground.service.ui.doors.own import Passwords
from freshground.service.ui.mounting import Beside
from freshground.service.ui.routing import Done, action
from tests.serve.served import running
from tests.ui.desk import elsewhere
from tests.ui.house import PASSWORD, cheap  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cheap")]

OPEN = {
    ("GET", "/login"), ("POST", "/login"), ("GET", "/login/out"), ("GET", "/login/setup"),
    ("POST", "/login/setup"), ("GET", "/login/oidc"), ("GET", "/login/back"),
}  # fmt: skip
OF_ONESELF = {"/me/logout", "/me/sessions/end", "/me/password"}
"""What viewers do, to their own account alone."""

MAKERS = {f"{kind}.<locals>.endpoint" for kind in ("page", "action", "events")}
ROLES = ("viewer", "operator", "admin")


class Poked(FrontDoor):
    """A door with one more action, which does what it is told."""

    def routes(self, board):
        def poke(asked):
            if asked.form.get("fail"):
                raise ConfigError("It cannot be poked.", "Leave it.")
            return Done("/me", f"Poked <{asked.form['what']}>.", asked.form["what"], {"times": 1})

        return [*super().routes(board), action(board, "/poke", poke)]


@pytest.fixture
def context(quick):
    quick.changes["serve"] = {
        "dashboard": {
            "passwords": True,
            "oidc": {
                "issuer": "https://issuer.example",
                "client_id": "x",
                "roles": {"admin": "a"},
            },
        }
    }
    return quick.context()


@pytest.fixture
def app(context):
    ways = [Passwords(context), ByIssuer(context, context.settings.serve.dashboard.oidc)]
    return create_ui(Board(context, Poked(context, ways)))


@pytest.fixture
def routes(app) -> list[tuple[str, str]]:
    """Methods and paths of all that is served but what pages are made of."""
    found = [
        (method, re.sub(r"\{(\w+)(:\w+)?\}", "x", route.path))
        for route in app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    ]
    return sorted(found)


@pytest.fixture
def people(context, app):
    """Clients of people who have logged in, by role, and the token of their forms."""
    with running(Beside(elsewhere, "/ui", app)) as url:  # type: ignore[arg-type]
        made = {}
        for role in ROLES:
            account = context.lake.people.add(f"the-{role}", PASSWORD, role)
            _, secret = context.lake.sessions.begin(
                "own", account.name, role, (), lasts=timedelta(days=1), generation=1
            )
            client = httpx.Client(base_url=f"{url}/ui", timeout=30)
            client.cookies.set(f"fg_session_{client.base_url.port}", secret)
            made[role] = (client, form_token(secret))
        made[""] = (httpx.Client(base_url=f"{url}/ui", timeout=30), "")
        yield made
        for client, _ in made.values():
            client.close()


def status(client: httpx.Client, method: str, path: str, **more) -> int:
    with client.stream(method, path, **more) as found:  # a stream of events has no end
        return found.status_code


def test_every_route_is_made_by_the_frame(app, routes) -> None:
    assert {each for each in routes if each[1].startswith("/login")} == OPEN
    for route in app.routes:
        if isinstance(route, Mount):
            assert route.path == "/static"
            continue
        assert isinstance(route, Route)
        if not route.path.startswith("/login"):
            assert route.endpoint.__module__ == "freshground.service.ui.routing", route.path
            assert route.endpoint.__qualname__ in MAKERS, route.path
            writes = (route.methods or set()) - {"GET", "HEAD"}
            assert bool(writes) == ("action." in route.endpoint.__qualname__), route.path


def test_nobody_gets_in_without_a_session(routes, people) -> None:
    client, _ = people[""]
    assert len(routes) > 8
    for method, path in routes:
        if (method, path) not in OPEN:
            assert status(client, method, path) == 401, (method, path)
            html = status(client, method, path, headers={"accept": "text/html"})
            assert html == 303, (method, path)
    assert status(client, "GET", "/static/app.css") == 200
    for odd in ("/static/../routes/me.py", "/static/%2e%2e/app.py", "/loginx", "//me", "/LOGIN"):
        assert status(client, "GET", odd) in (401, 404), odd


def test_a_viewer_sees_and_decides_nothing(routes, people) -> None:
    client, token = people["viewer"]
    seen = 0
    for method, path in routes:
        if (method, path) in OPEN or (method == "POST" and path in OF_ONESELF):
            continue
        sent = {} if method == "GET" else {"data": {"token": token}}
        found = status(client, method, path, **sent)
        if method == "GET":
            assert found < 500, (method, path)
            seen += found == 200
        else:
            assert found == 403, (method, path)
    assert seen >= 2


def test_an_action_needs_the_sessions_token_and_a_post(context, routes, people) -> None:
    actions = [path for method, path in routes if method == "POST" and (method, path) not in OPEN]
    assert set(actions) > OF_ONESELF
    client, _ = people["admin"]
    _, another = people["operator"]
    before = context.lake.journal.entries("action")
    for path in actions:
        for sent in ({}, {"token": ""}, {"token": another}, {"token": "ü"}):
            found = status(client, "POST", path, data={"x": "y", **sent})
            assert found == 403, (path, sent)
        assert status(client, "POST", path, json={"token": "x"}) == 415, path
        if ("GET", path) not in routes:
            assert status(client, "GET", path) in (404, 405), path
    assert context.lake.journal.entries("action") == before
    assert len(context.lake.sessions.all()) == len(ROLES)


def test_an_action_is_recorded(context, people) -> None:
    client, token = people["operator"]
    data = {"token": token, "what": "docs", "comment": "  because  ", "from": "/me"}
    done = client.post("/poke", data=data)
    assert (done.status_code, done.headers["location"]) == (303, "/ui/me")
    assert "Poked &lt;docs&gt;." in client.get("/me").text
    assert "Poked" not in client.get("/me").text  # it is said once
    [row] = context.lake.journal.entries("action")
    assert (row.subject, row.at, len(row.run_id)) == ("docs", context.clock.now(), 32)
    assert row.body == {
        "action": "poke", "by": "the-operator", "role": "operator", "comment": "because",
        "times": 1,
    }  # fmt: skip
    failed = client.post("/poke", data={**data, "fail": "1"})
    assert failed.headers["location"] == "/ui/me"
    assert "It cannot be poked. Leave it." in client.get("/me").text
    assert len(context.lake.journal.entries("action")) == 1
    shown = people["admin"][0].get("/me/audit").text
    assert "because</td>" in shown
    assert "the-operator" in shown
