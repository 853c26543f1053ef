"""Keys in the lake: only hashes, two secrets at most, changes that exclude each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from freshground.core.clock import SystemClock
from freshground.core.errors import ConfigError, Retriable
from freshground.lake.keys import Keys, Lookup
from freshground.service.cli.app import app

if TYPE_CHECKING:
    from tests.project import Project


@pytest.fixture
def keys(quick: Project) -> Keys:
    return quick.context().lake.keys


def test_a_secret_is_kept_nowhere(quick: Project, keys: Keys) -> None:
    _, secret = keys.create("app", "query", groups=["hr"])
    kept = b"".join(p.read_bytes() for p in Path(quick.root / "lake").rglob("*") if p.is_file())
    assert b'"app"' in kept
    assert secret.encode() not in kept
    assert secret.split("_", 2)[2].encode() not in kept
    assert "hash" not in json.dumps(keys.all()[0].as_dict())


def test_who_a_secret_belongs_to(keys: Keys) -> None:
    query, one = keys.create("app", "query", groups=["b", "a"], where="x eq 1", indexes=["docs"])
    admin, two = keys.create("root", "admin")
    lookup = Lookup(keys.all())
    assert lookup.find(one) == query
    assert lookup.find(two) == admin
    assert (query.groups, query.filter, query.indexes) == (("a", "b"), "x eq 1", ("docs",))
    assert admin.groups is None
    _, public = keys.create("public", "query")
    assert Lookup(keys.all()).find(public).groups == ()


def test_rotation_has_two_secrets_and_no_third(keys: Keys) -> None:
    _, old = keys.create("app", "query")
    with pytest.raises(ConfigError, match="one secret"):
        keys.finish("app")
    _, new = keys.rotate("app")
    assert all(Lookup(keys.all()).find(secret) for secret in (old, new))
    with pytest.raises(ConfigError, match="2 secrets already"):
        keys.rotate("app")
    keys.finish("app")
    lookup = Lookup(keys.all())
    assert lookup.find(old) is None
    assert lookup.find(new) is not None
    keys.revoke("app")
    assert Lookup(keys.all()).find(new) is None
    assert keys.revoke("app").as_dict()["revoked"]
    with pytest.raises(ConfigError, match="revoked"):
        keys.rotate("app")
    _, again = keys.create("app", "query")
    lookup = Lookup(keys.all())
    assert lookup.find(again).generation == 5
    assert not any(lookup.find(secret) for secret in (old, new))


def test_of_two_changes_one_is_refused(quick: Project, keys: Keys) -> None:
    keys.create("app", "query")
    other = quick.context().lake.keys
    stale = other.get("app")
    keys.revoke("app")
    with pytest.raises(Retriable, match="Somebody else"):
        other._write(other._next(stale, stale.secrets, ""))
    assert not keys.get("app").secrets


@pytest.mark.parametrize("name", ["", "A", "a/b", "../x", "a" * 64, "ä"])
def test_names_that_are_none(keys: Keys, name: str) -> None:
    with pytest.raises(ConfigError, match="no name"):
        keys.create(name, "query")
    with pytest.raises(ConfigError, match="no key"):
        keys.revoke(name)


@pytest.mark.parametrize("changes", [{"where": " "}, {"groups": [""]}, {"indexes": ["docs", ""]}])
def test_an_empty_variable_makes_no_wider_key(keys: Keys, changes: dict) -> None:
    with pytest.raises(ConfigError, match="empty"):
        keys.create("app", "query", **changes)
    assert keys.all() == []


class _Memory:
    """The files that keys are kept in."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def list(self, prefix: str) -> list[str]:
        return sorted(path for path in self.files if path.startswith(prefix))

    def get(self, path: str) -> bytes | None:
        return self.files.get(path)

    def put_new(self, path: str, data: bytes) -> bool:
        return self.files.setdefault(path, data) is data


@pytest.fixture(scope="module")
def one_key() -> tuple[Lookup, str]:
    keys = Keys(_Memory(), SystemClock())
    _, secret = keys.create("app", "query")
    return Lookup(keys.all()), secret


@given(place=st.integers(0, 70), letter=st.characters(exclude_categories=[]), rest=st.text())
def test_no_other_text_is_a_secret(one_key, place: int, letter: str, rest: str) -> None:
    lookup, secret = one_key
    wrong = secret[:place] + letter + rest + secret[place + 1 :]
    assert (lookup.find(wrong) is not None) == (wrong == secret)


def call(project: Project, *arguments: str) -> tuple[int, str]:
    place = project.root / "freshground.yaml"
    place.write_text(yaml.safe_dump(project.raw))
    done = CliRunner().invoke(app, [*arguments, "--settings", str(place)])
    return done.exit_code, done.output


def test_the_commands(quick: Project) -> None:
    status, text = call(
        quick, "keys", "create", "app", "--group", "hr", "--index", "docs", "--json"
    )
    made = json.loads(text)
    assert status == 0
    assert made["groups"] == ["hr"]
    assert made["secret"].startswith("fg_")
    status, text = call(quick, "keys", "rotate", "app")
    second = text.splitlines()[0]
    assert second.startswith("fg_")
    assert "rotate app --finish" in text
    status, text = call(quick, "keys", "list")
    assert "public, hr" in text
    for secret in (made["secret"], second):
        assert secret not in text
        assert secret.split("_")[1] in text
    assert call(quick, "keys", "rotate", "app", "--finish")[0] == 0
    assert len(json.loads(call(quick, "keys", "list", "--json")[1])[0]["secrets"]) == 1
    assert call(quick, "keys", "revoke", "app") == (0, "Key app is revoked.\n")
    assert "revoked" in call(quick, "keys", "list")[1]
    assert call(quick, "keys", "create", "x", "--role", "owner")[0] != 0
