"""The same passage at several addresses: one hit, after access, on both views."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from indexes.filters.ast import AnyOf, Compare
from indexes.search.columns import schema_of
from indexes.search.contract import Ranked, View
from indexes.search.definition import STRING, STRINGS, VECTOR, Definition, Field
from indexes.search.execute import run
from indexes.search.plain import PlainView
from indexes.search.plan import Facet, Order, SearchPlan, TextArm, VectorArm
from indexes.search.snapshot import Snapshot
from indexes.search.text import Everything, Words

DEFINITION = Definition(
    "i",
    (
        Field("id", STRING, key=True),
        Field("title", STRING, searchable=True, analyzer="english"),
        Field("text", STRING, searchable=True, analyzer="english"),
        Field("passage", STRING, filterable=True),
        Field("source", STRING, filterable=True, facetable=True, sortable=True),
        Field("groups", STRINGS, filterable=True, retrievable=False),
        Field("vector", VECTOR, dimensions=3, profile="p", retrievable=False),
    ),
    collapsed="passage",
    addressed=("id", "source"),
)
READERS = ("*", "x", "y")
TEXTS = ("storm fire", "storm theft", "storm of storm", "water storm now", "hail", "storm water")


def place(number: int, text: int, title: str, source: str, groups: tuple[str, ...]) -> dict:
    angle = text + 0.01 * len(title)
    return {
        "id": f"k{number:02}",
        "title": title,
        "text": TEXTS[text],
        "passage": f"p{text}",
        "source": source,
        "groups": list(groups),
        "vector": np.array([np.cos(angle), np.sin(angle), 0.3], np.float32),
    }


PLACES = st.lists(
    st.tuples(
        st.integers(0, len(TEXTS) - 1),
        st.sampled_from(["", "storm", "a storm policy"]),
        st.sampled_from(["hr", "it"]),
        st.sets(st.sampled_from(READERS), max_size=2).map(lambda g: tuple(sorted(g))),
    ),
    max_size=24,
).map(lambda rows: [place(n, *row) for n, row in enumerate(rows)])
WORDS = TextArm(Words("storm"), {"title": 1.0, "text": 1.0})


def near(k: int) -> VectorArm:
    return VectorArm(("vector",), np.array([1, 0, 0.3], np.float32), k)


PLANS = {
    "text": lambda top, skip: SearchPlan(WORDS, top=top, skip=skip),
    "vector": lambda top, skip: SearchPlan(vectors=(near(top + skip),), top=top, skip=skip),
    "hybrid": lambda top, skip: SearchPlan(WORDS, (near(5),), top=top, skip=skip),
    "sorted": lambda top, skip: SearchPlan(
        WORDS, order=(Order("source", descending=True),), top=top, skip=skip
    ),
}


def quick(rows: list[dict]) -> View:
    """Return rows in two segments, of which some were replaced."""
    schema = schema_of(DEFINITION)
    found = Snapshot.empty(DEFINITION)
    old = [{**row, "passage": "p9", "text": "old"} for row in rows[:3]]
    for part in (old, rows[::2], rows[1::2]):
        if part:
            found = found.changed(pa.Table.from_pylist(part, schema=schema))
    return found.view()


@settings(max_examples=60)
@given(
    PLACES, st.sets(st.sampled_from("xy")), st.sampled_from(sorted(PLANS)), st.integers(1, 4),
    st.booleans(),
)  # fmt: skip
def test_no_address_leaks_no_passage_is_lost_and_pages_are_full(
    rows: list[dict], groups: set[str], kind: str, top: int, oracle: bool
) -> None:
    allowed = {*groups, "*"}
    view: View = PlainView(DEFINITION, rows) if oracle else quick(rows)
    view = view.narrowed(AnyOf("groups", tuple(sorted(allowed))))
    seen = {row["id"]: row for row in rows if allowed & set(row["groups"])}
    plan = PLANS[kind]
    whole = run(view, plan(100, 0))
    hits = whole.hits
    found = [seen[hit.key]["passage"] for hit in hits]  # KeyError: what was shown may not be read
    assert len(set(found)) == len(found)
    alone = run(view, SearchPlan(WORDS, top=0)) if kind == "vector" else whole
    wanted = {
        row["passage"]
        for row in seen.values()
        if kind == "vector" or "storm" in row["title"] + row["text"]
    }
    if kind != "hybrid":
        assert set(found) == wanted
        assert whole.matches == len(wanted)
    assert wanted <= set(found)
    assert alone.matches <= len({row["passage"] for row in seen.values()})
    counts = Counter(row["passage"] for row in seen.values())
    for hit, passage in zip(hits, found, strict=True):
        others = {row["id"] for row in seen.values() if row["passage"] == passage} - {hit.key}
        assert {copy["id"] for copy in hit.copies} == others
        assert hit.copy_count == len(others) == counts[passage] - 1
        assert all(copy == {name: seen[copy["id"]][name] for name in copy} for copy in hit.copies)
    if kind == "vector":
        assert [h.key for h in run(view, plan(top, 0)).hits] == [h.key for h in hits[:top]]
        return
    pages = [run(view, plan(top, skip)).hits for skip in range(0, len(hits) + top, top)]
    assert [h.key for page in pages for h in page] == [h.key for h in hits]
    assert all(len(page) == top for page in pages[: len(hits) // top])


@given(PLACES, st.booleans())
@settings(max_examples=25)
def test_what_only_lists_shows_every_address(rows: list[dict], everything: bool) -> None:
    view = quick(rows).narrowed(Compare("source", "eq", "hr"))
    text = TextArm(Everything(), {"text": 1.0}) if everything else None
    found = run(view, SearchPlan(text, facets=(Facet("source"),), top=100))
    assert [hit.key for hit in found.hits] == [r["id"] for r in rows if r["source"] == "hr"]
    assert found.matches == len(found.hits)
    assert all(bucket["count"] == found.matches for bucket in found.facets["source"])
    assert not any(hit.copy_count for hit in found.hits)


@given(PLACES)
@settings(max_examples=25)
def test_a_facet_counts_what_its_value_leaves_as_a_filter(rows: list[dict]) -> None:
    view = quick(rows)
    found = run(view, SearchPlan(WORDS, facets=(Facet("source"),)))
    for bucket in found.facets["source"]:
        left = run(view.narrowed(Compare("source", "eq", bucket["value"])), SearchPlan(WORDS))
        assert bucket["count"] == left.matches


def test_the_views_agree() -> None:
    rows = [place(n, n % 4, "storm" * (n % 2), "hr", ("*",)) for n in range(12)]
    for kind, plan in PLANS.items():
        one, other = (run(view, plan(3, 1)) for view in (PlainView(DEFINITION, rows), quick(rows)))
        assert [(h.key, h.copies) for h in one.hits] == [(h.key, h.copies) for h in other.hits]
        assert one.matches == other.matches, kind


def test_rows_without_a_passage_stand_for_themselves() -> None:
    rows = [{**place(n, 0, "", "hr", ("*",)), "passage": None} for n in range(3)]
    rows += [place(n, 1, "", "hr", ("*",)) for n in (3, 4)]
    assert len(run(quick(rows), SearchPlan(WORDS)).hits) == 4


def test_many_copies_do_not_crowd_the_nearest_out() -> None:
    rows = [place(n, 0, "", "hr", ("*",)) for n in range(80)]
    rows += [place(80 + n, 1 + n, "", "hr", ("*",)) for n in range(5)]
    asked: list[int] = []

    class Watched(PlainView):
        def vector(self, field: str, query: np.ndarray, k: int, *, exact: bool = False) -> Ranked:
            asked.append(k)
            return super().vector(field, query, k, exact=exact)

    found = run(Watched(DEFINITION, rows), SearchPlan(vectors=(near(4),), top=4))
    assert len(found.hits) == found.matches == 4
    assert found.hits[0].copy_count == 79
    assert len(found.hits[0].copies) == 20
    assert asked == [4, 16, 64, 256]
