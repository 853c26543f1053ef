"""A document that cannot be read is set aside; its last good version is served, marked stale."""

from __future__ import annotations

import pytest

from freshground.service.quarantine.listing import set_aside
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _stale(project: Project) -> set[str]:
    return {row[1] for row in project.content() if row[6]}


def test_a_broken_new_version_keeps_the_old_one_served(either: Project) -> None:
    either.fill(4)
    assert either.refresh().status == 0
    good = either.content()
    either.write("d001.md", b"")
    run = either.refresh()
    assert run.status == 3
    assert "1 documents were set aside" in run.messages
    assert either.served_keys() == {f"d{n:03d}.md" for n in range(4)}
    stale = _stale(either)
    assert stale == {row[1] for row in good if "policy 1 " in row[1]} != set()
    (row,) = set_aside(either.context())
    assert (row["key"], row["stale_served"]) == ("d001.md", True)
    assert row["reason"]
    assert either.refresh().status == 0, "only new quarantine is told by the exit status"
    either.write("d001.md", article(55))
    assert either.refresh().status == 0
    assert _stale(either) == set()
    assert any("policy 55 " in row[1] for row in either.content())
    assert set_aside(either.context()) == []


def test_a_new_broken_document_is_listed_and_not_served(quick: Project) -> None:
    quick.fill(3)
    quick.write("broken.pdf", b"%PDF-1.7 this is no PDF")
    run = quick.refresh()
    assert run.status == 3
    assert "broken.pdf" not in quick.served_keys()
    accounting = [c for c in run.of("build").checks if "accounting" in c["check_id"]]
    assert [c["passed"] for c in accounting] == [True]
    assert accounting[0]["detail"].startswith("listed 4 = served 3 + quarantined 1")


def test_the_same_broken_bytes_again_are_not_news(quick: Project) -> None:
    quick.fill(3)
    quick.write("d000.md", b"")
    assert quick.refresh().status == 3
    quick.write("d000.md", b"")
    run = quick.refresh()
    assert (run.status, run.totals["touched"]) == (0, 1)


def test_a_document_too_large_is_set_aside_by_its_size(quick: Project) -> None:
    quick.source(max_bytes=2000)
    quick.fill(3)
    quick.write("long.md", article(1, paragraphs=100))
    assert quick.refresh().status == 3
    (row,) = set_aside(quick.context())
    assert row["rule"] == "too_large"
    assert quick.refresh().status == 0


def test_a_file_that_cannot_be_read_keeps_its_old_version(quick: Project) -> None:
    """Reading it fails with a real input/output error."""
    quick.source(follow_symlinks=True)
    quick.fill(3)
    quick.refresh()
    before = {row[1] for row in quick.content()}
    quick.delete("d001.md")
    (quick.docs / "d001.md").symlink_to("/proc/self/mem")
    run = quick.refresh()
    assert run.status == 3, run.messages
    (row,) = set_aside(quick.context())
    assert (row["rule"], row["stale_served"]) == ("unreadable", True)
    assert "cannot be read" in row["reason"]
    assert {row[1] for row in quick.content()} == before
    quick.delete("d001.md")
    quick.write("d001.md", article(44))
    assert quick.refresh().status == 0
    assert set_aside(quick.context()) == []


def test_a_deleted_document_does_not_come_back_by_a_broken_successor(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    quick.delete("d001.md")
    quick.refresh()
    quick.write("d001.md", b"")
    assert quick.refresh().status == 3
    assert quick.served_keys() == {"d000.md", "d002.md"}
