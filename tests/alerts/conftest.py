"""A project whose alerts go to a webhook on this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.alerts.listeners import Listener, mail_server, webhook
from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy that this machine may have is asked for what listens on it."""
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def hook() -> Iterator[Listener]:
    with webhook() as listener:
        yield listener


@pytest.fixture
def mails() -> Iterator[Listener]:
    with mail_server() as listener:
        yield listener


@pytest.fixture
def told(tmp_path: Path, hook: Listener) -> Project:
    """A project with one release, whose alerts go to `hook`."""
    project = Project(tmp_path, engine="memory")
    project.changes["alerts"] = [{"type": "webhook", "url": hook.url}]
    project.fill(3)
    project.refresh()
    return project
