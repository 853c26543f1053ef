"""Through the real stages: whatever fails, is killed or comes late, `fresh` is never a lie.

The oracle knows nothing of listings or as-of: it remembers what the source held when, and what is
served is as old as the last moment at which the source held just that.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
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
steps = st.lists(
    st.tuples(
        st.one_of(
            st.sampled_from(["edit", "add", "delete", "away", "back", "roll back", "resume"]),
            st.just("refresh"),
            st.sampled_from(STAGES),
            st.sampled_from([f"{stage}, killed" for stage in STAGES]),
        ),
        st.integers(1, 100).map(lambda n: timedelta(minutes=n)),
    ),
    min_size=6,
    max_size=16,
)


class World:
    """A project, and the history of what its source held."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root, engine="memory")
        self.project.index(sla={"max_staleness": "3h"})
        self.history: list[tuple[datetime, dict[str, str]]] = []
        self.written = 0
        for _ in range(3):
            self.do("add")

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

    def served(self) -> dict[str, str]:
        context = self.project.context()
        live = context.releases.live("docs")
        if live is None:
            return {}
        reader = context.engine(context.settings.index("docs")).open("docs", live[1].engine_version)
        return {row["key"]: row["text"].strip() for row in reader.rows(["key", "text"]).to_pylist()}

    def check(self) -> None:
        context = self.project.context()
        live = context.releases.live("docs")
        said = freshness(context, context.settings.index("docs"), live[1] if live else None)
        now = self.project.clock.now()
        served = self.served()
        ends = [at for at, _ in self.history[1:]] + [now]
        recent = [
            held for (_, held), end in zip(self.history, ends, strict=True) if end >= now - SLA
        ]
        if served not in recent:
            assert said.sla in ("late", "unknown"), (said, served)


@given(steps)
@settings(max_examples=12)
def test_no_interleaving_of_stages_reads_fresh_when_the_content_is_older(found: list) -> None:
    with tempfile.TemporaryDirectory() as root:
        world = World(Path(root))
        for what, pause in found:
            world.project.clock.advance(pause)
            world.check()
            world.do(what)
            world.check()
        for _ in range(4):
            world.project.clock.advance(timedelta(minutes=50))
            world.check()
