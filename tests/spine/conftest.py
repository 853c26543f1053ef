"""A project for each test, in one process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import ENGINES, Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project on the default engine."""
    return Project(tmp_path)


@pytest.fixture
def quick(tmp_path: Path) -> Project:
    """A project on the engine that is quickest for small corpora."""
    return Project(tmp_path, engine="memory")


@pytest.fixture(params=[pytest.param(name, marks=pytest.mark.slow) for name in ENGINES])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    """A project on each engine in turn."""
    return Project(tmp_path, engine=request.param)
