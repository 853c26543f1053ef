"""A lake with a release and with work that a killed refresh leaves half done."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freshground.service.asking.query import searcher
from tests.project import Content, Project, article
from tests.proofs.worker import SMALL_COMMIT

if TYPE_CHECKING:
    from tests.proofs.workshop import Outcome

DOCUMENTS = 24
SLOW = 40
"""So many times is each text encoded, so that random moments fall into the embed stage too."""


@dataclass
class Scene:
    """`before` is what release 1 serves, `after` what a clean build of the documents does."""

    project: Project
    before: Content
    after: Content
    after_hash: str
    needed: set[str]

    @classmethod
    def prepare(cls, folder: Path, engine: str = "lance") -> Scene:
        """Publish release 1, then edit, add, move, delete and break documents."""
        project = Project(folder, engine=engine, lake="prepared")
        project.fill(DOCUMENTS, paragraphs=20)
        assert project.refresh().status == 0
        before = project.content()
        old = set(project.encoder.texts_encoded)
        for number in range(6):
            key = f"d{number:03d}.md"
            project.write(key, project.read(key) + f"\n\nNew clause {number} on hail.\n")
        for number in range(12):
            project.write(f"new/n{number:03d}.md", article(500 + number, 20))
        project.delete("d020.md", "d021.md")
        project.rename("d022.md", "moved/d022.md")
        project.write("empty.md", b"")
        clean = project.clean()
        assert clean.refresh().status == 3
        after = clean.content()
        assert len(after) > len(before) > 0
        needed = set(clean.encoder.texts_encoded) - old
        assert len(needed) > 4 * SMALL_COMMIT
        return cls(project, before, after, clean.release_hash(), needed)

    def copy(self, name: str) -> Project:
        """Return the project over a copy of the prepared lake."""
        origin = self.project
        shutil.copytree(origin.root / origin.lake, origin.root / name)
        copied = Project(origin.root, origin.engine, name, changes=dict(origin.changes))
        copied.clock.set(origin.clock.now())
        return copied

    def check(self, copied: Project, killed: Outcome) -> dict[str, Any]:
        """Check what a kill left, run the refresh again, and check what that ended in."""
        context = copied.context()
        generation = context.releases.live("docs")[0].generation
        assert generation in (1, 2)
        expected = self.before if generation == 1 else self.after
        assert copied.content() == expected
        self.check_answer(copied)
        lost = set(killed.embedded)
        assert lost <= self.needed
        again = copied.refresh()
        assert again.status in (0, 3), again.messages
        assert copied.content() == self.after
        assert copied.release_hash() == self.after_hash
        now = copied.encoder.texts_encoded
        assert len(now) == len(set(now))
        twice = lost & set(now)
        assert len(twice) <= SMALL_COMMIT
        assert lost | set(now) == self.needed
        assert len(killed.embedded) == len(lost)
        shutil.rmtree(copied.root / copied.lake)
        return {"published": generation == 2, "embedded": len(lost), "twice": len(twice)}

    def check_answer(self, copied: Project) -> None:
        """Query once: every hit is a row of one of the two releases, and of that one only."""
        context = copied.context()
        opened = searcher(context, context.settings.index("docs"))
        served = self.before if opened.manifest.release == 1 else self.after
        texts = {row[0]: row[1] for row in served}
        hits = opened.rows(opened.ranked("hail, storm and theft of a policy", 20))
        assert len(hits) == 20
        assert all(texts.get(hit["chunk_id"]) == hit["text"] for hit in hits)


def spread(steps: int, count: int, seed: int) -> list[tuple[int, str]]:
    """Return `count` different (step, before or after), the first and the last among them."""
    every = [(n, when) for n in range(1, steps + 1) for when in ("before", "after")]
    chosen = random.Random(seed).sample(every[1:-1], min(count, len(every)) - 2)
    return sorted([every[0], *chosen, every[-1]])
