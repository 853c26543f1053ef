"""The guards' arithmetic: each trips just over its threshold and not on it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.errors import ConfigError, Fatal
from freshground.core.records import PUBLIC, ObjectStat
from freshground.core.settings import EditGuard, GrowthGuard, SizeGuard, WideningGuard
from ingestion.difference import fresh_bytes, outliers, percentile_99, widens
from quality.guards import edit_guard, growth_guard, size_guard, widening_guard
from tests.project import Project

GROUPS = st.frozensets(st.sampled_from(["a", "b", "c", PUBLIC]))


@pytest.mark.parametrize(
    ("edits", "live", "tripped"),
    [(20, 40, False), (21, 41, True), (19, 20, False), (20, 20, True), (20, 39, True)],
)
def test_edits(edits: int, live: int, *, tripped: bool) -> None:
    verdict = edit_guard("s", edits, live, EditGuard())
    assert verdict.tripped is tripped
    assert bool(verdict.message) is tripped
    assert verdict.value == edits / live


@pytest.mark.parametrize(
    ("adding", "before", "tripped"),
    [(100, 50, False), (101, 50, True), (99, 1, False), (100, 49, True), (100, 0, True)],
)
def test_growth(adding: int, before: int, *, tripped: bool) -> None:
    assert growth_guard("s", adding, before, GrowthGuard()).tripped is tripped


@pytest.mark.parametrize(
    ("widened", "live", "tripped"),
    [(5, 50, False), (5, 49, True), (4, 5, False), (6, 50, True), (0, 0, False)],
)
def test_widening(widened: int, live: int, *, tripped: bool) -> None:
    verdict = widening_guard("s", widened, live, WideningGuard())
    assert verdict.tripped is tripped
    assert ("freshground approve s" in verdict.message) is tripped


def test_size_warns_and_stops_only_if_told() -> None:
    assert not size_guard("s", 0, 0, 100, SizeGuard(stop=True)).message
    warning = size_guard("s", 1, 3000, 100, SizeGuard())
    assert not warning.tripped
    assert "approve" not in warning.message
    assert "3000 bytes" in warning.message
    assert size_guard("s", 1, 3000, 100, SizeGuard(stop=True)).tripped


def test_an_outlier_is_over_so_many_times_the_99th_percentile() -> None:
    def stat(size: int | None) -> ObjectStat:
        return ObjectStat(str(size), str(size), size, None, None, (PUBLIC,))

    sizes = [10] * 98 + [100] * 2
    assert percentile_99(sizes) == 100
    assert percentile_99([10] * 99 + [100]) == 10
    stats = [stat(2000), stat(2001), stat(None)]
    assert outliers(stats, sizes, 20, 20) == (stats[1],)
    assert outliers(stats, sizes, 20, 101) == ()


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=300))
def test_the_99th_percentile_holds_99_of_100(sizes: list[int]) -> None:
    found = percentile_99(sizes)
    assert sum(size <= found for size in sizes) * 100 >= 99 * len(sizes)
    assert sum(size < found for size in sizes) * 100 < 99 * len(sizes)


@given(GROUPS, GROUPS)
def test_wider_means_that_somebody_new_may_read(before: frozenset, after: frozenset) -> None:
    everybody = {"a", "b", "c", "somebody else"}

    def readers(groups: frozenset) -> set[str]:
        return everybody if PUBLIC in groups else set(groups)

    assert widens(before, after) == bool(readers(after) - readers(before))


@given(st.lists(st.binary(max_size=5), max_size=20), st.lists(st.binary(max_size=5), max_size=20))
def test_fresh_bytes_are_bounded(old: list[bytes], new: list[bytes]) -> None:
    before, after = b"\n".join(old), b"\n".join(new)
    assert fresh_bytes(before, before) == 0
    assert 0 <= fresh_bytes(before, after) <= len(after)
    assert fresh_bytes(b"", after) == len(after)


def test_negative_counts_are_fatal() -> None:
    with pytest.raises(Fatal):
        edit_guard("s", -1, 3, EditGuard())


def test_the_delete_guard_has_two_names_and_one_value(quick: Project) -> None:
    quick.source(delete_guard={"share": 0.3})
    assert quick.settings.source("docs").deletions.share == 0.3
    quick.source(guards={"delete": {"share": 0.4}})
    with pytest.raises(ConfigError, match="write one of them"):
        _ = quick.settings
    del quick.changes["sources"][0]["delete_guard"]
    assert quick.settings.source("docs").deletions.share == 0.4
