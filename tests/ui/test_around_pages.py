"""What stands around all pages: headers, ids, a line in the log, a body's limit."""

from __future__ import annotations

import json

import pytest

from freshground.service.api.protection.access_log import AccessLog
from freshground.service.ui.routes import me
from freshground.service.ui.routing import MAX_FORM
from tests.ui.house import PASSWORD, browser, cheap, field, house, log_in  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cheap")]

SECRET = "what only those may read who may"
FORM = {"content-type": "application/x-www-form-urlencoded"}


@pytest.fixture
def log(quick):
    context = quick.context()
    made = AccessLog(context.settings.serve.log, context.clock, str(quick.root / "access.log"))
    yield made
    made.close()


@pytest.fixture
def client(quick, log):
    context = quick.context()
    context.lake.people.add("ana", PASSWORD, "admin", groups=None)
    with house(context, log) as (url, _), browser(url) as found:
        yield found


def test_every_answer_has_the_headers(client, monkeypatch) -> None:
    def broken(*_args, **_more):
        raise RuntimeError(SECRET)

    answers = [client.get("/ui/me"), client.get("/ui/login"), client.get("/ui/static/app.css")]
    answers += [client.get("/ui/static/nothing"), client.get("/"), client.get("/ui")]
    answers += [client.get("/ui/", headers={"accept": "*/*"}), client.post("/ui/login", json={})]
    answers += [client.post("/ui/login", content=b"x" * (MAX_FORM + 1), headers=FORM)]
    answers += [log_in(client, "ana", "wrong"), log_in(client)]
    answers += [client.get("/ui/me"), client.get("/ui/nothing"), client.get("/ui/me/logout")]
    answers += [client.post("/ui/me/logout", data={"token": "x"})]
    monkeypatch.setattr(me, "audit", broken)
    answers += [client.get("/ui/me")]
    assert {answer.status_code for answer in answers} >= {
        200, 303, 307, 401, 403, 404, 405, 413, 415, 500
    }  # fmt: skip
    for answer in answers:
        told = answer.headers
        what = (answer.status_code, answer.url)
        assert told.get_list("content-security-policy")[0].startswith("default-src 'none'"), what
        assert "unsafe" not in told["content-security-policy"]
        assert told["x-content-type-options"] == "nosniff"
        assert told["x-frame-options"] == "SAMEORIGIN"
        assert told["referrer-policy"] == "same-origin"
        assert ("no-cache" if "app.css" in str(answer.url) else "no-store") in told["cache-control"]
        assert SECRET not in answer.text
    assert all("request-id" in answer.headers for answer in answers if answer.url.path != "/")


def test_a_body_without_an_end(client) -> None:
    sent = 0

    def parts():
        nonlocal sent
        for _ in range(400):
            sent += 10_000
            yield b"x=" + b"y" * 9_997 + b"&"

    found = client.post("/ui/login", content=parts(), headers=FORM)
    assert found.status_code == 413
    many = "&".join(f"f{number}=x" for number in range(1000))
    assert client.post("/ui/login", content=many, headers=FORM).status_code == 400


def test_a_line_for_each_request(client, quick) -> None:
    log_in(client)
    client.get("/ui/me?q=what+I+asked")
    client.get("/ui/static/app.css")
    text = (quick.root / "access.log").read_text()
    rows = [json.loads(line) for line in text.splitlines()]
    found = [(row["principal"], row["method"], row["path"], row["status"]) for row in rows]
    assert found[:2] == [(None, "GET", "/ui/login", 200), (None, "POST", "/ui/login", 303)]
    assert ("ana", "GET", "/ui/me", 200) in found
    assert all(row["request_id"] for row in rows)
    assert PASSWORD not in text
    assert "what" not in text
