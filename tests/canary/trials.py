"""What the tests of canaries change, and for how long they wait."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.project import article

if TYPE_CHECKING:
    from tests.project import Project

NEW = "A new clause on hail"
MINUTE = timedelta(minutes=1)


def edit(project: Project, name: str = "d000.md") -> None:
    project.write(name, article(0).replace("Policy 0", NEW))
