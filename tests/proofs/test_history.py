"""Refreshing step by step ends in what a clean build of the same state gives, at no double cost."""

from __future__ import annotations

import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from tests.project import Project, article
from tests.proofs.peps import History, remove_lake

if TYPE_CHECKING:
    from pathlib import Path


def _check_equal(project: Project, *, at: str) -> set[str]:
    """Compare with a clean build; return the texts that the build embedded."""
    clean = project.clean()
    run = clean.refresh()
    assert run.status in (0, 3), run.messages
    assert project.content() == clean.content(), at
    assert project.release_hash() == clean.release_hash(), at
    remove_lake(clean)
    return set(clean.encoder.texts_encoded)


def _replay(project: Project, history: History, checkpoints: set[int]) -> None:
    """Replay a history; at each checkpoint the served content equals a clean build's."""
    project.source(include=["**/*.rst"])
    history.start(project)
    assert project.refresh().status == 0
    embedded = 0
    seen: set[str] = set()
    for step in history.steps:
        history.apply(project, step)
        run = project.refresh()
        assert run.status == 0, (step["n"], run.messages)
        changed = len({change["path"] for change in step["changes"]})
        assert run.totals["changed"] + run.totals["added"] <= changed
        if step["n"] in checkpoints:
            seen |= _check_equal(project, at=f"step {step['n']}")
        embedded = len(project.encoder.texts_encoded)
    assert embedded == len(set(project.encoder.texts_encoded))
    assert seen <= set(project.encoder.texts_encoded)
    context = project.context()
    hashes = context.lake.vectors.rows("SELECT embed_hash FROM t").column("embed_hash").to_pylist()
    assert len(hashes) == len(set(hashes)) == embedded


@pytest.mark.slow
def test_real_history_in_part(project: Project, shared_data: Path) -> None:
    history = History.read(shared_data / "history" / "peps", documents=30, steps=24)
    _replay(project, history, {8, 16, 24})


@pytest.mark.prove
def test_real_history(project: Project, shared_data: Path) -> None:
    history = History.read(shared_data / "history" / "peps")
    last = len(history.steps)
    assert last == 120
    _replay(project, history, {round(last * part / 11) for part in range(1, 12)})
    final = history.final()
    found = {
        str(path.relative_to(project.docs)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in project.docs.rglob("*")
        if path.is_file()
    }
    assert found == final


class Editor:
    """Makes random changes to a corpus. Which, is decided by the seed alone."""

    def __init__(self, project: Project, seed: int) -> None:
        self.project = project
        self.chance = random.Random(seed)
        self.removed: dict[str, bytes] = {}
        self.stale: set[str] = set()
        self.served: set[str] = set()

    def keys(self) -> list[str]:
        docs = self.project.docs
        return sorted(str(p.relative_to(docs)) for p in docs.rglob("*") if p.is_file())

    def name(self) -> str:
        folder = self.chance.choice(["", "a/", "b/", "b/c/"])
        return f"{folder}f{self.chance.randrange(25)}.md"

    def free(self) -> str:
        taken = set(self.keys())
        while (key := self.name()) in taken:
            pass
        return key

    def add(self) -> None:
        self.project.write(self.free(), article(self.chance.randrange(40), 9))

    def duplicate(self) -> None:
        twin = self.chance.choice(self.keys())
        self.project.write(self.free(), (self.project.docs / twin).read_bytes())

    def edit(self) -> None:
        key = self.chance.choice(self.keys())
        lines = (self.project.docs / key).read_text(errors="replace").split("\n\n")
        place = self.chance.randrange(len(lines) + 1)
        lines.insert(place, f"A new remark {self.chance.randrange(10**6)} on glass and keys.")
        if self.chance.random() < 0.3:
            del lines[self.chance.randrange(len(lines))]
        self.project.write(key, "\n\n".join(lines))

    def revert(self) -> None:
        """Write what a file held once, with a new time."""
        if self.removed:
            key, data = self.chance.choice(sorted(self.removed.items()))
            self.project.write(key, data)

    def delete(self) -> None:
        key = self.chance.choice(self.keys())
        self.removed[key] = (self.project.docs / key).read_bytes()
        self.project.delete(key)

    def move(self) -> None:
        key = self.chance.choice(self.keys())
        self.removed[key] = (self.project.docs / key).read_bytes()
        self.project.rename(key, self.free())

    def swap(self) -> None:
        """Exchange the names of two files."""
        one, other = self.chance.sample(self.keys(), 2)
        self.project.rename(one, "swap.tmp")
        self.project.rename(other, one)
        self.project.rename("swap.tmp", other)

    def touch(self) -> None:
        key = self.chance.choice(self.keys())
        self.project.write(key, (self.project.docs / key).read_bytes())

    def spoil(self) -> None:
        """Empty a file, new or known: it is set aside, a known one served on as stale."""
        known = self.chance.random() < 0.5
        self.project.write(self.chance.choice(self.keys()) if known else self.free(), b"")

    def some(self) -> None:
        """Make a few changes, never leaving fewer than four files."""
        for _ in range(self.chance.randrange(1, 6)):
            does = [self.add, self.duplicate, self.edit, self.revert, self.touch, self.spoil]
            if len(self.keys()) > 6:
                does += [self.delete, self.move, self.swap]
            self.chance.choice(does)()


def _live(content: list, *, stale: bool) -> list:
    return [row for row in content if row[6] == stale]


def _wander(project: Project, seed: int, rounds: int, *, every: int = 1) -> int:
    """Make changes and refresh; compare with a clean build, stale documents aside.

    Returns how many comparisons had stale documents: those a clean build has never seen good.
    """
    editor = Editor(project, seed)
    project.source(delete_guard={"share": 1, "at_least": 1000})
    project.fill(6)
    assert project.refresh().status == 0
    stale = 0
    for number in range(rounds):
        editor.some()
        run = project.refresh()
        assert run.status in (0, 3), (seed, number, run.messages)
        if number % every:
            continue
        clean = project.clean()
        assert clean.refresh().status in (0, 3)
        content = project.content()
        assert _live(content, stale=False) == clean.content(), (seed, number)
        held = project.context().releases.live("docs")[1]
        keys = editor.keys()
        empty = sum((project.docs / key).stat().st_size == 0 for key in keys)
        assert held.counts["documents"] + empty - held.counts["stale"] == len(keys)
        if held.counts["stale"]:
            stale += 1
        else:
            assert project.release_hash() == clean.release_hash()
        remove_lake(clean)
    texts = project.encoder.texts_encoded
    assert len(texts) == len(set(texts))
    return stale


@pytest.mark.slow
def test_renames_deletes_and_broken_files(project: Project) -> None:
    assert _wander(project, seed=1, rounds=12, every=3) > 0


@pytest.mark.slow
def test_renames_deletes_and_broken_files_on_the_exact_engine(tmp_path: Path) -> None:
    _wander(Project(tmp_path, engine="memory"), seed=2, rounds=15, every=4)


@pytest.mark.prove
@pytest.mark.parametrize("seed", range(10, 16))
def test_many_renames_deletes_and_broken_files(project: Project, seed: int) -> None:
    assert _wander(project, seed=seed, rounds=60, every=5) > 0


@pytest.mark.slow
def test_a_state_seen_before_costs_no_embedding(project: Project) -> None:
    """A file that goes back to what it was, or comes back after its deletion, is known."""
    project.fill(6)
    project.refresh()
    texts = {key: project.read(key) for key in ("d001.md", "d002.md")}
    project.write("d001.md", article(71))
    project.delete("d002.md")
    project.refresh()
    before = len(project.encoder.texts_encoded)
    for key, text in texts.items():
        project.write(key, text)
    project.refresh()
    assert len(project.encoder.texts_encoded) == before
    _check_equal(project, at="the end")
