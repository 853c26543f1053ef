"""What the proofs share: a project, and a worker that forks children in milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import Project
from tests.proofs.workshop import Workshop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project on the default engine."""
    return Project(tmp_path)


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """The worker process of the session."""
    with Workshop(tmp_path_factory.mktemp("workshop")) as made:
        yield made
