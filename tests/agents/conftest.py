from __future__ import annotations

from pathlib import Path

import pytest

from tests.agents import tiny_cross_encoder


@pytest.fixture(scope="session")
def cross_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_cross_encoder.save(tmp_path_factory.mktemp("reranker") / "model")
