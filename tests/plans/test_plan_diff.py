"""What a plan shows is what the refresh after it does."""

from __future__ import annotations

import pytest

from freshground.service.cli import show_plan
from freshground.service.lineage.explain import explain
from freshground.service.plans import planning
from freshground.service.plans.estimate import Past, predict
from tests.project import NOON, Project, article

GUESS = Past(200)


def _plan(project: Project) -> dict:
    return planning.plan(project.context())


@pytest.mark.slow
def test_a_plan_names_every_kind_of_change(
    quick: Project, capsys: pytest.CaptureFixture[str]
) -> None:
    quick.source(access="from_source")
    quick.fill(12)
    (quick.docs / "_access.json").write_text('{"groups": ["staff"]}')
    quick.refresh()
    versions = quick.context().lake.bronze.version
    quick.write("new.md", article(50))
    quick.write("d001.md", quick.read("d001.md").replace("excess", "deductible", 1))
    quick.rename("d002.md", "archive/d002.md")
    quick.delete("d003.md")
    (quick.docs / "d004.md.access.json").write_text('{"public": true}')
    (quick.docs / "d005.md.access.json").write_text('{"groups": ["board"]}')
    (quick.docs / "d006.md.meta.json").write_text('{"owner": "ann"}')
    quick.touch("d007.md", NOON)
    found = _plan(quick)
    (source,) = found["sources"]
    assert source["adds"] == ["new.md"]
    assert source["edits"] == ["d001.md"]
    assert source["moves"] == [{"from": "d002.md", "to": "archive/d002.md"}]
    assert source["deletes"] == ["d003.md"]
    assert source["access"] == [
        {"key": "d004.md", "before": ["staff"], "after": ["*"], "change": "wider"},
        {"key": "d005.md", "before": ["staff"], "after": ["board"], "change": "other"},
    ]
    assert source["described"] == ["d006.md"]
    assert source["touches"] == ["d007.md"]
    assert not source["stopped"]
    assert found["work"]
    assert quick.context().lake.bronze.version == versions, "a plan writes nothing"
    show_plan.plan(found, as_json=False)
    printed = capsys.readouterr().out
    for line in (
        "  + new.md",
        "  ~ d001.md",
        "  > d002.md -> archive/d002.md",
        "  - d003.md",
        "  @ d004.md: staff -> public (wider)",
        "  = 1 touched, same bytes",
    ):
        assert line in printed.split("\n")
    run = quick.refresh()
    assert run.totals["added"] == 2
    assert run.totals["changed"] == 1
    assert (run.totals["moved"], run.totals["touched"]) == (1, 1)
    assert not _plan(quick)["work"]


@pytest.mark.slow
def test_a_move_embeds_nothing_and_is_explained(quick: Project) -> None:
    quick.fill(5)
    quick.refresh()
    embedded = len(quick.encoder.texts_encoded)
    quick.rename("d001.md", "archive/one.md")
    found = _plan(quick)
    assert found["totals"]["chunks_to_embed"] == 0
    run = quick.refresh()
    assert run.totals["texts_embedded"] == 0
    assert len(quick.encoder.texts_encoded) == embedded
    trail = explain(quick.context(), "archive/one.md")["document"]["moved_from"]
    assert [step["key"] for step in trail] == ["d001.md"]
    quick.rename("archive/one.md", "archive/two.md")
    quick.refresh()
    trail = explain(quick.context(), "archive/two.md")["document"]["moved_from"]
    assert [step["key"] for step in trail] == ["archive/one.md", "d001.md"]


@pytest.mark.slow
def test_estimates_come_from_the_past_and_are_exact_where_the_lake_knows(quick: Project) -> None:
    quick.changes["encoder"] = {"model": "hashing-64", "price_per_million_tokens": 2.0}
    quick.fill(20)
    first = _plan(quick)
    (index,) = first["indexes"]
    assert index["by_rule_of_thumb"]
    assert first["totals"]["seconds"] is None, "nothing is known yet"
    run = quick.refresh()
    chunks = run.totals["texts_embedded"]
    assert index["chunks_to_embed"] == pytest.approx(chunks, rel=0.5)
    for number in range(20, 30):
        quick.write(f"d{number:03d}.md", article(number))
    found = _plan(quick)
    (index,) = found["indexes"]
    assert not index["by_rule_of_thumb"]
    assert index["money"] == pytest.approx(index["tokens"] * 2.0 / 1e6, abs=1e-6)
    assert found["totals"]["seconds"] > 0
    assert set(found["totals"]["seconds_by_stage"]) == {
        "ingest",
        "silver",
        "admit",
        "gold",
        "embed",
        "build",
    }
    before = index["chunks_to_embed"]
    run = quick.refresh()
    assert before == pytest.approx(run.totals["texts_embedded"], rel=0.15)
    # The recipe changes: every chunk is in the lake, so its cost is known to the token.
    quick.changes["encoder"] = {"model": "hashing-32"}
    (index,) = _plan(quick)["indexes"]
    assert index["chunks_to_embed"] > 0
    assert not index["by_rule_of_thumb"]


@pytest.mark.slow
def test_a_small_edit_of_a_long_document_costs_little(quick: Project) -> None:
    quick.write("long.md", article(1, 120))
    quick.refresh()
    whole = len(quick.encoder.texts_encoded)
    quick.write("long.md", quick.read("long.md").replace("Clause 60", "Paragraph 60", 1))
    estimate = _plan(quick)["totals"]["chunks_to_embed"]
    assert 1 <= estimate <= 3 < whole


def test_without_a_past_a_chunk_is_taken_for_two_thirds_full() -> None:
    cost = GUESS.cost("x.md", 200 * 4 * 65)
    assert cost.chunks == pytest.approx(100)
    assert GUESS.cost("x.md", None).chunks == 1


def test_a_suffix_with_a_past_goes_by_its_own() -> None:
    past = Past(200)
    past.add("a.pdf", 100_000, 10, 1000.0)
    past.add("a.md", 1_000, 2, 200.0)
    assert past.cost("b.pdf", 50_000).chunks == pytest.approx(5)
    assert past.cost("b.md", 50_000).chunks == pytest.approx(100)
    assert past.cost("b.txt", 101_000).chunks == pytest.approx(12)


def test_seconds_lie_on_a_line_or_in_proportion() -> None:
    assert predict([], 5) is None
    assert predict([(10, 2.0)], 20) == pytest.approx(4.0)
    assert predict([(10, 2.0), (20, 3.0)], 30) == pytest.approx(4.0)
    assert predict([(10, 3.0), (20, 2.0)], 30) == pytest.approx(5.0)
    assert predict([(0, 3.0)], 30) == pytest.approx(3.0)
