"""Logging in by a password, staying in, and being let out."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx
import pytest

from freshground.core.settings import Dashboard
from freshground.service.ui.doors.guests import Guests
from freshground.service.ui.doors.throttle import Throttle
from freshground.service.ui.paths import inside
from tests.ui.house import PASSWORD, browser, cheap, cookies, field, house, log_in  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cheap")]


@pytest.fixture
def context(quick):
    found = quick.context()
    found.lake.people.add("ana", PASSWORD, "admin", groups=None)
    found.lake.people.add("vic", PASSWORD, "viewer", groups=["hr"])
    return found


@pytest.fixture
def url(context):
    with house(context) as (found, _):
        yield found


def test_the_first_admin_is_made_once(quick) -> None:
    context = quick.context()
    with house(context) as (url, shown), browser(url) as client:
        assert client.get("/ui/login/setup").status_code == 403
        assert client.get("/ui/login/setup?code=wrong").status_code == 403
        assert "Nobody has an account yet" in client.get("/ui/login").text
        form = client.get(shown.setup)
        data = {
            "token": field(form, "token"), "code": field(form, "code"), "name": "Ana",
            "password": PASSWORD, "again": PASSWORD,
        }  # fmt: skip
        for changes, why in (
            ({"again": "another one"}, "differ"),
            ({"password": "short", "again": "short"}, "5 characters"),
            ({"name": "<script>"}, "no name"),
        ):
            found = client.post("/ui/login/setup", data={**data, **changes})
            assert found.status_code == 400
            assert why in found.text
            assert "<script>" not in found.text
        assert client.post("/ui/login/setup", data={**data, "token": "x"}).status_code == 403
        assert context.lake.people.all() == []
        done = client.post("/ui/login/setup", data=data)
        assert (done.status_code, done.headers["location"]) == (303, "/ui/")
        assert client.get("/ui/").status_code == 200
        assert client.get(shown.setup).status_code == 403
        assert client.post("/ui/login/setup", data=data).status_code == 403
    assert [(p.name, p.role, p.groups) for p in context.lake.people.all()] == [
        ("ana", "admin", None)
    ]
    with house(quick.context()) as (_, shown):
        assert shown.setup is None


def test_in_and_out(context, url) -> None:
    with browser(url) as client:
        asked = client.get("/ui/me?x=1")
        assert asked.status_code == 303
        assert asked.headers["location"] == "/ui/login?next=%2Fme%3Fx%3D1"
        form = client.get(asked.headers["location"])
        assert field(form, "next") == "/me?x=1"
        done = log_in(client, " ANA ", to="/me?x=1")
        assert (done.status_code, done.headers["location"]) == (303, "/ui/me?x=1")
        page = client.get("/ui/me")
        assert page.status_code == 200
        assert ">ana<" in page.text.replace("\n", "")
        assert client.get("/ui/login?next=/me").headers["location"] == "/ui/me"
        out = client.post("/ui/me/logout", data={"token": field(page, "token")})
        assert out.headers["location"] == "/ui/login/out"
        said = client.get("/ui/login/out")
        assert said.status_code == 200
        assert "ana" not in said.text
        assert client.get("/ui/me").status_code == 303
    assert context.lake.sessions.all() == []


def test_a_cookie_is_kept_close(context) -> None:
    with house(context) as (url, _), browser(url) as client:
        port = client.base_url.port
        form = cookies(client.get("/ui/login"))[f"fg_form_{port}"].lower()
        assert "httponly" in form
        assert "samesite=strict" in form
        kept = cookies(log_in(client))[f"fg_session_{port}"].lower()
        assert "httponly" in kept
        assert "samesite=lax" in kept
        assert "path=/ui;" in kept + ";"
        assert "secure" not in kept
    settings = context.settings
    dashboard = Dashboard(url="https://search.example")
    serve = settings.serve.model_copy(update={"dashboard": dashboard})
    context.settings = settings.model_copy(update={"serve": serve})
    with house(context) as (url, _), browser(url) as client:
        form = client.get("/ui/login", headers={"host": "search.example"})
        kept = cookies(form)["__Host-fg_form"].lower()
        assert "secure" in kept
        assert "path=/;" in kept + ";"
        assert "domain" not in kept
        assert "max-age=31536000" in form.headers["strict-transport-security"]
        assert "strict-transport-security" not in client.get("/ui/login").headers  # by 127.0.0.1


def test_who_is_wrong_is_told_the_same(url) -> None:
    answers = []
    for name, password in (("ana", "wrong password"), ("nobody", PASSWORD), ("", ""), ("ana", "")):
        with browser(url) as client:
            found = log_in(client, name, password)
            assert found.status_code == 401
            assert not any(each.startswith("fg_session") for each in cookies(found))
            text = re.sub(r'(name="(token|name)" value=)"[^"]*"', r"\1", found.text)
            answers.append(re.sub(r" autofocus|<footer>.*</footer>", "", text))
    assert len(set(answers)) == 1


def test_unknown_names_cost_a_hash_as_well(url, monkeypatch) -> None:
    from freshground.lake import passwords

    asked = []
    right = passwords.is_right

    def noted(kept, password):
        asked.append(kept is None)
        return right(kept, password)

    monkeypatch.setattr(passwords, "is_right", noted)
    with browser(url) as client:
        log_in(client, "ana", "wrong")
        log_in(client, "nobody", "wrong")
    assert asked == [False, True]


def test_a_form_is_of_this_browser(url) -> None:
    data = {"name": "ana", "password": PASSWORD, "next": "/"}
    with browser(url) as client, browser(url) as other:
        token = field(other.get("/ui/login"), "token")
        for sent in ({}, {"token": token}):
            assert client.post("/ui/login", data={**data, **sent}).status_code == 403
        client.get("/ui/login")
        assert client.post("/ui/login", data={**data, "token": token}).status_code == 403
        assert client.post("/ui/login", json=data).status_code == 415


@pytest.mark.parametrize(
    "to", ["//evil.example", "/\\evil.example", "https://evil.example", "evil", "", "/\t/evil"]
)
def test_it_leads_nowhere_else(url, to) -> None:
    with browser(url) as client:
        where = log_in(client, to=to).headers["location"]
    assert where.startswith("/ui/")
    assert not where.startswith(("//", "/\\"))
    assert httpx.URL("http://us/ui/login").join(where).host == "us"


def test_paths_of_ours_stay_as_they_are() -> None:
    for path in ("/", "/documents/a%20b?x=1&y=2#chunk-7", "/releases/docs/3"):
        assert inside(path) == path


def test_tries_are_slowed_down(context, url) -> None:
    clock = context.clock
    with browser(url) as client:
        for _ in range(5):
            assert log_in(client, "ana", "wrong").status_code == 401
        held = log_in(client, "ana")  # the right one waits as well, else one could go on guessing
        assert held.status_code == 429
        assert held.headers["retry-after"] == "1"
        assert "Try again in 1 s" in held.text
        with browser(url) as other:
            assert log_in(other, "vic").status_code == 303
        clock.advance(timedelta(seconds=1))
        assert log_in(client, "ana", "wrong").status_code == 401
        clock.advance(timedelta(seconds=1))
        assert log_in(client, "ana").status_code == 429  # two seconds by now
        clock.advance(timedelta(minutes=1))
        token = field(client.get("/ui/login"), "token")
        for number in range(15):
            data = {"token": token, "name": f"guess{number}", "password": "wrong"}
            last = client.post("/ui/login", data=data)
        assert last.status_code == 429  # by the address
        clock.advance(timedelta(minutes=1))
        assert log_in(client, "ana").status_code == 303


def test_nobody_locks_out_somebody_else_for_long(context) -> None:
    throttle, clock = Throttle(context.clock), context.clock
    for number in range(80):
        throttle.take("ana", f"192.0.2.{number}")
    assert 0 < throttle.take("ana", "198.51.100.7") <= 10
    clock.advance(timedelta(seconds=10))
    assert throttle.take("ana", "198.51.100.7") == 0
    throttle.passed("ana", "198.51.100.7")
    assert throttle.take("ana", "198.51.100.7") == 0
    assert throttle.take("vic", "192.0.2.1") == 0
    clock.advance(timedelta(hours=1))
    for _ in range(5):
        assert throttle.take("ana", "192.0.2.1") == 0
    assert throttle.take("ana", "192.0.2.1") == 1
    assert throttle.take("ana", "192.0.2.2") == 0
    behind = Throttle(context.clock, by_address=False)
    assert all(behind.take(f"guess{number}", "192.0.2.9") == 0 for number in range(40))


def test_a_session_is_new_at_each_log_in(context, url) -> None:
    planted = "A" * 43
    with browser(url) as client, browser(url) as again:
        name = f"fg_session_{client.base_url.port}"
        client.cookies.set(name, planted, path="/ui")
        assert client.get("/ui/me").status_code == 303
        first = cookies(log_in(client))[name].partition(";")[0]
        assert first != planted
        # Somebody logs in at a browser where somebody else is: the session that was is no more.
        token = field(again.get("/ui/login"), "token")
        again.cookies.set(name, first, path="/ui")
        data = {"token": token, "name": "vic", "password": PASSWORD}
        second = cookies(again.post("/ui/login", data=data))[name].partition(";")[0]
        assert second not in (first, planted)
    assert [session.name for session in context.lake.sessions.all()] == ["vic"]


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.set_password("vic", "another password"),
        lambda people: people.change("vic", "operator", ["hr"]),
        lambda people: people.remove("vic"),
    ],
)
def test_what_changes_an_account_ends_its_sessions(context, change) -> None:
    timer = [100.0]
    guests = Guests(context.lake, Dashboard(), lambda: timer[0])
    account = context.lake.people.get("vic")
    _, secret = context.lake.sessions.begin(
        "own", "vic", "viewer", ("hr",), lasts=timedelta(days=1), generation=account.generation
    )
    found = guests.find(secret)
    assert (found.name, found.role, found.groups) == ("vic", "viewer", frozenset({"hr"}))
    change(type(context.lake.people)(context.lake.files, context.clock))
    timer[0] += 0.9
    assert guests.find(secret) is not None
    timer[0] += 0.1
    assert guests.find(secret) is None


def test_sessions_end_by_themselves(context) -> None:
    timer = [0.0]
    settings = Dashboard.model_validate({"session": "2h", "absolute": "5h"})
    guests = Guests(context.lake, settings, lambda: timer[0])
    account = context.lake.people.get("ana")

    def begin() -> str:
        return context.lake.sessions.begin(
            "own", "ana", "admin", None, lasts=settings.absolute, generation=account.generation
        )[1]

    idle = begin()
    context.clock.advance(timedelta(hours=2, seconds=1))
    assert guests.find(idle) is None
    used = begin()
    for _ in range(4):
        context.clock.advance(timedelta(hours=1, minutes=14))
        timer[0] += 10
        assert guests.find(used) is not None
    context.clock.advance(timedelta(minutes=5))
    assert guests.find(used) is None


def test_a_session_is_noted_once_a_minute_and_by_all_processes(context) -> None:
    timer = [0.0]
    here, there = (Guests(context.lake, Dashboard(), lambda: timer[0]) for _ in range(2))
    account = context.lake.people.get("ana")
    made, secret = context.lake.sessions.begin(
        "own", "ana", "admin", None, lasts=timedelta(days=7), generation=account.generation
    )
    sessions = context.lake.sessions
    first = sessions.last_seen(made.id)
    context.clock.advance(timedelta(seconds=59))
    assert here.find(secret) is not None
    assert sessions.last_seen(made.id) == first
    context.clock.advance(timedelta(seconds=1))
    assert here.find(secret) is not None
    assert sessions.last_seen(made.id) == context.clock.now()
    # Used there all day, it is not idle here.
    for _ in range(3):
        context.clock.advance(timedelta(hours=11))
        timer[0] += 5
        assert there.find(secret) is not None
    timer[0] += 5
    assert here.find(secret) is not None


def test_a_lake_that_cannot_be_read_lets_nobody_in_for_long(context, monkeypatch) -> None:
    from freshground.core.errors import Fatal
    from freshground.service.ui.doors.guests import Unreadable

    timer = [0.0]
    guests = Guests(context.lake, Dashboard(), lambda: timer[0])
    account = context.lake.people.get("ana")
    _, secret = context.lake.sessions.begin(
        "own", "ana", "admin", None, lasts=timedelta(days=7), generation=account.generation
    )
    assert guests.find(secret) is not None

    def fail(_secret):
        raise Fatal("The store failed.")

    monkeypatch.setattr(context.lake.sessions, "find", fail)
    timer[0] = 30
    assert guests.find(secret) is not None
    timer[0] = 31
    with pytest.raises(Unreadable):
        guests.find(secret)
    with house(context) as (url, _), browser(url) as client:
        client.cookies.set(f"fg_session_{client.base_url.port}", secret, path="/ui")
        assert client.get("/ui/").status_code == 503


def test_what_is_no_page_is_told_plainly(url) -> None:
    with httpx.Client(base_url=url) as client:
        assert client.get("/ui/").status_code == 401
        again = client.get("/ui/", headers={"hx-request": "true", "accept": "text/html"})
        assert (again.status_code, again.headers["hx-refresh"]) == (401, "true")
        home = client.get("/", headers={"accept": "text/html"})
        assert (home.status_code, home.headers["location"]) == (307, "/ui/")
        assert client.get("/").text == "elsewhere"
        asked = client.get("/", headers={"accept": "text/html", "api-key": "x"})
        assert asked.text == "elsewhere"


def test_my_page(context, url) -> None:
    with browser(url) as client, browser(url, **{"user-agent": "Firefox/128.0 Linux"}) as other:
        log_in(client, "vic")
        log_in(other, "vic")
        page = client.get("/ui/me")
        assert "Firefox 128 on Linux" in page.text
        assert "Who did what</a>" not in page.text
        theirs = context.lake.sessions.of("ana")
        assert theirs == []
        token = field(page, "token")
        ends = field(page, "session")
        assert client.post("/ui/me/sessions/end", data={"token": token, "session": "0" * 64})
        assert len(context.lake.sessions.all()) == 2
        client.post("/ui/me/sessions/end", data={"token": token, "session": ends})
        assert len(context.lake.sessions.all()) == 1
        assert client.get("/ui/me").status_code == 200
        assert client.get("/ui/me/audit").status_code == 403

        def change(old: str, new: str, again: str | None = None) -> str:
            data = {"token": token, "old": old, "new": new, "again": again or new, "from": "/me"}
            client.post("/ui/me/password", data=data)
            return client.get("/ui/me").text

        new = "another password"
        assert "present password is wrong" in change("wrong", new)
        assert "passwords differ" in change(PASSWORD, new, "x")
        assert "4 characters" in change(PASSWORD, "four")
        assert "is the present one" in change(PASSWORD, PASSWORD)
        change(PASSWORD, new)
        for _ in range(200):
            if client.get("/ui/me").status_code == 303:
                break
        else:
            raise AssertionError("the session outlived its password")
        assert log_in(client, "vic").status_code == 401
        assert log_in(client, "vic", new).status_code == 303


def test_who_did_what(context, url) -> None:
    with browser(url) as client:
        log_in(client)
        page = client.get("/ui/me/audit")
        assert page.text.count("log in</td>") == 1
        assert "ana has done nothing" not in page.text
        assert "vic has done nothing yet" in client.get("/ui/me/audit?by=vic").text
        journal = context.lake.journal
        for number in range(120):
            body = {"action": "approve", "by": "vic", "role": "operator", "comment": f"c{number}"}
            journal.add("r", "action", "docs", body)
            context.clock.advance(timedelta(seconds=1))
        journal.commit()
        first = client.get("/ui/me/audit?by=vic")
        assert "120 rows" in first.text
        assert "1 of 3" in first.text
        assert ">c119<" in first.text
        assert ">c69<" not in first.text
        third = client.get("/ui/me/audit?by=vic&page=3").text
        assert ">c0<" in third
        assert client.get("/ui/me/audit?page=x").status_code == 200
