"""A budget through refreshes: what fits comes in, what does not waits and is served as it was."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from freshground.service.freshness.as_of import freshness
from freshground.service.plans import planning
from tests.containers.boxes import zipped
from tests.project import ENCODER, NOON, Project, Run, article

if TYPE_CHECKING:
    from freshground.service.context import Context

pytestmark = pytest.mark.slow

DAY = timedelta(days=1)


def estimate(project: Project) -> int:
    """Return the tokens that a plan reckons with, all indexes together."""
    return planning.plan(project.context())["totals"]["tokens"]


def spent(project: Project) -> int:
    """Return the tokens that were ever embedded."""
    rows = project.context().lake.journal.entries("cost")
    return sum(row.body["tokens"] for row in rows)


def as_of(project: Project, index: str = "docs") -> Any:
    context: Context = project.context()
    live = context.releases.live(index)
    return freshness(context, context.settings.index(index), live[1] if live else None).as_of


def release(project: Project) -> int:
    pointer = project.context().lake.pointers.live("docs")
    return pointer.release if pointer else 0


def loaded(project: Project, count: int = 10) -> Project:
    """Fill and refresh the day before, without a budget, so that estimates have a past."""
    project.fill(count)
    assert project.refresh().status == 0
    project.clock.advance(DAY)
    return project


def add(project: Project, *numbers: int, paragraphs: int = 6) -> None:
    for number in numbers:
        project.write(f"n{number:03d}.md", article(number, paragraphs))


def next_day(project: Project, **scope: Any) -> Run:
    return project.refresh(later=DAY, **scope)


@pytest.mark.parametrize("of_index", [False, True])
def test_each_limit_trips_and_just_does_not(quick: Project, *, of_index: bool) -> None:
    quick.changes["encoder"] = {"model": ENCODER, "price_per_million_tokens": 1e6 / 4}
    loaded(quick, 3)
    add(quick, 100, 101, 102)
    tokens = estimate(quick)

    def waiting(limit: str, value: float) -> list[str]:
        bound = {limit: value if "money" in limit else int(value)}
        if of_index:
            quick.index(budget=bound)
        else:
            quick.changes["budget"] = bound
        (source,) = planning.plan(quick.context())["sources"]
        return source["deferred"]

    for limit in ("tokens_per_day", "tokens_per_run", "money_per_day", "money_per_run"):
        cost = tokens / 4 if "money" in limit else tokens
        assert waiting(limit, cost + 1) == [], limit
        assert waiting(limit, cost - 1) == ["n102.md"], f"{limit}: the youngest waits"


def test_what_is_never_parsed_costs_nothing(quick: Project) -> None:
    loaded(quick, 3)
    add(quick, 100)
    tokens = estimate(quick)
    quick.source(scope={"exclude": [{"path": "left/**"}]})
    quick.write("left/out.md", article(7, 60))
    quick.write("left/papers.zip", zipped({"a.md": article(8, 60)}))
    quick.write("empty.zip", zipped({".git/config": article(9, 60)}))
    assert estimate(quick) == tokens
    quick.changes["budget"] = {"tokens_per_run": tokens + 1}
    run = quick.refresh()
    assert (run.totals["deferred"], run.of("silver").counts["parsed"]) == (0, 1)
    assert "n100.md" in quick.served_keys()


@pytest.mark.parametrize("limit", ["tokens_per_day", "tokens_per_run"])
def test_what_does_not_fit_waits_for_another_day_or_run(quick: Project, limit: str) -> None:
    loaded(quick, 3)
    add(quick, 100, 101, 102)
    quick.changes["budget"] = {limit: int(estimate(quick) * 0.85)}
    before = as_of(quick)
    run = quick.refresh()
    assert run.status == 0
    assert run.totals["deferred"] == 1
    assert "1 documents of source 'docs' wait for the budget, n102.md first" in run.messages
    assert quick.served_keys() >= {"n100.md", "n101.md"}
    assert "n102.md" not in quick.served_keys()
    assert as_of(quick) == before, "what waits is not reflected"
    quick.clock.set(NOON.replace(hour=22) + DAY)
    run = quick.refresh(later=timedelta(minutes=119))
    if limit.endswith("run"):
        assert run.totals["deferred"] == 0, "another run has its own budget"
    else:
        assert run.totals["deferred"] == 1, "it is the same day"
        run = quick.refresh(later=timedelta(minutes=1))
        assert run.context.clock.now().hour == 0
    assert "n102.md" in quick.served_keys()
    assert as_of(quick) == run.context.clock.now()


def test_an_edit_that_waits_is_served_as_it_was(quick: Project) -> None:
    loaded(quick)
    quick.changes["budget"] = {"tokens_per_day": 200}
    before = {row[1] for row in quick.content()}
    quick.write("d003.md", article(203))
    quick.write("d004.md", article(204))
    run = quick.refresh()
    assert run.totals["changed"] == 1
    assert run.totals["deferred"] == 1
    now = {row[1] for row in quick.content()}
    assert any("policy 203 " in text for text in now)
    assert {t for t in before if "policy 4 " in t} <= now
    run = next_day(quick)
    assert (run.totals["changed"], run.totals["deferred"]) == (1, 0)
    assert any("policy 204 " in row[1] for row in quick.content())


def test_an_edit_counts_by_what_is_new_in_it(quick: Project) -> None:
    quick.write("long.md", article(1, 120))
    quick.write("other.md", article(2, 120))
    quick.refresh()
    whole = spent(quick)
    quick.clock.advance(DAY)
    quick.changes["budget"] = {"tokens_per_day": whole // 4}
    for key in ("long.md", "other.md"):
        quick.write(key, quick.read(key).replace("Clause 60", "Paragraph 60", 1))
    (source,) = planning.plan(quick.context())["sources"]
    assert source["deferred"] == []
    assert quick.refresh().totals["changed"] == 2


def test_what_costs_nothing_never_waits(quick: Project) -> None:
    quick.source(access="from_source")
    quick.fill(12)
    (quick.docs / "_access.json").write_text('{"groups": ["staff"]}')
    quick.refresh()
    quick.changes["budget"] = {"tokens_per_day": 1}
    quick.clock.advance(DAY)
    add(quick, 100, 101, paragraphs=30)
    assert quick.refresh().totals["deferred"] == 1, "one goes alone"
    quick.delete("d000.md")
    quick.rename("d001.md", "archive/d001.md")
    (quick.docs / "d002.md.access.json").write_text('{"public": true}')
    (quick.docs / "d003.md.access.json").write_text('{"groups": ["board"]}')
    (quick.docs / "d003.md.meta.json").write_text('{"owner": "ann"}')
    quick.write("d003.md", quick.read("d003.md").replace("policy 3", "policy X"))
    run = quick.refresh()
    assert (run.totals["removed"], run.totals["moved"], run.totals["deferred"]) == (2, 1, 2)
    rows = {}
    for row in quick.content():
        rows.setdefault(row[1].split("policy ")[-1].split(" ")[0], (row[4], row[5]))
    assert "archive/d001.md" in quick.served_keys()
    assert "d000.md" not in quick.served_keys()
    assert rows["2"][1] == ("*",)
    assert rows["3"][1] == ("board",), "the old text with its new readers"
    assert json.loads(rows["3"][0]) == {"owner": "ann"}
    assert "X" not in rows
    for _ in range(2):
        run = next_day(quick)
    assert run.totals["deferred"] == 0
    texts = [row for row in quick.content() if "policy X " in row[1]]
    assert texts
    assert {row[5] for row in texts} == {("board",)}


def test_a_document_larger_than_the_budget_goes_alone(quick: Project) -> None:
    loaded(quick, 3)
    quick.changes["budget"] = {"tokens_per_day": 50}
    add(quick, 100, paragraphs=40)
    add(quick, 101, paragraphs=1)
    run = next_day(quick)
    assert (run.totals["added"], run.totals["deferred"]) == (1, 1)
    assert "n100.md" in quick.served_keys()
    assert quick.refresh().totals["added"] == 0
    assert next_day(quick).totals["added"] == 1
    # When something was spent already, it waits, and nothing that is younger overtakes it.
    add(quick, 102, paragraphs=40)
    add(quick, 103, paragraphs=1)
    assert quick.refresh().totals["deferred"] == 2
    assert next_day(quick).totals["deferred"] == 1
    assert {"n102.md"} == quick.served_keys() & {"n102.md", "n103.md"}


def test_a_first_load_goes_on_day_by_day(quick: Project) -> None:
    quick.fill(9)
    quick.changes["budget"] = {"tokens_per_day": estimate(quick) // 3}
    runs = [next_day(quick)]
    assert quick.served_keys()
    assert runs[0].totals["deferred"]
    while runs[-1].totals["deferred"]:
        served = len(quick.served_keys())
        runs.append(next_day(quick))
        assert len(quick.served_keys()) > served
    assert len(runs) <= 6
    assert len(quick.served_keys()) == 9


def test_the_source_whose_sla_breaks_first_goes_first(quick: Project) -> None:
    first = quick.raw["sources"][0]
    more = first | {"id": "more", "url": "more", "sla": {"max_staleness": "1h"}}
    quick.changes["sources"] = [first, more]
    quick.index(sources=["docs", "more"])
    quick.fill(3)
    quick.write("../more/m0.md", article(90))
    quick.refresh()
    quick.changes["budget"] = {"tokens_per_day": 10}
    add(quick, 100)
    quick.write("../more/m1.md", article(91))
    plan = planning.plan(quick.context())["sources"]
    assert [source["source"] for source in plan] == ["docs", "more"]
    assert quick.refresh(later=DAY).of("ingest", "docs").counts["deferred"] == 1
    assert quick.served_keys() >= {"m1.md"}
    # Nor does it matter which is listed first, as in DAGs of their own.
    add(quick, 101)
    quick.write("../more/m2.md", article(92))
    quick.refresh()
    quick.clock.advance(DAY)
    quick.refresh(sources=["docs"])
    quick.refresh(sources=["more"])
    assert "m2.md" in quick.served_keys()
    assert not {"n100.md", "n101.md"} & quick.served_keys()


def test_a_source_that_is_listed_no_more_holds_up_no_other(quick: Project) -> None:
    first = quick.raw["sources"][0]
    more = first | {"id": "more", "url": "more"}
    quick.changes["sources"] = [first, more]
    quick.index(sources=["docs", "more"])
    quick.fill(3)
    quick.write("../more/m0.md", article(90))
    quick.refresh()
    quick.changes["budget"] = {"tokens_per_day": 10}
    add(quick, 100)
    quick.refresh(sources=["docs"], later=DAY)
    quick.write("../more/m1.md", article(91))
    assert quick.refresh(sources=["more"]).totals["deferred"] == 1
    add(quick, 101)
    quick.clock.advance(timedelta(hours=12))
    assert quick.refresh(sources=["docs"]).totals["deferred"] == 1, "m1.md has waited for longer"
    assert next_day(quick, sources=["docs"]).totals["deferred"] == 0
    assert next_day(quick, sources=["more"]).totals["deferred"] == 0


def test_an_index_that_is_written_anew_goes_on_over_days(quick: Project) -> None:
    loaded(quick, 8)
    whole, live = spent(quick), release(quick)
    quick.changes["budget"] = {"tokens_per_day": whole // 3}
    quick.changes["encoder"] = {"model": "hashing-32"}
    outcomes = []
    for day in range(5):
        before = spent(quick)
        run = next_day(quick)
        outcomes.append(run.of("embed").outcome)
        assert spent(quick) - before <= whole // 3
        if outcomes[-1] == "done":
            break
        assert run.status == 0
        assert release(quick) == live, "the old release is served"
        assert "is written anew" in run.messages
        again = quick.refresh()
        assert again.of("embed").counts["texts_embedded"] == 0, (day, "the day is spent")
    assert outcomes == ["waiting", "waiting", "waiting", "done"]
    assert release(quick) == live + 1
    assert len(quick.served_keys()) == 8


def test_new_documents_and_a_rewriting_share_the_days(quick: Project) -> None:
    """Another index goes on while one is written anew, and that one ends all the same."""
    own = quick.raw["indexes"][0]
    quick.changes["indexes"] = [own, own | {"id": "more", "encoder": {"model": "hashing-32"}}]
    quick.fill(8)
    quick.refresh()
    whole = spent(quick)
    again = own | {"id": "more", "encoder": {"model": "hashing-48"}}
    quick.changes["indexes"] = [own, again]
    quick.changes["budget"] = {"tokens_per_day": whole // 4}
    came: list[int] = []
    for day in range(8):
        add(quick, 100 + day)
        run = next_day(quick)
        came.append(run.totals["added"])
        if run.of("embed", "more").outcome != "waiting":
            break
    else:
        pytest.fail("the rewriting never ended")
    assert came[0] >= 1, "a document is let in on the first day"


def test_a_new_index_over_an_old_lake_is_limited_too(quick: Project) -> None:
    loaded(quick, 8)
    whole = spent(quick)
    own = quick.raw["indexes"][0]
    quick.changes["budget"] = {"tokens_per_day": whole // 2 + 20}
    quick.changes["indexes"] = [own, own | {"id": "more", "encoder": {"model": "hashing-32"}}]
    run = next_day(quick)
    assert run.of("embed", "more").outcome == "waiting"
    assert "nothing is served" in run.messages
    assert quick.served_keys("more") == set()
    next_day(quick)
    run = next_day(quick)
    assert len(quick.served_keys("more")) == 8


def test_without_a_budget_nothing_is_read_for_one(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freshground.service.plans import budget, deferral

    def never(*_: object) -> None:
        raise AssertionError("read though nothing is limited")

    loaded(quick, 2)
    monkeypatch.setattr(budget, "desired", never)
    monkeypatch.setattr(deferral, "read_meters", never)
    monkeypatch.setattr(deferral, "_path", never)
    add(quick, 100)
    assert planning.plan(quick.context())["sources"][0]["deferred"] == []
    assert quick.refresh().totals["added"] == 1
    # Nor with one, while nothing changes.
    monkeypatch.setattr(deferral, "_path", lambda source_id: f"waiting/{source_id}.json")
    quick.changes["budget"] = {"tokens_per_day": 1}
    assert quick.refresh().status == 0
