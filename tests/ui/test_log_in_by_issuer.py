"""Logging in by an issuer that the test runs itself: what passes, and all that must not."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from pydantic import ValidationError

from freshground.core.errors import ConfigError
from freshground.core.settings import Dashboard, Oidc
from freshground.service.ui.serving import with_dashboard
from tests.project import NOON
from tests.ui.desk import elsewhere
from tests.ui.house import PASSWORD, browser, cheap, cookies, field, house  # noqa: F401
from tests.ui.issuer import CLIENT, OTHER, SECRET, issuing

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cheap")]

VARIABLE = "FG_TEST_OIDC_SECRET"


@pytest.fixture
def issuer(monkeypatch):
    monkeypatch.setenv(VARIABLE, SECRET)
    with issuing() as found:
        yield found


@pytest.fixture
def project(quick, issuer):
    oidc = {
        "issuer": issuer.url, "client_id": CLIENT, "client_secret_env": VARIABLE,
        "roles": {"admin": "root", "operator": ["ops"], "viewer": ["staff"]},
    }  # fmt: skip
    quick.changes["serve"] = {"dashboard": {"oidc": oidc}}
    return quick


@pytest.fixture
def client(project):
    with house(project.context()) as (url, _), browser(url) as found:
        yield found


def leave(client: httpx.Client, to: str = "/me") -> str:
    """Go to the issuer; return where it sends one back to."""
    away = client.get("/ui/login/oidc", params={"next": to})
    assert away.status_code == 303
    return httpx.get(away.headers["location"]).headers["location"]


def test_in_by_the_issuer_and_out(project, client, issuer) -> None:
    page = client.get("/ui/login")
    assert "Log in with 127.0.0.1" in page.text
    assert 'type="password"' not in page.text
    assert client.post("/ui/login", data={}).status_code == 405
    assert client.get("/ui/login/setup").status_code == 404
    back = leave(client, "/me?x=1")
    done = client.get(back)
    assert (done.status_code, done.headers["location"]) == (303, "/ui/me?x=1")
    me = client.get("/ui/me")
    assert ">olga<" in me.text
    assert "operator" in me.text
    assert ">hr<" in me.text
    assert "Change it" not in me.text
    [session] = project.context().lake.sessions.all()
    assert (session.name, session.role, session.groups) == ("olga", "operator", ("hr", "ops"))
    assert issuer.asked[0]["redirect_uri"] == f"{client.base_url}/ui/login/back".replace(
        "//ui", "/ui"
    )
    client.post("/ui/me/logout", data={"token": field(me, "token")})
    out = client.get("/ui/login/out")
    assert f'href="{issuer.url}/logout?client_id={CLIENT}"' in out.text
    assert client.get("/ui/me").status_code == 303


def test_roles_and_groups(project, client, issuer) -> None:
    for groups, role, seen in (
        (["root"], "admin", None),
        (["staff", "hr"], "viewer", ("hr", "staff")),
        (["staff", "ops"], "operator", ("ops", "staff")),
    ):
        issuer.who["groups"] = groups
        assert client.get(leave(client)).status_code == 303
        [session] = project.context().lake.sessions.all()  # the one before has been ended
        assert (session.role, session.groups) == (role, seen)


def refused(client: httpx.Client, address: str, why: str, status: int = 403) -> None:
    found = client.get(address)
    assert found.status_code == status, found.text
    assert why in found.text
    assert not any(name.startswith("fg_session") for name in cookies(found))
    assert client.get("/ui/me").status_code == 303


WRONG = [
    ({"nonce": "another"}, "for another log-in"),
    ({"nonce": ...}, "for another log-in"),
    ({"aud": "another-client"}, "for another audience"),
    ({"aud": [CLIENT, "another"]}, "to another client"),
    ({"azp": "another"}, "to another client"),
    ({"iss": "https://issuer.example"}, "another issuer"),
    ({"exp": NOON - timedelta(minutes=2)}, "has expired"),
    ({"iat": NOON + timedelta(minutes=2)}, "not good yet"),
    ({"groups": []}, "has no role here"),
    ({"groups": "root"}, "has no role here"),
    ({"groups": ["root"], "_claim_names": {"groups": "src1"}}, "has no role here"),
    ({"preferred_username": ...}, "does not say who you are"),
]


def test_id_tokens_that_are_not_good(client, issuer) -> None:
    for says, why in WRONG:
        issuer.says = says
        refused(client, leave(client), why)
    issuer.says, issuer.signer = {}, OTHER
    refused(client, leave(client), "signature is wrong")


def test_a_way_back_that_began_elsewhere(client, issuer) -> None:
    back = leave(client)
    wrong = httpx.URL(back).copy_set_param("state", "x" * 43)
    refused(client, str(wrong), "began in this browser", 400)
    with browser(str(client.base_url)) as other:
        refused(other, back, "began in this browser", 400)
    refused(client, str(httpx.URL(back).copy_set_param("iss", "x")), "Another issuer", 400)
    assert issuer.asked == []


def test_a_code_is_good_once(client, issuer) -> None:
    back = leave(client)
    kept = dict(client.cookies)
    assert client.get(back).status_code == 303
    client.cookies.clear()
    for name, value in kept.items():  # somebody has copied the browser's cookies, and the address
        client.cookies.set(name, value, path="/ui")
    refused(client, back, "used already", 400)
    client.cookies.clear()
    code = httpx.URL(back).params["code"]
    another = httpx.URL(leave(client)).copy_set_param("code", code)
    refused(client, str(another), "takes the code no more (invalid_grant)")


def test_the_issuer_says_no(client, issuer) -> None:
    back = httpx.URL(leave(client)).copy_remove_param("code")
    refused(client, str(back.copy_set_param("error", "<b>denied</b>")), "&lt;b&gt;denied")


def test_an_issuer_that_is_away_or_another(client, issuer, monkeypatch) -> None:
    issuer.about = {"issuer": "https://issuer.example"}
    assert client.get("/ui/login/oidc").status_code == 502
    issuer.about = {}
    assert client.get("/ui/login/oidc").status_code == 502  # it is not asked at once again
    assert client.get("/ui/login/out").status_code == 200
    monkeypatch.setattr("freshground.service.ui.doors.issuer.PAUSE", 0)
    issuer.about = {"issuer": "https://issuer.example"}
    assert client.get("/ui/login/oidc").status_code == 502
    issuer.about = {"token_endpoint": "http://issuer.example/token"}  # in the clear
    assert client.get("/ui/login/oidc").status_code == 502
    issuer.about = {}
    assert client.get("/ui/login/oidc").status_code == 303


def test_passwords_beside_the_issuer(project, issuer) -> None:
    project.changes["serve"]["dashboard"]["passwords"] = True
    context = project.context()
    context.lake.people.add("olga", PASSWORD, "viewer")
    with house(context) as (url, shown), browser(url) as client:
        assert shown.setup is None
        page = client.get("/ui/login")
        assert "or by a password" in page.text
        refused(client, leave(client), "is named olga too")
        issuer.who["preferred_username"] = "Olga.B"
        assert client.get(leave(client)).status_code == 303


def test_the_secret_is_needed(project, monkeypatch) -> None:
    monkeypatch.delenv(VARIABLE)
    with pytest.raises(ConfigError, match=VARIABLE):
        with_dashboard(elsewhere, project.context(), None)


def test_settings_that_let_nobody_in() -> None:
    issuer = {"issuer": "https://issuer.example", "client_id": "x"}
    for wrong, why in (
        ({**issuer, "roles": {}}, "names nobody"),
        ({**issuer, "roles": {"admin": "a"}, "scopes": ["profile"]}, "has to hold openid"),
        ({**issuer, "issuer": "http://issuer.example", "roles": {"admin": "a"}}, "no https URL"),
    ):
        with pytest.raises(ValidationError, match=why):
            Oidc.model_validate(wrong)
    with pytest.raises(ValidationError, match="nobody could log in"):
        Dashboard(passwords=False)
    with pytest.raises(ValidationError, match="without a path"):
        Dashboard(url="https://search.example/ui")
    assert Dashboard().by_password
    assert not Dashboard(oidc={**issuer, "roles": {"admin": "a"}}).by_password
