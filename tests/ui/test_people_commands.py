"""`freshground people` and `freshground audit`."""

from __future__ import annotations

import json

import pytest
import yaml
from typer.testing import CliRunner

from freshground.core.errors import ConfigError
from freshground.service.cli.app import app
from freshground.service.views.audit import audit
from tests.ui.house import PASSWORD, browser, cheap, house, log_in  # noqa: F401

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("cheap")]


@pytest.fixture
def run(quick):
    place = quick.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(quick.raw))

    def called(*arguments: str, send: str = "") -> str:
        done = CliRunner().invoke(app, [*arguments, "--settings", str(place)], input=send)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        assert done.exit_code == 0, done.output
        return done.output

    return called


def test_people_come_change_and_go(run, quick) -> None:
    send = f"{PASSWORD}\n"
    said = run("people", "add", "Ana", "--role", "admin", "--by", "root", send=send)
    assert said == "ana may log in as admin.\n"
    told = json.loads(
        run("people", "add", "vic", "--group", "hr", "--comment", "new", "--json", send=send)
    )
    assert (told["role"], told["groups"], "hash" in told) == ("viewer", ["hr"], False)
    assert json.loads(run("people", "role", "vic", "operator", "--json"))["groups"] == ["hr"]
    assert json.loads(run("people", "role", "vic", "admin", "--json"))["groups"] is None
    assert json.loads(run("people", "role", "vic", "viewer", "--json"))["groups"] == []
    told = json.loads(run("people", "role", "vic", "viewer", "--all-groups", "--json"))
    assert told["groups"] is None
    run("people", "password", "vic", send="another password\n")
    listed = run("people", "list")
    assert "ana" in listed
    assert "every group" in listed
    assert [each["name"] for each in json.loads(run("people", "list", "--json"))] == ["ana", "vic"]
    with house(quick.context()) as (url, shown), browser(url) as client:
        assert shown.setup is None
        assert log_in(client, "vic").status_code == 401
        assert log_in(client, "vic", "another password").status_code == 303
        assert run("people", "logout", "vic") == "1 sessions of vic ended.\n"
    assert run("people", "remove", "vic", "--comment", "left") == (
        "vic is removed; sessions end now.\n"
    )
    assert [each.name for each in quick.context().lake.people.all()] == ["ana"]


def test_what_cannot_be_is_told(run) -> None:
    for arguments, send, why in (
        (("add", "vic"), "", "holds no password"),
        (("add", "vic"), "short\n", "5 characters"),
        (("role", "vic", "viewer"), "", "nobody named"),
        (("remove", "vic"), "", "nobody named"),
    ):
        with pytest.raises(ConfigError, match=why):
            run("people", *arguments, send=send)
    done = CliRunner().invoke(app, ["people", "add", "vic", "--role", "king"])
    assert done.exit_code != 0
    assert "--password" not in CliRunner().invoke(app, ["people", "add", "--help"]).output


def test_the_audit_says_what_the_page_says(run, quick) -> None:
    assert run("audit") == "Nobody has done anything yet.\n"
    run("people", "add", "ana", "--role", "admin", "--by", "root", send=f"{PASSWORD}\n")
    context = quick.context()
    body = {"action": "approve", "by": "ana", "role": "admin", "comment": "[red]x\x1b[31m", "n": 1}
    context.lake.journal.add("r", "action", "docs", body)
    context.lake.journal.commit()
    rows = json.loads(run("audit", "--json"))
    assert rows == audit(quick.context())
    assert {(row["by"], row["action"], row["subject"]) for row in rows} == {
        ("root", "people_add", "ana"),
        ("ana", "approve", "docs"),
    }
    assert [row["by"] for row in json.loads(run("audit", "--by", "ana", "--json"))] == ["ana"]
    assert len(json.loads(run("audit", "--last", "1", "--json"))) == 1
    shown = run("audit")
    assert "[red]x" in shown
    assert "\x1b" not in shown
