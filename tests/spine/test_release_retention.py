"""Old releases go, the live one never; rollback serves an earlier one, or says why not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from freshground.core.errors import ConfigError, Fatal
from freshground.service import status
from freshground.service.releases.holding import resume
from tests.project import Content, Project, article, content

pytestmark = pytest.mark.slow

_DAY = timedelta(days=1)


def _publish(project: Project, number: int) -> Content:
    project.write("d000.md", article(100 + number))
    assert project.refresh(later=_DAY).status == 0
    return project.content()


def _kept(project: Project) -> list[int]:
    context = project.context()
    return [r["release"] for r in status.releases(context, context.settings.index("docs"))][::-1]


def _check_every_kept_release_opens(project: Project) -> None:
    context = project.context()
    index = context.settings.index("docs")
    for pointer in context.releases.published("docs").values():
        manifest = context.releases.find("docs", pointer.candidate)
        if manifest is not None:
            reader = context.engine(index).open("docs", manifest.engine_version)
            assert reader.count() == manifest.counts["chunks"]


def test_retention_keeps_the_newest_and_frees_the_rest(either: Project) -> None:
    either.index(keep_releases=3)
    either.fill(3)
    held = [_publish(either, number) for number in range(6)]
    assert _kept(either) == [4, 5, 6]
    _check_every_kept_release_opens(either)
    assert either.content() == held[-1]

    either.index(keep_releases=1)
    _publish(either, 9)
    _publish(either, 10)

    assert _kept(either) == [7, 8], "7 was replaced just now"

    _check_every_kept_release_opens(either)


def test_a_release_replaced_just_now_stays_for_its_readers(quick: Project) -> None:
    quick.index(keep_releases=1)
    quick.fill(2)
    _publish(quick, 1)
    quick.write("d000.md", article(300))
    quick.refresh(later=timedelta(minutes=1))
    assert _kept(quick) == [1, 2]
    quick.write("d000.md", article(301))
    quick.refresh(later=timedelta(hours=2))
    assert _kept(quick) == [2, 3]


def test_a_retention_that_breaks_off_leaves_no_release_that_cannot_be_opened(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexes.engines.memory import MemoryEngine

    quick.index(keep_releases=2)
    quick.fill(2)
    _publish(quick, 1)
    _publish(quick, 2)
    retire = MemoryEngine.retire

    def broken(self, *arguments):
        retire(self, *arguments)
        raise Fatal("The store went away.", "")

    monkeypatch.setattr(MemoryEngine, "retire", broken)
    quick.write("d000.md", article(77))
    assert quick.refresh(later=_DAY).status == 1
    monkeypatch.undo()
    _check_every_kept_release_opens(quick)
    _publish(quick, 3)
    _check_every_kept_release_opens(quick)


def test_rollback_serves_the_release_before_exactly(either: Project) -> None:
    either.fill(3)
    held = {number: _publish(either, number) for number in (1, 2, 3)}
    context = either.context()
    index = context.settings.index("docs")
    assert status.rollback(context, index, None)["release"] == 2
    assert either.content() == held[2]
    assert status.rollback(either.context(), index, 1)["release"] == 1
    assert either.content() == held[1]
    assert status.rollback(either.context(), index, 3)["release"] == 3
    assert content(either.context()) == held[3]
    actions = [(p.action, p.release) for p in context.lake.pointers.history("docs")][3:]
    assert actions == [("rollback", 2), ("rollback", 1), ("rollback", 3)]


def test_a_rolled_back_release_is_kept_while_it_is_live(quick: Project) -> None:
    quick.index(keep_releases=2)
    quick.fill(2)
    _publish(quick, 1)
    _publish(quick, 2)
    context = quick.context()
    index = context.settings.index("docs")
    status.rollback(context, index, 1)
    resume(context, index)
    assert quick.refresh(later=_DAY).status == 0
    assert quick.context().releases.live("docs")[1].release == 3
    _check_every_kept_release_opens(quick)


def test_rollback_says_what_it_cannot_do(quick: Project) -> None:
    context = quick.context()
    index = context.settings.index("docs")
    with pytest.raises(ConfigError, match="no release yet"):
        status.rollback(context, index, None)
    quick.fill(2)
    _publish(quick, 1)
    with pytest.raises(ConfigError, match="no earlier release"):
        status.rollback(quick.context(), index, None)
    with pytest.raises(ConfigError, match=r"no release 7.*Kept releases: 1"):
        status.rollback(quick.context(), index, 7)
    with pytest.raises(ConfigError, match="live already"):
        status.rollback(quick.context(), index, 1)
    assert len(context.lake.pointers.history("docs")) == 1
