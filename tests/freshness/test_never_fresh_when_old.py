"""Whatever happens in whatever order: what is called fresh or due is no older than promised.

Runs fail, are repeated, come late, overlap, are rolled back; the truth is kept beside them. Each
document served must be as the source had it at some moment that the promise still covers.
"""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from freshground.service import stages
from freshground.service.freshness.as_of import freshness
from freshground.service.refresh import refresh
from freshground.service.releases.holding import resume, rollback
from freshground.service.reports import Scope
from tests.project import Project

if TYPE_CHECKING:
    from freshground.service.context import Context

pytestmark = pytest.mark.slow

PROMISE = timedelta(hours=4)
KEYS = ("a.md", "b.md")
LAYERS = ("ingest", "silver", "admit", "gold")

parts = st.sets(st.sampled_from((*LAYERS, "embed", "build", "confirm"))).map(tuple)
happenings = st.lists(
    st.tuples(
        st.sampled_from((0, 30, 100, 200)),
        st.one_of(
            st.tuples(st.just("edit"), st.sampled_from(KEYS)),
            st.tuples(st.just("delete"), st.sampled_from(KEYS)),
            st.tuples(st.just("run"), st.tuples(parts, st.sampled_from((0, 45)), st.booleans())),
            st.tuples(
                st.sampled_from(("refresh", "look", "fail", "begin", "end", "back")), st.none()
            ),
        ),
    ),
    min_size=4,
    max_size=12,
)


class World:
    """A project and, beside it, what its source held when."""

    def __init__(self, root: Path) -> None:
        self.project = Project(root, engine="memory")
        self.project.index(sla={"max_staleness": "4h"})
        self.held: dict[str, list[tuple[datetime, str]]] = {key: [] for key in KEYS}
        self.late: Context | None = None
        for key in KEYS:
            self.edit(key)

    def edit(self, key: str) -> None:
        """Give a document words that it never had, of the same length as the last."""
        number = len(self.held[key])
        text = f"Clause {number:04d} of {key} holds until it is replaced by the next one.\n"
        self.project.write(key, text, self.project.clock.now())
        self.held[key].append((self.project.clock.now(), text.strip()))

    def delete(self, key: str) -> None:
        if (self.project.docs / key).exists():
            self.project.delete(key)
            self.held[key].append((self.project.clock.now(), ""))

    def refresh(self, _: object) -> None:
        refresh(self.project.context())

    def look(self, _: object) -> None:
        refresh(self.project.context(), looks={"docs"})

    def fail(self, _: object) -> None:
        """Refresh while the source cannot be reached."""
        self.project.source(url="elsewhere")
        refresh(self.project.context())
        self.project.source(url="docs")

    def run(self, how: tuple[tuple[str, ...], int, bool]) -> None:
        """Run some of the stages in their order, with minutes between; the others do not run.

        One that is killed has written its tables, and nothing to the journal.
        """
        chosen, minutes, killed = how
        context = self.late or self.project.context()
        for name in (*LAYERS, "embed", "build", "confirm"):
            if name in chosen:
                scope = Scope(source="docs") if name in LAYERS else Scope(index="docs")
                getattr(stages, name)(context, scope)
                if not killed:
                    context.lake.journal.commit()
                self.check()
                self.project.clock.advance(timedelta(minutes=minutes))

    def begin(self, _: object) -> None:
        """Open a process that does its work later, and knows the lake as it is now."""
        self.late = self.project.context()
        self.late.releases.live("docs")

    def end(self, _: object) -> None:
        self.late = None

    def back(self, _: object) -> None:
        context = self.project.context()
        index = context.settings.index("docs")
        if context.lake.holds.active("docs"):
            resume(context, index)
        elif len(context.releases.published("docs")) > 1 and context.lake.pointers.live("docs"):
            live = context.releases.live("docs")
            if live is not None and live[1].release > 1:
                rollback(context, index)

    def served(self) -> dict[str, str]:
        """Return the text served of each document, nothing for one that is not."""
        context = self.project.context()
        live = context.releases.live("docs")
        if live is None:
            return {}
        reader = context.engine(context.settings.index("docs")).open("docs", live[1].engine_version)
        rows = reader.rows(["key", "text"]).to_pylist()
        return dict.fromkeys(KEYS, "") | {row["key"]: row["text"] for row in rows}

    def until(self, key: str, text: str) -> datetime:
        """Return until when the source had a document so; the end of time if it has it now."""
        for (_, words), (after, _) in zip(self.held[key], self.held[key][1:], strict=False):
            if words == text:
                last = after
        if self.held[key][-1][1] == text:
            return datetime.max.replace(tzinfo=self.project.clock.now().tzinfo)
        return last

    def check(self) -> None:
        context = self.project.context()
        live = context.releases.live("docs")
        found = freshness(context, context.settings.index("docs"), live[1] if live else None)
        if found.sla not in ("fresh", "due"):
            return
        now = self.project.clock.now()
        for key, text in self.served().items():
            if text == "" and not any(words == "" for _, words in self.held[key]):
                pytest.fail(f"{key} is missing and was never deleted")
            assert self.until(key, text) >= now - PROMISE, f"{key} is served as {text!r}"


@given(happenings)
@settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])
def test_no_interleaving_calls_old_content_fresh(happens: list[tuple[int, tuple]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.refresh(None)
        for minutes, (what, of) in happens:
            world.check()
            world.project.clock.advance(timedelta(minutes=minutes))
            world.check()
            getattr(world, what)(of)
