"""Near-duplicates in a project: what a policy leaves out, when it comes back, and who may read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from freshground.service.duplicates.signing import signatures
from freshground.service.plans.planning import plan
from tests.project import NOON, OLD, Project, article

pytestmark = pytest.mark.slow

WORDS = (
    "The cover begins when the first premium is paid and ends with the year for which it was "
    "agreed. Damage by storm is paid if the wind was strong enough to break branches. Whoever "
    "claims shows what was lost and what it was worth, and keeps what remains until it was seen. "
    "Nothing is paid for what was known before. The insured tells of every change that makes a "
    "damage likelier, as soon as it comes to mind and without being asked for it again."
)


def text(extra: str = "", words: str = WORDS) -> str:
    return f"# Household cover\n\n{words}\n\n{extra or 'Questions are answered at every desk.'}\n"


def reworded() -> str:
    return text(words=WORDS.replace("strong enough", "sufficiently strong"))


@pytest.fixture
def near(quick: Project) -> Project:
    quick.index(duplicates={"near": "keep_newest"})
    return quick


def states(project: Project) -> dict[str, str]:
    from freshground.service.desired import desired

    context = project.context()
    found = desired(context, context.settings.index("docs"))
    return {d.row["key"]: d.state for d in found.documents}


def test_the_newest_stays_and_the_other_is_accounted_for(near: Project) -> None:
    near.write("old.md", text())
    near.write("new.md", reworded())
    near.fill(3)
    run = near.refresh()
    assert run.status == 0, run.messages
    assert near.served_keys() == {"new.md", "d000.md", "d001.md", "d002.md"}
    assert states(near)["old.md"] == "excluded"
    manifest = near.context().releases.live("docs")[1]
    assert manifest.counts["excluded"] == 1
    [gate] = [g for g in manifest.gates if g["check_id"] == "candidate.accounting.docs"]
    assert gate["passed"], gate
    assert "excluded 1 " in gate["detail"]
    assert near.refresh().totals["texts_embedded"] == 0
    assert near.served_keys() == {"new.md", "d000.md", "d001.md", "d002.md"}


def test_by_default_both_stay_and_a_plan_tells_that_a_policy_will_compare(quick: Project) -> None:
    quick.write("old.md", text())
    quick.write("new.md", reworded())
    quick.refresh()
    assert quick.served_keys() == {"old.md", "new.md"}
    assert not signatures(quick.context())
    quick.index(duplicates={"near": "keep_newest"})
    told = plan(quick.context())
    assert (told["work"], told["sources"][0]["to_compare"]) == (True, 2)
    quick.refresh()
    assert quick.served_keys() == {"new.md"}
    assert not plan(quick.context())["work"]


@pytest.mark.parametrize(
    "other",
    [
        text("Questions are answered until 2025."),
        text("Damage up to 500 euros is paid."),
        text("Questions are answered by Anna Berg."),
        text(words=WORDS.replace("Nothing is paid", "All is not paid")),
        text("Questions are answered in plan B alone."),
    ],
)
def test_two_plans_of_one_policy_are_not_one(near: Project, other: str) -> None:
    near.write("one.md", text("Questions are answered until 2024, up to 750 euros, by Jon Roe."))
    near.write("other.md", other)
    near.refresh()
    assert near.served_keys() == {"one.md", "other.md"}


def test_forms_filled_in_with_other_numbers_stay_all(near: Project) -> None:
    for number in range(60):
        near.write(f"form{number}.md", text(f"Contract {number} of the year 2026."))
    near.refresh()
    assert len(near.served_keys()) == 60


def test_what_was_left_out_comes_back_when_its_twin_goes(near: Project) -> None:
    near.fill(5)
    near.write("old.md", text())
    near.write("new.md", reworded())
    near.refresh()
    assert "old.md" not in near.served_keys()
    near.delete("new.md")
    assert near.refresh("docs").status == 0
    assert "old.md" in near.served_keys()


def test_what_was_left_out_comes_back_when_its_twin_is_edited_or_taken_down(near: Project) -> None:
    from freshground.service.denial.takedown import takedown

    near.write("old.md", text())
    near.write("new.md", reworded())
    near.refresh()
    assert near.served_keys() == {"new.md"}
    near.write("new.md", text("It is paid up to 900 euros from now on."), NOON)
    near.refresh()
    assert near.served_keys() == {"old.md", "new.md"}
    near.write("new.md", reworded(), NOON + timedelta(minutes=1))
    near.refresh()
    assert near.served_keys() == {"new.md"}
    takedown(near.context(), "new.md")
    near.refresh()
    assert near.served_keys() == {"old.md"}


def test_a_refresh_signs_what_changed(near: Project) -> None:
    near.fill(12)
    assert near.refresh().of("gold").counts["signed"] == 12
    near.write("d003.md", article(333))
    near.write("d007.md", article(777))
    assert near.refresh().of("gold").counts["signed"] == 2
    assert near.refresh().of("gold").counts["signed"] == 0


def sources(project: Project, **access: Any) -> None:
    for name in access:
        (project.root / name).mkdir(exist_ok=True)
    project.changes["sources"] = [
        {"id": name, "type": "files", "url": name, "access": told} for name, told in access.items()
    ]
    project.changes["indexes"] = [
        {
            **project.raw["indexes"][0],
            "sources": list(access),
            "duplicates": {"near": "keep_preferred", "prefer": [list(access)[-1]]},
        }
    ]


def put(project: Project, place: str, text: str) -> None:
    (project.root / place).write_text(text)
    project.touch(f"../{place}", OLD)


def served(project: Project) -> set[tuple[str, str]]:
    context = project.context()
    live = context.releases.live("docs")
    reader = context.engine(context.settings.index("docs")).open("docs", live[1].engine_version)
    return {(r["source_id"], r["key"]) for r in reader.rows(["source_id", "key"]).to_pylist()}


@pytest.mark.parametrize(
    ("of_one", "of_other", "stay"),
    [
        ("public", "public", {"b"}),
        ({"groups": ["x"]}, {"groups": ["x", "y"]}, {"b"}),
        ({"groups": ["x"]}, "public", {"b"}),
        ({"groups": ["x"]}, {"groups": ["y"]}, {"a", "b"}),
        ({"groups": ["x", "y"]}, {"groups": ["y"]}, {"a", "b"}),
        ("public", {"groups": ["y"]}, {"a", "b"}),
    ],
)
def test_nobody_loses_what_they_could_read(
    quick: Project, of_one: Any, of_other: Any, stay: set[str]
) -> None:
    sources(quick, a=of_one, b=of_other)
    put(quick, "a/one.md", text())
    put(quick, "b/two.md", reworded())
    assert quick.refresh().status == 0
    assert {source for source, _ in served(quick)} == stay


def test_exact_copies_keep_an_address_each(quick: Project) -> None:
    sources(quick, a="public", b="public")
    put(quick, "a/one.md", text())
    put(quick, "b/two.md", text())
    put(quick, "b/three.md", text())
    quick.refresh()
    assert served(quick) == {("a", "one.md"), ("b", "two.md"), ("b", "three.md")}
