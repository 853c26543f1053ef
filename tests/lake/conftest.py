"""A lake in a temporary folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from freshground.core.clock import ManualClock
from freshground.lake.lake import Lake
from tests.project import NOON

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "lake"), {}, ManualClock(NOON))
