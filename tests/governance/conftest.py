"""A project for each test, and who asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.project import ENGINES, Project

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def quick(tmp_path: Path) -> Project:
    return Project(tmp_path, engine="memory")


@pytest.fixture(params=[pytest.param("memory"), pytest.param("lance", marks=pytest.mark.slow)])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    assert request.param in ENGINES
    return Project(tmp_path, engine=request.param)
