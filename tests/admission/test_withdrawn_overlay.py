"""Which releases a denial of admission is about: those whose rows are of a version it refused."""

from __future__ import annotations

import pytest

from freshground.lake.denials import Denial, version_name
from freshground.lake.ledger import Current
from freshground.service.denial.overlay import overlay
from freshground.service.denial.withdrawing import left_over


def denial(kind: str, *groups: str) -> Denial:
    versions = (version_name("d", "bad", "s"),)
    return Denial("1", kind, ("d",), (), groups, "docs", None, "2026-01-01", "us", "", versions)  # type: ignore[arg-type]


def served(content: str, silver: str = "s", groups: tuple[str, ...] = ("*",)) -> Current:
    row = {"doc_id": "d", "groups": list(groups)}
    return Current(row, "ok", content, silver, False, None, None, None)


@pytest.mark.parametrize(
    ("of", "document", "needed"),
    [
        (denial("withdrawn"), served("bad"), True),  # a build that began before the verdict
        (denial("withdrawn"), served("bad", groups=("hr",)), True),
        (denial("withdrawn"), served("good"), False),
        (denial("withdrawn"), served("bad", "masked"), False),
        (denial("restricted", "hr"), served("bad"), True),
        (denial("restricted", "hr"), served("bad", groups=("hr", "it")), True),
        (denial("restricted", "hr"), served("bad", groups=("hr",)), False),
        (denial("restricted", "hr"), served("good"), False),
    ],
)
def test_rows_of_a_refused_version_still_need_the_denial(of, document, needed) -> None:
    assert left_over(of, document) is needed


def test_a_release_that_holds_it_is_served_and_no_other() -> None:
    withdrawn, restricted = denial("withdrawn"), denial("restricted", "hr")
    everybody, hr = frozenset({"it"}), frozenset({"hr"})
    for reflected, gone in (({}, True), ({"1": frozenset()}, False), ({"1": {"d"}}, True)):
        found = overlay([withdrawn], reflected)  # type: ignore[arg-type]
        assert found.denies("c", "d", None) is gone, "the owner is nobody else"
        found = overlay([restricted], reflected)  # type: ignore[arg-type]
        assert found.denies("c", "d", everybody) is gone
        assert not found.denies("c", "d", hr)
