"""Through the real stages: whatever fails, is killed or comes late, `fresh` is never a lie.

The oracle knows nothing of listings or as-of: it remembers what the source held when, and what is
served is as old as the last moment at which the source held just that.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from freshground.core.errors import FreshgroundError
from freshground.service import stages
from freshground.service.freshness import freshness
from freshground.service.holding import resume, rollback
from freshground.service.reports import Scope
from tests.project import Project

pytestmark = pytest.mark.slow

SLA = timedelta(hours=3)
STAGES = ("ingest", "silver", "gold", "embed", "build", "confirm")
STEPS = {
    "edit": 5, "add": 2, "delete": 1, "away": 1, "back": 2, "refresh": 3, "roll back": 1,
    "resume": 2, **dict.fromkeys(STAGES, 3), **{f"{stage}, killed": 1 for stage in STAGES},
}  # fmt: skip
"""What may happen, and how often against the others. A stage that is killed commits no journal."""


class World:
    """A project, and the history of what its source held."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root, engine="memory")
        self.project.index(sla={"max_staleness": "3h"})
        self.history: list[tuple[datetime, dict[str, str]]] = []
        self.written = 0
        self.seen: Counter[str] = Counter()
        self._served: dict[str, dict[str, str]] = {}
        for what in ("add", "add", "add", "refresh"):
            self.do(what)

    @property
    def held(self) -> dict[str, str]:
        docs = self.project.docs
        folder = docs if docs.exists() else self.project.root / "away"
        return {path.name: path.read_text().strip() for path in folder.glob("*.md")}

    def do(self, what: str) -> None:
        project = self.project
        stage, _, killed = what.partition(", ")
        if what in ("edit", "add") and project.docs.exists():
            self.written += 1
            known = sorted(self.held)
            key = known[-1] if what == "edit" and known else f"d{self.written:03d}.md"
            project.write(key, f"Note {self.written}, for all to read.\n", at=project.clock.now())
        elif what == "delete" and project.docs.exists() and self.held:
            project.delete(min(self.held))
        elif what == "away" and project.docs.exists():
            project.docs.rename(project.root / "away")
        elif what == "back" and not project.docs.exists():
            (project.root / "away").rename(project.docs)
        elif what == "refresh":
            project.refresh(later=timedelta(0))
        elif stage in STAGES:
            context = project.context()
            own = stage in ("ingest", "silver", "gold")
            getattr(stages, stage)(context, Scope(source="docs") if own else Scope(index="docs"))
            if not killed:
                context.lake.journal.commit()
        elif what in ("roll back", "resume"):
            context = project.context()
            index = context.settings.index("docs")
            try:
                rollback(context, index) if what == "roll back" else resume(context, index)
            except FreshgroundError:
                return
        self.history.append((project.clock.now(), self.held))

    def check(self) -> None:
        context = self.project.context()
        index = context.settings.index("docs")
        live = context.releases.live("docs")
        assert live is not None
        said = freshness(context, index, live[1]).sla
        self.seen[said] += 1
        version = live[1].engine_version
        if version not in self._served:
            rows = context.engine(index).open("docs", version).rows(["key", "text"]).to_pylist()
            self._served[version] = {row["key"]: row["text"].strip() for row in rows}
        now = self.project.clock.now()
        served = self._served[version]
        ends = [at for at, _ in self.history[1:]] + [now]
        recent = [
            held for (_, held), end in zip(self.history, ends, strict=True) if end >= now - SLA
        ]
        if served not in recent:
            assert said in ("late", "unknown"), served


@given(st.integers(0, 2**32))
@settings(max_examples=6)
def test_no_interleaving_of_stages_reads_fresh_when_the_content_is_older(seed: int) -> None:
    # Steps drawn one by one would mostly repeat the first: few of them make a walk that matters.
    chance = random.Random(seed)
    steps = chance.choices(list(STEPS), weights=list(STEPS.values()), k=25)
    with tempfile.TemporaryDirectory() as root:
        world = World(Path(root))
        for what in steps:
            note(what)
            world.do(what)
            world.check()
            world.project.clock.advance(timedelta(minutes=chance.choice((5, 20, 100))))
            world.check()
        assert world.seen["late"]
        assert world.seen["fresh"]
