"""Accounts, passwords and sessions in the lake."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import argon2
import pytest
from argon2 import extract_parameters

from freshground.core.clock import ManualClock
from freshground.core.errors import ConfigError, Retriable
from freshground.lake import passwords
from freshground.lake.people import Account, People
from freshground.lake.sessions import Sessions, form_token, session_id
from freshground.lake.storage import Files
from tests.project import NOON
from tests.ui.house import PASSWORD, cheap  # noqa: F401


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(str(tmp_path), {})


@pytest.fixture
def people(files, clock, cheap) -> People:  # noqa: F811
    return People(files, clock)


@pytest.fixture
def sessions(files, clock) -> Sessions:
    return Sessions(files, clock)


def test_passwords_are_argon2id_at_the_librarys_cost() -> None:
    kept = passwords.hashed(PASSWORD)
    found = extract_parameters(kept)
    assert found.type is argon2.Type.ID
    assert (found.memory_cost, found.time_cost) >= (64 * 1024, 3)
    assert passwords.is_right(kept, PASSWORD)
    assert not passwords.is_right(kept, PASSWORD + "x")


@pytest.mark.usefixtures("cheap")
def test_nobody_costs_what_somebody_does(monkeypatch) -> None:
    hasher, judged = passwords._hasher(), []

    class Noted:
        hash = staticmethod(hasher.hash)

        def verify(self, kept, password):
            judged.append(extract_parameters(kept))
            return hasher.verify(kept, password)

    monkeypatch.setattr(passwords, "_hasher", Noted)
    kept = passwords.hashed(PASSWORD)
    assert not passwords.is_right(kept, "wrong")
    assert not passwords.is_right(None, "wrong")
    assert judged[0] == judged[1]


@pytest.mark.usefixtures("cheap")
def test_nobody_has_no_password() -> None:
    assert not passwords.is_right(None, PASSWORD)
    assert not passwords.is_right("no hash", PASSWORD)
    assert not passwords.is_right(passwords.hashed("x" * 2000), "x" * 2000)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "11 characters"),
        ("x" * 1001, "too long"),
        ("Bartholomew.B", "is the name"),
        ("aaaaaaaaaaaaaa", "again and again"),
    ],
)
def test_passwords_that_are_none(people, password, why) -> None:
    with pytest.raises(ConfigError, match=why):
        people.add("bartholomew.b", password, "viewer")
    assert people.all() == []


def test_an_account_as_it_is_kept(people, files) -> None:
    people.add(" Ana ", PASSWORD, "operator", groups=["hr", "hr", "it"], by="root")
    found = people.get("ANA")
    assert (found.name, found.role, found.groups, found.by) == (
        "ana",
        "operator",
        ("hr", "it"),
        "root",
    )
    assert "hash" not in found.as_dict()
    whole = files.get("people/ana/0000000001.json").decode()
    assert PASSWORD not in whole
    assert "$argon2id$" in whole


@pytest.mark.parametrize("name", ["", "../x", "a b", ".ana", "a/b", "a" * 64, "ána", "<b>"])
def test_names_that_are_none(people, name) -> None:
    with pytest.raises(ConfigError, match="no name"):
        people.add(name, PASSWORD, "viewer")
    assert people.get(name) is None


def test_every_change_is_a_generation(people) -> None:
    people.add("ana", PASSWORD, "admin", groups=None)
    people.add("bo", PASSWORD, "viewer")
    with pytest.raises(ConfigError, match="somebody named"):
        people.add("bo", PASSWORD, "viewer")
    steps = [
        people.change("bo", "operator", ["hr"]),
        people.set_password("bo", PASSWORD + "2"),
        people.remove("bo"),
        people.add("bo", PASSWORD, "viewer"),
    ]
    assert [step.generation for step in steps] == [2, 3, 4, 5]
    assert [each.name for each in people.all()] == ["ana", "bo"]


def test_the_last_admin_stays(people) -> None:
    people.add("ana", PASSWORD, "admin", groups=None)
    people.add("bo", PASSWORD, "viewer")
    for act in (lambda: people.remove("ana"), lambda: people.change("ana", "viewer", ())):
        with pytest.raises(ConfigError, match="last admin"):
            act()
    people.change("bo", "admin", None)
    people.remove("ana")
    assert people.get("ana") is None
    with pytest.raises(ConfigError, match="nobody named"):
        people.remove("ana")


def test_of_two_changes_at_one_time_one_is_refused(people, files, clock, monkeypatch) -> None:
    people.add("bo", PASSWORD, "viewer")
    stale = people.get("bo")
    People(files, clock).change("bo", "operator", ())
    monkeypatch.setattr(people, "_newest", lambda _: stale)
    with pytest.raises(Retriable, match="just now"):
        people.change("bo", "viewer", ["hr"])
    assert People(files, clock).get("bo").role == "operator"


def begin(sessions: Sessions, name: str = "ana", **more):
    return sessions.begin("own", name, "viewer", ("hr",), lasts=timedelta(days=7), **more)


def test_a_session_is_found_by_its_secret_alone(sessions, tmp_path) -> None:
    made, secret = begin(sessions, generation=3, device="x" * 900)
    assert sessions.find(secret) == made
    assert made.id == session_id(form_token(secret))
    assert len(made.device) == 200
    for wrong in ("", "x" * 43, secret[:-1], made.id, form_token(secret), "../" + secret):
        assert sessions.find(wrong) is None
    kept = "".join(path.name + path.read_text() for path in Path(tmp_path).glob("sessions/*"))
    assert secret not in kept
    assert form_token(secret) not in kept


def test_a_session_that_has_ended_stays_so(sessions, clock) -> None:
    made, secret = begin(sessions)
    assert sessions.end(made.id)
    assert not sessions.end(made.id)
    sessions.seen(made.id)  # another process notes that it was used
    assert sessions.find(secret) is None
    assert not sessions.end("../people")
    clock.advance(timedelta(days=1))
    _, other = begin(sessions)
    clock.advance(timedelta(days=7))
    assert sessions.find(other) is None


def test_what_is_over_is_cleared_away(sessions, clock, files) -> None:
    idle, _ = begin(sessions)
    ended, _ = begin(sessions)
    sessions.end(ended.id)
    sessions.seen(ended.id)
    clock.advance(timedelta(hours=13))
    live, secret = begin(sessions)
    assert sessions.clear(timedelta(hours=12)) == 2
    assert sessions.find(secret) == live
    assert [each.id for each in sessions.of("ana")] == [live.id]
    assert idle.id not in json.dumps(files.list("sessions"))
    assert len(files.list("sessions")) == 2


def test_accounts_show_no_hash() -> None:
    shown = Account("ana", "admin", None, "secret", 1, "", "").as_dict()
    assert "secret" not in json.dumps(shown)
