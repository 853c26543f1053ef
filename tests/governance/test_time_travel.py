"""Answers from the release that served then, and from a numbered one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from freshground.core.errors import ConfigError
from freshground.service.asking.past import moment
from freshground.service.asking.query import searcher
from freshground.service.releases.holding import resume, rollback
from indexes.release import as_of
from tests.governance.asking import HOUR, keys
from tests.project import Project, article

pytestmark = pytest.mark.slow


SECOND = timedelta(seconds=1)


def _release(project: Project, **when) -> int:
    context = project.context()
    return searcher(context, context.settings.index("docs"), **when).manifest.release


def _publish(project: Project, count: int, later: timedelta = HOUR) -> list[datetime]:
    """Publish releases, each with one document more; return when."""
    times: list[datetime] = []
    for number in range(count):
        project.write(f"n{number}.md", article(number))
        assert project.refresh(later=later).status == 0
        times.append(project.clock.now())
    return times


def test_the_release_that_served_then_answers(quick: Project) -> None:
    one, two, three = _publish(quick, 3)
    assert [_release(quick, at=at) for at in (one, two, three)] == [1, 2, 3]
    assert _release(quick, at=two - SECOND) == 1
    assert _release(quick, at=three - timedelta(microseconds=1)) == 2
    quick.clock.advance(HOUR)
    context = quick.context()
    index = context.settings.index("docs")
    rollback(context, index, 1)
    back = quick.clock.now()
    quick.clock.advance(HOUR)
    assert _release(quick, at=back + SECOND) == 1
    assert _release(quick, at=back - SECOND) == 3
    assert keys(quick, at=two) == {"n0.md", "n1.md"}
    assert keys(quick, release=2) == {"n0.md", "n1.md"}
    assert keys(quick) == {"n0.md"}
    resume(context, index)


def test_times_with_and_without_microseconds_are_compared_as_times(quick: Project) -> None:
    half = timedelta(microseconds=500_000)
    quick.clock.advance(half)
    _publish(quick, 1)
    at = quick.clock.now()
    assert at.microsecond
    quick.write("more.md", article(9))
    assert quick.refresh(later=half).status == 0
    assert not quick.clock.now().microsecond
    assert _release(quick, at=at) == 1
    assert _release(quick, at=quick.clock.now()) == 2
    listings = {
        "a": {"listed_at": "2026-11-20T12:00:00Z"},
        "b": {"listed_at": "2026-11-20T12:00:00.500000Z"},
    }
    assert as_of(listings, ["a", "b"]) == "2026-11-20T12:00:00Z"


def test_a_confirmation_half_a_second_later_moves_the_as_of(quick: Project) -> None:
    _publish(quick, 1)
    assert not quick.clock.now().microsecond
    quick.refresh(later=timedelta(microseconds=500_000))
    confirmed = quick.context().lake.journal.latest("confirmation")["docs"]
    assert moment(confirmed.body["as_of"]) == quick.clock.now()


def test_what_cannot_be_asked_says_why(quick: Project) -> None:
    context = quick.context()
    index = context.settings.index("docs")
    with pytest.raises(ConfigError, match="served nothing"):
        searcher(context, index, at=quick.clock.now())
    quick.index(keep_releases=1)
    times = _publish(quick, 3, later=timedelta(hours=5))
    context = quick.context()
    index = context.settings.index("docs")
    with pytest.raises(ConfigError, match=r"Release 1, which served at .* is gone.*Kept.* 2 .* 3"):
        searcher(context, index, at=times[0])
    with pytest.raises(ConfigError, match=r"Release 1 of index 'docs' is gone"):
        searcher(context, index, release=1)
    with pytest.raises(ConfigError, match="never published a release 9"):
        searcher(context, index, release=9)
    with pytest.raises(ConfigError, match="served nothing.*The first release came"):
        searcher(context, index, at=times[0] - SECOND)
    with pytest.raises(ConfigError, match="yet to come"):
        searcher(context, index, at=times[-1] + SECOND)
    with pytest.raises(ConfigError, match="not both"):
        searcher(context, index, at=times[-1], release=3)


def test_a_release_without_a_field_of_today_still_answers(quick: Project) -> None:
    _publish(quick, 1)
    quick.index(fields={"author": {"type": "string"}})
    quick.write("more.md", article(9))
    assert quick.refresh().status == 0
    assert keys(quick, release=1) == {"n0.md"}
    assert keys(quick, release=2) == {"n0.md", "more.md"}


def test_moments_as_people_write_them() -> None:
    assert moment("2026-11-20") == datetime(2026, 11, 20, tzinfo=UTC)
    assert moment(" 2026-11-20T13:00+01:00 ") == datetime(2026, 11, 20, 12, tzinfo=UTC)
    with pytest.raises(ConfigError, match="no time"):
        moment("yesterday")
