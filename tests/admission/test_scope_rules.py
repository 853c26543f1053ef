"""What a source's settings leave out: rules, retention and labels; pure, and in a refresh."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from freshground.core.access import loses_readers
from freshground.core.settings import Labels, Scope, ScopeRule
from freshground.service import stages
from freshground.service.admission.scope import Facts, holds, label_groups, left_out
from freshground.service.cli.show_trace import explain as show
from freshground.service.lineage.explain import explain
from freshground.service.pending import pending
from freshground.service.quarantine.listing import listed
from freshground.service.reports import Scope as Of
from freshground.service.views.documents.catalogue import catalogue
from tests.admission.test_admission_spine import hits
from tests.containers.boxes import letter, sentence, zipped
from tests.project import NOON, article

DAY = timedelta(days=1)
LABELS = {"field": "class", "open": "serve", "inner": {"groups": ["hr"]}, "secret": "exclude"}


def of(metadata=None, *, key="a/b.md", days=1.0, parsed=True) -> Facts:
    return Facts(key, NOON - days * DAY, metadata or {}, parsed)


def rule(**conditions) -> ScopeRule:
    return ScopeRule.model_validate(conditions)


@pytest.mark.parametrize(
    ("conditions", "facts", "expected"),
    [
        ({"path": "a/**"}, of(), True),
        ({"path": "*.pdf"}, of(), False),
        ({"older_than": "30d"}, of(days=31), True),
        ({"older_than": "30d"}, of(days=30), False),
        ({"newer_than": "30d"}, of(days=30), True),
        ({"key": "team"}, of({"team": "x"}), True),
        ({"key": "team"}, of({"team": ""}), False),
        ({"key": "team", "equals": "x"}, of({"team": ["y", "x"]}), True),
        ({"key": "year", "equals": 2024}, of({"year": "2024"}), True),
        ({"key": "draft", "equals": True}, of({"draft": "true"}), True),
        ({"key": "year", "in": [2023, 2024]}, of({"year": 2024}), True),
        ({"key": "team", "matches": "^x"}, of({"team": "yx"}), False),
        ({"key": "team", "equals": "x", "path": "*.pdf"}, of({"team": "x"}), False),
        ({"key": "team", "equals": "x"}, of(parsed=False), None),
        ({"key": "team", "equals": "x", "path": "*.pdf"}, of(parsed=False), False),
        ({"label": " Secret "}, of({"class": "secret"}), True),
    ],
)
def test_a_rule_holds_where_all_its_conditions_do(conditions, facts, expected) -> None:
    assert holds(rule(**conditions), Labels.model_validate(LABELS), facts, NOON) is expected


@pytest.mark.parametrize(
    "wrong", [{}, {"equals": "x"}, {"key": "a", "matches": "("}, {"older_than": "soon"}]
)
def test_a_rule_that_says_nothing_is_refused(wrong) -> None:
    with pytest.raises(ValidationError):
        rule(**wrong)


values = st.one_of(st.none(), st.sampled_from(["", "open", "inner", "secret", "odd", 3, True]))
metadata = st.dictionaries(st.sampled_from(["class", "team"]), st.one_of(values, st.lists(values)))
facts_ = st.builds(
    of,
    metadata,
    days=st.floats(-10, 4000),
    parsed=st.booleans(),
    key=st.sampled_from(["a.md", "b/c.md"]),
)
rules = st.lists(
    st.sampled_from(
        [rule(path="b/**"), rule(key="team"), rule(key="team", equals=3), rule(older_than="1y")]
    ),
    max_size=3,
).map(tuple)


@given(include=rules, exclude=rules, facts=facts_, days=st.integers(0, 4000))
def test_exclude_wins_and_include_admits(include, exclude, facts, days) -> None:
    now = NOON + days * DAY
    left = left_out(Scope(include=include, exclude=exclude), None, None, facts, now)
    out = any(holds(r, None, facts, now) for r in exclude)
    admits = not include or any(holds(r, None, facts, now) is not False for r in include)
    assert (left is None) == (not out and admits)
    if left is None:  # fewer excludes, and more includes, never leave out what was in
        assert left_out(Scope(include=include, exclude=exclude[1:]), None, None, facts, now) is None


@given(facts=facts_, kept=st.integers(1, 3000), days=st.integers(0, 4000))
def test_retention_only_ever_takes_with_time(facts, kept, days) -> None:
    def out(at) -> bool:
        return left_out(Scope(), timedelta(days=kept), None, facts, at) is not None

    now = NOON + days * DAY
    assert out(now) == (now - facts.modified_at > timedelta(days=kept))
    assert not out(now) or out(now + DAY)


@given(facts=facts_, raw=metadata)
def test_a_label_never_lets_more_people_read(facts, raw) -> None:
    labels = Labels.model_validate(LABELS)
    out = left_out(Scope(), None, labels, facts, NOON)
    found = raw.get("class")
    more = facts._replace(metadata={"class": [facts.metadata.get("class"), found]}, parsed=True)
    first = facts._replace(metadata={"class": facts.metadata.get("class")}, parsed=True)
    if left_out(Scope(), None, labels, first, NOON) and isinstance(first.metadata["class"], str):
        assert left_out(Scope(), None, labels, more, NOON), "one more label lets nothing in"
    groups = label_groups(labels, facts)
    assert groups is None or loses_readers(["*"], groups)
    if facts.parsed and facts.metadata.get("class") in (None, "", "odd", []):
        assert out is not None, "access that cannot be read is no access"


@pytest.mark.parametrize(
    ("metadata", "known"),
    [({"class": "secret"}, True), ({"class": "inner"}, False), ({"team": "x"}, False), ({}, False)],
)
def test_a_label_that_the_source_tells_needs_no_parsing(metadata, known) -> None:
    labels = Labels.model_validate(LABELS)
    facts = of(metadata, parsed=False)
    assert (left_out(Scope(), None, labels, facts, NOON) is not None) == known
    assert label_groups(labels, facts) == (("hr",) if metadata.get("class") == "inner" else None)


def test_labels_that_are_one_are_refused() -> None:
    with pytest.raises(ValidationError, match="case or space"):
        Labels.model_validate({"field": "x", "values": {"A": "serve", "a ": "exclude"}})


@pytest.mark.slow
def test_what_is_left_out_is_accounted_for_and_comes_back(quick, capsys) -> None:
    quick.fill(3)
    quick.source(scope={"exclude": [{"path": "d001.md"}]})
    run = quick.refresh()
    assert run.status == 0
    assert run.of("silver").counts["parsed"] == 2, "its path says it already"
    assert pending(quick.context(), "silver", "docs") == 0
    assert quick.served_keys() == {"d000.md", "d002.md"}
    (check,) = [c for c in run.of("build").checks if c["check_id"].startswith("candidate.account")]
    assert check["passed"]
    assert "listed 3 = served 2 + quarantined 0 + excluded 1" in check["detail"]
    (out,) = [e for e in catalogue(quick.context()).entries if e.states[0] == "excluded"]
    assert (out.row["key"], out.rule) == ("d001.md", "scope.exclude")
    assert out.reason == "The source's exclude rule 1 holds for it."
    show(explain(quick.context(), "d001.md"), as_json=False)
    assert f"  docs: excluded (scope.exclude): {out.reason}\n" in capsys.readouterr().out
    assert listed(quick.context()) == []
    quick.source(scope={})
    run = quick.refresh()
    assert run.of("ingest").outcome == "nothing"
    assert run.of("silver").counts["parsed"] == 1
    assert len(quick.served_keys()) == 3
    quick.source(scope={"exclude": [{"path": "d001.md"}]})
    quick.refresh()
    quick.source(scope={})
    run = quick.refresh()
    assert run.of("silver").counts["parsed"] == run.totals["texts_embedded"] == 0
    assert len(quick.served_keys()) == 3


@pytest.mark.slow
def test_retention_takes_a_document_from_the_next_release(quick) -> None:
    quick.write("old.md", article(1), at=NOON - 700 * DAY)
    quick.write("new.md", article(2), at=NOON)
    quick.source(retention="2y")
    quick.refresh()
    assert quick.served_keys() == {"old.md", "new.md"}
    run = quick.refresh(later=31 * DAY)
    assert run.of("ingest").outcome == "nothing"
    assert quick.served_keys() == {"new.md"}


@pytest.mark.slow
def test_labels_narrow_and_withdraw_at_once(quick) -> None:
    for name in ("open", "inner", "secret", "odd"):
        quick.write(
            f"{name}.md", f"---\nclass: {name}\n---\n# The bridge {name}\n\nIt is closed.\n"
        )
    quick.write("none.md", "# The bridge\n\nNo label at all.\n")
    quick.refresh()
    assert len(hits(quick)) == 5
    quick.source(labels=LABELS)
    quick.clock.advance(DAY)
    context = quick.context()
    assert stages.admit(context, Of(source="docs")).counts["kept_by_label"] == 4
    for _ in range(2):
        assert hits(quick) == {"open.md", "inner.md"}
        assert hits(quick, groups=["hr"]) == {"open.md", "inner.md"}
        assert hits(quick, groups=["sales"]) == {"open.md"}
        quick.refresh()
    assert stages.admit(quick.context(), Of(source="docs")).outcome == "nothing"
    quick.source(labels={**LABELS, "secret": "serve", "inner": "serve"})
    quick.refresh()
    assert hits(quick, groups=["sales"]) == {"open.md", "inner.md", "secret.md"}


@pytest.mark.slow
def test_a_part_has_the_labels_of_what_it_lies_in(quick) -> None:
    inner = letter("The bridge.", ("deep.md", sentence("ice bridge").encode()))
    quick.write("m.eml", letter("The bridge plan.", ("p.zip", zipped({"q.eml": inner}))))
    quick.write(
        "n.md", "---\nfrom: bob@example.org\n---\n# The bridge\n\nIt is closed on Sunday.\n"
    )
    deep = "m.eml!/p.zip!/q.eml!/deep.md"
    quick.refresh()
    assert deep in hits(quick)
    label = {"field": "from", "ann@example.org": {"groups": ["hr"]}, "bob@example.org": "serve"}
    quick.source(labels=label)
    admit = stages.admit(quick.context(), Of(source="docs"))
    assert admit.counts["kept_by_label"] == 3, "the messages, and what lies in them"
    for _ in range(2):
        assert hits(quick, groups=["sales"]) == {"n.md"}
        assert deep in hits(quick, groups=["hr"])
        quick.refresh()
    quick.source(labels={**label, "ann@example.org": "exclude"})
    quick.refresh()
    assert quick.served_keys() == {"n.md"}
