"""A project with golden questions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.project import Project

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@pytest.fixture
def quick(tmp_path: Path) -> Project:
    """A project on the engine that is quickest for small corpora."""
    return Project(tmp_path, engine="memory")


@pytest.fixture
def ask_golden(quick: Project) -> Callable[..., None]:
    """Write golden questions for the index and switch its retrieval gate on."""

    def write(questions: Sequence[dict[str, Any]], **gate: Any) -> None:
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        (quick.root / "questions.jsonl").write_text(lines)
        quick.index(
            gates={
                "retrieval": {"questions": "questions.jsonl", **gate},
                "drift": {"severity": "off"},
            }
        )

    return write
