"""A full disk: a clear error, the old release serves on, and space is all that it takes."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from freshground.core.errors import FreshgroundError
from tests.project import Project, article

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.proofs.workshop import Workshop

pytestmark = pytest.mark.slow


def _edit(project: Project) -> None:
    for number in range(8):
        project.write(f"d{number:03d}.md", article(100 + number, 40))


def _status(project: Project) -> tuple[int, str]:
    try:
        run = project.refresh()
    except FreshgroundError as error:  # not even the run's own record could be written
        return error.exit_status, str(error)
    return run.status, run.messages


def _check_recovery(project: Project) -> None:
    assert project.refresh().status == 0
    clean = project.clean()
    clean.refresh()
    assert project.content() == clean.content()
    assert project.release_hash() == clean.release_hash()


@pytest.mark.parametrize("most", [300, 2_000, 20_000])
def test_files_that_cannot_grow(project: Project, workshop: Workshop, most: int) -> None:
    """No file may become larger than `most` bytes: writing one breaks off with a real error."""
    project.fill(12, paragraphs=9)
    project.refresh()
    before = project.content()
    _edit(project)
    ended = workshop.run(project, "refresh", largest=most, notes=os.devnull)
    if ended.result.get("status") != 0:
        said = ended.result.get("error", " ".join(ended.result.get("messages", [])))
        assert "lake" in said or "index" in said, ended
        assert "Traceback" not in said
        assert project.content() == before
    _check_recovery(project)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(place)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode:
        pytest.skip("LEFT OUT: a full disk; this user may not mount one")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.parametrize("left", [10_000, 100_000])
def test_a_full_disk(tmp_path: Path, small_disk: Path, left: int) -> None:
    project = Project(tmp_path / "project", lake=str(small_disk / "lake"))
    project.fill(12, paragraphs=9)
    project.refresh()
    before = project.content()
    _edit(project)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as file:
        room = subprocess.run(
            ["df", "--output=avail", "-B1", str(small_disk)],
            check=True,
            capture_output=True,
            text=True,
        )
        file.write(bytes(int(room.stdout.split()[-1]) - left))
    status, said = _status(project)
    assert status == 1
    assert "disk is full" in said, said
    assert "Free space" in said
    assert project.content() == before
    ballast.unlink()
    _check_recovery(project)
