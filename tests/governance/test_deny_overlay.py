"""The overlay alone: files that are never rewritten, many writers, and what it means for a row."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshground.core.access import both, loses_readers
from freshground.core.clock import ManualClock
from freshground.core.records import PUBLIC
from freshground.lake.denials import Denials
from freshground.lake.storage import Files
from freshground.service.denial.overlay import Overlay
from indexes.filters.ast import And, AnyOf, Compare, In, Not, NotEmpty, Or
from indexes.filters.evaluate import matches, visible

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture
def files(tmp_path) -> Files:
    return Files(str(tmp_path), {})


def _overlay(files: Files) -> Denials:
    return Denials(files, ManualClock(NOON))


def test_what_is_denied_by_one_is_denied_to_all_at_once(files: Files) -> None:
    one, other = _overlay(files), _overlay(files)
    assert other.active() == ()
    denial = one.add("takedown", doc_ids=["a"], by="eve", comment="letter of the 3rd")
    assert other.active() == (denial,)
    assert other.active() is other.active(), "nothing is read again while nothing changes"
    other.lift(denial, by="adam")
    assert one.active() == ()
    assert len(files.list("deny/entries")) == 2, "lifting is a file of its own"


def test_a_part_can_be_lifted(files: Files) -> None:
    denials = _overlay(files)
    denial = denials.add("narrowed", doc_ids=["a", "b", "c"], groups=["hr"], by="x")
    denials.lift(denial, by="x", doc_ids=["a"])
    assert [d.doc_ids for d in denials.active()] == [("b", "c")]
    denials.lift(denial, by="x", doc_ids=["b"])
    denials.lift(denial, by="x", doc_ids=["c"])
    assert denials.active() == ()


def test_no_denial_is_lost_among_many_writers(files: Files) -> None:
    def deny(number: int) -> None:
        denials = _overlay(files)
        kept = denials.add("takedown", doc_ids=[f"kept{number}"], by="x")
        gone = denials.add("takedown", doc_ids=[f"gone{number}"], by="x")
        denials.lift(gone, by="x")
        assert any(d.id == kept.id for d in denials.active())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(deny, range(40)))
    held = {document for d in _overlay(files).active() for document in d.doc_ids}
    assert held == {f"kept{number}" for number in range(40)}


def test_clearing_away_leaves_the_others(files: Files) -> None:
    denials = _overlay(files)
    one = denials.add("narrowed", doc_ids=["a", "b"], groups=[], by="x")
    other = denials.add("narrowed", doc_ids=["b"], groups=[], by="x")
    denials.lift(one, by="x", doc_ids=["a"])
    denials.remove([one])
    assert _overlay(files).active() == (other,) == denials.active()
    assert len(files.list("deny/entries")) == 1


groups = st.lists(st.sampled_from(["hr", "it", "law"]), unique=True).map(tuple)
access = st.one_of(groups, st.just((PUBLIC,)))
reader = st.frozensets(st.sampled_from(["hr", "it", "law"]))


@given(access, access, reader)
def test_whoever_is_let_in_by_both_is_let_in_by_each(one, other, who) -> None:
    assert not visible(both(one, other), who) or (visible(one, who) and visible(other, who))
    assert both(one, other) == both(other, one)


@given(access, access, st.lists(reader, max_size=8))
def test_readers_are_lost_if_somebody_could_read_before_and_cannot_now(one, other, readers) -> None:
    lost = any(visible(one, who) and not visible(other, who) for who in readers)
    assert loses_readers(one, other) or not lost
    assert not loses_readers(one, one)


leaf = st.one_of(
    st.builds(AnyOf, st.just("groups"), groups),
    st.just(NotEmpty("groups")),
    st.builds(Compare, st.just("doc_id"), st.sampled_from(["eq", "ne"]), st.sampled_from("ab")),
)
filters = st.recursive(
    leaf,
    lambda part: st.one_of(
        st.builds(Not, part),
        st.builds(And, st.lists(part, min_size=1, max_size=3).map(tuple)),
        st.builds(Or, st.lists(part, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), access), min_size=1, max_size=6),
    st.dictionaries(st.sampled_from("abcd"), groups),
    st.frozensets(st.sampled_from("abcd"), max_size=2),
    st.one_of(st.none(), filters),
    st.one_of(st.none(), reader),
)
def test_a_filter_under_the_overlay_means_what_it_says_of_the_groups_left(
    rows, narrowed, documents, where, who
) -> None:
    denied = Overlay(documents, frozenset({"chunk-1"}), narrowed)
    applied = denied.applied(where, who)
    for number, (document, allowed) in enumerate(rows):
        row = {"doc_id": document, "chunk_id": f"chunk-{number}", "groups": list(allowed)}
        left = {**row, "groups": denied.groups_of(document, allowed)}
        found = visible(row["groups"], who) and (applied is None or matches(applied, row))
        # A reader is let in by the release and by what is left, each on its own.
        access_ok = visible(row["groups"], who) and (
            document not in narrowed or visible(narrowed[document], who)
        )
        shown = document not in documents and number != 1 and access_ok
        assert found == (shown and (where is None or matches(where, left)))
        assert denied.denies(row["chunk_id"], document, who) is not (
            document not in documents
            and number != 1
            and (document not in narrowed or visible(narrowed[document], who))
        )


def test_without_denials_a_filter_is_left_as_it_is() -> None:
    where = In("doc_id", ("a",))
    assert Overlay().applied(where, None) is where
    assert Overlay().applied(None, frozenset()) is None
