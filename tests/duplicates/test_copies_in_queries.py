"""The same passage at several addresses, asked through `query`: each reader's own addresses."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import pytest

from freshground.service.asking.query import query
from tests.project import Project, article

pytestmark = pytest.mark.slow

STORM = "Storm damage to roofs is paid when the wind broke branches nearby."
READERS = {"one": ["x"], "two": ["y"], "three": ["x", "y"], "four": ["*"]}


@pytest.fixture(params=["memory", "lance"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Project:
    project = Project(tmp_path, request.param)
    project.source(access="from_source")
    for name, groups in READERS.items():
        put(project, f"{name}.html", page(name), groups)
    for number in range(4):
        put(project, f"d{number}.md", article(number, 2) + "\nA storm of its own.\n", ["*"])
    project.refresh()
    return project


def page(title: str) -> str:
    """Return the passage under a title of its own: what is embedded differs, what is read not."""
    return f"<html><head><title>About {title}</title></head><body><p>{STORM}</p></body></html>"


def put(project: Project, key: str, text: str, groups: list[str]) -> None:
    project.write(key, text)
    access = {"public": True} if groups == ["*"] else {"groups": groups}
    project.write(f"{key}.access.json", json.dumps(access))


def asked(project: Project, groups: set[str] | None, k: int = 5, **more: object) -> list[dict]:
    context = project.context()
    index = context.settings.index("docs")
    own = None if groups is None else frozenset(groups)
    return query(context, index, "storm damage roofs", k=k, groups=own, **more).hits  # type: ignore[arg-type]


def addresses(hits: list[dict]) -> set[str]:
    return {key for hit in hits for key in (hit["key"], *(copy["key"] for copy in hit["copies"]))}


def test_each_reader_sees_one_hit_and_their_own_addresses(shared: Project) -> None:
    for mode, groups in product(("hybrid", "vector", "text"), (None, set(), {"x"}, {"x", "y"})):
        seen = {
            f"{name}.html"
            for name, of in READERS.items()
            if groups is None or {*groups, "*"} & set(of)
        }
        hits = asked(shared, groups, mode=mode)
        [hit] = [hit for hit in hits if hit["text"] == STORM]
        assert addresses([hit]) == seen, (mode, groups)
        assert hit["copy_count"] == len(seen) - 1
        # Of one passage four times over, and others: filled with others.
        assert [hit["rank"] for hit in hits] == [1, 2, 3, 4, 5], (mode, groups)
        filtered = asked(shared, groups, mode=mode, where="key ne 'four.html'")
        assert "four.html" not in addresses(filtered)


def test_a_copy_that_is_denied_is_no_address(shared: Project) -> None:
    from freshground.service.denial.takedown import takedown

    takedown(shared.context(), "two.html")
    assert addresses(asked(shared, {"y"})[:1]) == {"three.html", "four.html"}
    put(shared, "three.html", page("three"), ["z"])
    shared.refresh()
    assert addresses(asked(shared, {"y"})[:1]) == {"four.html"}


def test_two_texts_that_differ_in_case_are_two(quick: Project) -> None:
    quick.write("one.md", "The pump takes 5 mW in all.")
    quick.write("two.md", "The pump takes 5 MW in all.")
    quick.write("three.md", "The  pump takes\n5 mW in all.")
    quick.refresh()
    hits = asked(quick, None)
    assert len(hits) == 2
    assert sorted(hit["copy_count"] for hit in hits) == [0, 1]


def test_what_an_older_release_holds_is_collapsed_as_far_as_it_ranks(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from indexes import rows
    from indexes.schema import PASSAGE

    for name in ("a", "b", "c"):
        quick.write(f"{name}.md", STORM)
    made = rows.build_rows
    monkeypatch.setattr(
        "indexes.candidate.build_rows",
        lambda *given: [{**row, PASSAGE: None} for row in made(*given)],
    )
    quick.refresh()
    [hit] = asked(quick, None)
    assert hit["key"] == "a.md"
