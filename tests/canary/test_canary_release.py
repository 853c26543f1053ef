"""A release on canary: who gets it, and how it becomes the live one or goes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from freshground.core.errors import ConfigError, Retriable, TooStale
from freshground.service import status
from freshground.service.asking import canary
from freshground.service.asking.query import Searcher, query
from freshground.service.denial.takedown import takedown
from freshground.service.freshness.governor import govern
from freshground.service.releases import holding
from freshground.service.stages.canary import decide
from freshground.service.views.needs import needs
from freshground.service.views.overview import overview
from indexes import canary as pointers
from tests.canary.trials import MINUTE, NEW, edit
from tests.governance.asking import HOUR, grant
from tests.project import Project, article

if TYPE_CHECKING:
    from freshground.service.context import Context

pytestmark = pytest.mark.slow


def live(project: Project) -> int:
    found = project.context().lake.pointers.live("docs")
    assert found is not None
    return found.release


def trial(context: Context) -> canary.Trial | None:
    return canary.running(context, context.settings.index("docs"))


def requests(project: Project, *, on_canary: bool, count: int = 30) -> list[str]:
    """Return ids of requests that the canary, or the live release, is drawn for."""
    context = project.context()
    found = trial(context)
    index = context.settings.index("docs")
    assert found is not None
    assert index.canary is not None
    names = (f"session {number}" for number in range(100_000))
    chosen = (n for n in names if canary.drawn(found, index.canary, n) == on_canary)
    return [next(chosen) for _ in range(count)]


def ask(project: Project, request: str, **options: Any) -> Any:
    context = project.context()
    try:
        return query(context, context.settings.index("docs"), NEW, request=request, **options)
    finally:
        context.lake.queries.flush()


def asked(project: Project, canary: int, live: int) -> None:
    """Let both releases answer so many queries, in one process."""
    context = project.context()
    index = context.settings.index("docs")
    for on_canary, count in ((True, canary), (False, live)):
        for request in requests(project, on_canary=on_canary, count=count):
            query(context, index, NEW, mode="text", request=request)
    context.lake.queries.flush()


def test_the_first_release_is_published_at_once(canaries: Project) -> None:
    assert live(canaries) == 1
    assert trial(canaries.context()) is None


def test_a_canary_answers_its_share_and_the_live_release_the_rest(on_trial: Project) -> None:
    assert live(on_trial) == 1
    new = ask(on_trial, requests(on_trial, on_canary=True)[0])
    old = ask(on_trial, requests(on_trial, on_canary=False)[0])
    assert (new.canary, {hit["release"] for hit in new.hits}) == (True, {2})
    assert (old.canary, {hit["release"] for hit in old.hits}) == (False, {1})
    assert NEW in {hit["title"] for hit in new.hits}
    assert NEW not in {hit["title"] for hit in old.hits}
    assert new.as_dict()["canary"] is True
    assert new.freshness.as_of > old.freshness.as_of
    both = len(requests(on_trial, on_canary=True, count=300))
    context = on_trial.context()
    found, index = trial(context), context.settings.index("docs")
    hits = sum(canary.drawn(found, index.canary, str(n)) for n in range(4000))
    assert both == 300
    assert abs(hits / 4000 - 0.5) < 0.03


def test_who_names_a_release_or_time_is_not_sent_to_a_canary(on_trial: Project) -> None:
    request = requests(on_trial, on_canary=True)[0]
    assert not ask(on_trial, request, release=1).canary
    assert not ask(on_trial, request, at=on_trial.clock.now()).canary
    with pytest.raises(ConfigError, match="never published"):
        ask(on_trial, request, release=2)


def test_nothing_is_made_while_a_canary_runs(on_trial: Project) -> None:
    edit(on_trial, "d001.md")
    run = on_trial.refresh(later=MINUTE)
    assert run.of("build").outcome == "waiting"
    assert "nothing is sure yet" in run.messages
    assert trial(run.context).manifest.release == 2


def test_good_queries_promote_it_at_the_next_refresh(on_trial: Project) -> None:
    on_trial.index(canary={"share": 0.5, "min_queries": 20, "max_more_errors": 0.5,
                           "max_more_empty": 0.5, "max_latency_ratio": 1000})  # fmt: skip
    asked(on_trial, 40, 40)
    hold = trial(on_trial.context()).pointer.candidate
    run = on_trial.refresh(later=MINUTE)
    assert run.status == 0
    assert "was promoted" in run.messages
    assert live(on_trial) == 2
    assert on_trial.context().lake.pointers.live("docs").candidate == hold
    assert trial(on_trial.context()) is None
    row = status.releases(on_trial.context(), on_trial.settings.index("docs"))[0]
    assert row["canary"]["action"] == "promote"
    assert row["canary"]["arms"]["canary"] == {"queries": 40, "errors": 0, "empty": 0}
    assert row["live"]
    assert {hit["release"] for hit in ask(on_trial, "anybody").hits} == {2}


def test_the_governor_decides_too(on_trial: Project) -> None:
    on_trial.clock.advance(HOUR - MINUTE)
    govern(on_trial.context())
    assert live(on_trial) == 1
    on_trial.clock.advance(MINUTE)
    govern(on_trial.context())
    assert live(on_trial) == 2, "its time is up, and nothing speaks against it"
    run = on_trial.refresh(later=MINUTE)
    assert run.of("build").outcome == "nothing"


def test_the_lag_of_a_change_ends_with_the_promotion(on_trial: Project) -> None:
    from freshground.service.freshness.history import first_published
    from indexes import publications

    on_trial.clock.advance(HOUR)
    context = on_trial.context()
    govern(context)
    published = first_published(context, "docs")
    rows = publications.read(context.lake, "docs", published, on_trial.clock.now() - 9 * HOUR)
    (edited,) = [row for row in rows if row["change"] == "edited"]
    assert edited["published_at"] == on_trial.clock.now()


def test_a_canary_that_fails_is_rolled_back_nobody_is_harmed_and_the_index_is_on_hold(
    on_trial: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = Searcher.ranked

    def broken(self: Searcher, *args: Any, **options: Any) -> Any:
        if self.manifest.release == 2:
            raise OSError("the table is damaged")
        return honest(self, *args, **options)

    monkeypatch.setattr(Searcher, "ranked", broken)
    answer = ask(on_trial, requests(on_trial, on_canary=True)[0])
    assert (answer.canary, {hit["release"] for hit in answer.hits}) == (False, {1})
    asked(on_trial, 30, 40)
    run = on_trial.refresh(later=MINUTE)
    assert run.status == 5
    assert "errors 100.0%, live 0.0%" in run.messages
    assert live(on_trial) == 1
    found = canary.report(on_trial.context(), on_trial.settings.index("docs"))
    assert not found["running"]
    assert found["last"]["action"] == "roll back"
    assert found["last"]["arms"]["canary"]["errors"] == 31
    again = on_trial.refresh(later=MINUTE)
    assert again.of("build").outcome == "held"
    assert "canary of release 2 rolled back" in again.messages
    on_trial.write("d000.md", article(0) + "\nMended.\n")
    third = on_trial.refresh(later=MINUTE)
    assert "on canary" in third.messages, "the version that it brought is gone, and so is the hold"
    assert trial(third.context).manifest.release == 3, "no number answers for two releases"


def test_an_error_that_the_live_release_makes_too_is_the_callers(on_trial: Project) -> None:
    for on_canary in (True, False):
        for request in requests(on_trial, on_canary=on_canary, count=12):
            with pytest.raises(ConfigError):
                ask(on_trial, request, where="nonsense eq 1")
    context = on_trial.context()
    arms, verdict = canary.measured(context, trial(context))
    assert (arms["canary"].errors, arms["live"].errors) == (12, 12)
    assert verdict.action == "wait"


def test_a_stale_answer_is_refused_and_counts_for_nobody(on_trial: Project) -> None:
    on_trial.clock.advance(30 * MINUTE)
    with pytest.raises(TooStale):
        ask(on_trial, requests(on_trial, on_canary=True)[0], max_staleness=MINUTE)
    context = on_trial.context()
    arms, _ = canary.measured(context, trial(context))
    assert arms["canary"].queries == arms["live"].queries == 0


def test_people_decide(on_trial: Project) -> None:
    context = on_trial.context()
    index = context.settings.index("docs")
    assert canary.report(context, index)["running"]
    assert overview(context)[0]["canary"] == 2
    need = next(row for row in needs(context) if row["kind"] == "canary")
    assert [act["path"] for act in need["actions"]] == ["/canary/docs/promote", "/canary/docs/stop"]
    decide(context, index, "promote", "looked at it")
    assert live(on_trial) == 2
    with pytest.raises(ConfigError, match="no canary running"):
        decide(context, index, "promote")
    assert "decided by tester (looked at it)" in canary.report(context, index)["last"]["reason"]


def test_an_aborted_canary_holds_the_index_until_resume(on_trial: Project) -> None:
    context = on_trial.context()
    index = context.settings.index("docs")
    found = decide(context, index, "roll back")
    assert found.outcome == "gate"
    assert trial(context) is None
    assert on_trial.refresh(later=MINUTE).of("build").outcome == "held"
    holding.resume(on_trial.context(), index)
    assert "on canary" in on_trial.refresh(later=MINUTE).messages
    assert live(on_trial) == 1


def test_a_rollback_of_the_live_release_ends_a_canary(on_trial: Project) -> None:
    context = on_trial.context()
    index = context.settings.index("docs")
    decide(context, index, "promote")
    edit(on_trial, "d001.md")
    on_trial.refresh(later=MINUTE)
    running = trial(on_trial.context())
    assert running.manifest.release == 3
    holding.rollback(on_trial.context(), index)
    assert live(on_trial) == 1
    assert trial(on_trial.context()) is None
    assert not ask(on_trial, "anybody").canary
    with pytest.raises(ConfigError):
        decide(on_trial.context(), index, "promote")
    assert on_trial.refresh(later=MINUTE).of("build").outcome == "held"


def test_of_two_who_decide_one_wins(on_trial: Project) -> None:
    context = on_trial.context()
    found = trial(context)
    now = on_trial.clock.now()
    pointers.move(context.lake, found.pointer, pointers.PROMOTING, "one", now)
    with pytest.raises(Retriable):
        pointers.move(on_trial.context().lake, found.pointer, pointers.ENDED, "other", now)
    assert live(on_trial) == 1, "it was interrupted here"
    assert trial(on_trial.context()) is not None
    run = on_trial.refresh(later=MINUTE)
    assert "was promoted: it was decided on, and interrupted" in run.messages
    assert live(on_trial) == 2


def test_a_canary_begun_beside_a_release_that_is_gone_does_not_answer(on_trial: Project) -> None:
    context = on_trial.context()
    found = trial(context)
    context.releases.publish(found.manifest, found.live, on_trial.clock.now())
    with pytest.raises(Retriable):
        pointers.start(context.lake, found.manifest, found.live, found.pointer,
                       on_trial.clock.now())  # fmt: skip
    assert trial(on_trial.context()) is None


def test_retention_leaves_a_running_canary(on_trial: Project) -> None:
    on_trial.index(
        canary={"share": 0.5, "max_duration": "9d"}, gates={"drift": {"severity": "off"}}
    )
    on_trial.clock.advance(timedelta(days=3))
    context = on_trial.context()
    index = context.settings.index("docs")
    context.releases.retire(context.engine(index), "docs", 1, context.clock.now())
    assert trial(on_trial.context()).manifest.release == 2
    assert ask(on_trial, requests(on_trial, on_canary=True)[0]).canary


def test_what_is_denied_is_denied_on_the_canary(canaries: Project) -> None:
    canaries.source(access="from_source")
    for number in range(4):
        grant(canaries, f"d{number:03d}.md")
    decide_all(canaries)
    edit(canaries)
    canaries.refresh(later=MINUTE)
    request = requests(canaries, on_canary=True)[0]
    everybody = frozenset({"anybody"})

    def served() -> set[str]:
        found = ask(canaries, request, k=1000, groups=everybody)
        assert found.canary
        return {hit["key"] for hit in found.hits}

    assert {"d000.md", "d001.md"} <= served()
    takedown(canaries.context(), "d000.md")
    assert "d000.md" not in served()
    grant(canaries, "d001.md", "claims")
    run = canaries.refresh(later=MINUTE)
    assert run.of("build").outcome == "waiting"
    assert served().isdisjoint({"d000.md", "d001.md"})
    members = ask(canaries, request, k=1000, groups=frozenset({"claims"}))
    assert "d001.md" in {hit["key"] for hit in members.hits}
    decide_all(canaries)
    assert served_live(canaries, everybody).isdisjoint({"d000.md", "d001.md"}), "promoted"


def served_live(project: Project, groups: frozenset[str]) -> set[str]:
    return {hit["key"] for hit in ask(project, "anybody", k=1000, groups=groups).hits}


def decide_all(project: Project) -> None:
    """Publish what is there, past the canary."""
    project.refresh(later=MINUTE)
    context = project.context()
    if trial(context):
        decide(context, context.settings.index("docs"), "promote")


@pytest.mark.parametrize("change", ["encoder", "engine"])
def test_what_the_live_release_cannot_be_held_against_goes_live_at_once(
    on_trial: Project, change: str
) -> None:
    context = on_trial.context()
    decide(context, context.settings.index("docs"), "promote")
    if change == "encoder":
        on_trial.changes["encoder"] = {"model": "hashing-32"}
    else:
        on_trial.index(engine="lance")
    assert on_trial.refresh(later=MINUTE).status == 0
    assert live(on_trial) == 3


def test_without_the_setting_there_is_none(on_trial: Project) -> None:
    on_trial.index(canary=None)
    assert not ask(on_trial, "anybody").canary
    assert on_trial.refresh(later=MINUTE).status == 0
    assert live(on_trial) == 3


def test_the_governor_takes_a_canary_for_refreshed(on_trial: Project) -> None:
    on_trial.index(canary={"share": 0.5, "max_duration": "9h"}, sla={"max_staleness": "2h"})
    held = trial(on_trial.context())
    assert held.manifest.as_of != on_trial.context().releases.live("docs")[1].as_of
    on_trial.clock.advance(107 * MINUTE)
    (waiting,) = govern(on_trial.context())
    assert waiting.action == "wait", "by the live release it would be due"
    on_trial.clock.advance(5 * MINUTE)
    (due,) = govern(on_trial.context())
    assert due.action == "refresh"
    assert on_trial.refresh(later=MINUTE).of("build").outcome == "waiting"
    (called,) = govern(on_trial.context())
    assert called.action == "wait"
