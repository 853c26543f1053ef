"""`diff` lists what two releases differ in."""

from __future__ import annotations

import pytest

from freshground.core.errors import ConfigError
from freshground.service.lineage.diff import diff
from tests.governance.asking import grant
from tests.project import Project, article

pytestmark = pytest.mark.slow


def _diff(project: Project, one: int, other: int) -> dict:
    context = project.context()
    return diff(context, context.settings.index("docs"), one, other)


def _by_key(found: dict) -> dict[str, dict]:
    return {row["uri"].rsplit("/", 1)[1]: row for row in found["documents"]}


def test_added_changed_moved_and_removed(quick: Project) -> None:
    quick.source(access="from_source", exclude=["**/*.access.json"])
    quick.fill(6)
    for number in range(6):
        grant(quick, f"d{number:03d}.md")
    quick.refresh()
    quick.write("d001.md", quick.read("d001.md") + "\n\n" + article(90, 3))
    quick.rename("d002.md", "renamed.md")
    grant(quick, "renamed.md")
    quick.delete("d003.md")
    quick.write("new.md", article(91))
    grant(quick, "new.md")
    grant(quick, "d004.md", "hr")
    assert quick.refresh().status == 0
    found = _diff(quick, 1, 2)
    assert found["counts"] == {"added": 1, "changed": 2, "moved": 1, "removed": 1}
    rows = _by_key(found)
    assert {key: row["change"] for key, row in rows.items()} == {
        "d001.md": "changed",
        "renamed.md": "moved",
        "d003.md": "removed",
        "new.md": "added",
        "d004.md": "changed",
    }
    assert rows["renamed.md"]["moved_from"].endswith("d002.md")
    assert rows["d001.md"]["chunks_added"]
    access = rows["d004.md"]
    assert (access["chunks_added"], access["chunks_removed"]) == ([], [])
    assert access["chunks_redescribed"] > 0
    assert rows["d003.md"]["chunks_removed"]
    assert not rows["d003.md"]["chunks_added"]
    back = _diff(quick, 2, 1)
    assert back["counts"] == {"added": 2, "changed": 2, "moved": 0, "removed": 2}
    assert set(_by_key(back)["d001.md"]["chunks_removed"]) == set(rows["d001.md"]["chunks_added"])


def test_releases_that_hold_the_same_differ_in_nothing(quick: Project) -> None:
    quick.fill(2)
    quick.refresh()
    before = quick.read("d001.md")
    quick.write("d001.md", article(50))
    quick.refresh()
    quick.write("d001.md", before)
    quick.refresh()
    assert _diff(quick, 1, 3)["documents"] == []
    with pytest.raises(ConfigError, match="never published"):
        _diff(quick, 1, 4)
