"""Admission in a refresh: what rules find is masked, left to groups, or kept from everybody."""

from __future__ import annotations

from datetime import timedelta

from freshground.service import stages
from freshground.service.asking.query import query
from freshground.service.reports import Scope

KEY = "AKIAQ3EGWP7KZRN5TXOM"
LETTER = (
    "# Letter\n\nThe budget of the bridge is fixed. Write to anna.berger@northwind-bridges.com.\n"
)
PLAIN = "# Bridge\n\nThe bridge is closed on Sunday for repairs of the deck.\n"


def hits(project, text: str = "bridge", groups=None, **options) -> set[str]:
    context = project.context()
    who = None if groups is None else frozenset(groups)
    found = query(context, context.settings.index("docs"), text, k=20, groups=who, **options)
    return {hit["key"] for hit in found.hits}


def texts(project) -> str:
    return "\n".join(row[1] for row in project.content())


def test_what_nothing_speaks_against_is_served_as_it_is(quick) -> None:
    quick.write("plain.md", PLAIN)
    run = quick.refresh()
    assert run.status == 0
    assert run.of("admit").counts["judged"] == 1
    assert quick.served_keys() == {"plain.md"}
    again = quick.refresh()
    assert again.of("admit").counts == {"judged": 0, "quarantined": 0}
    assert again.of("admit").outcome == "nothing"


def test_secrets_are_masked_and_the_text_around_them_is_served(quick) -> None:
    quick.write("deploy.md", f"# Deploy\n\nThe bridge uses aws_access_key_id = {KEY} at night.\n")
    run = quick.refresh()
    assert run.of("admit").counts["masked"] == 1
    assert KEY not in texts(quick)
    assert "at night" in texts(quick)


def test_a_quarantine_policy_keeps_a_document_from_everybody_at_once(quick) -> None:
    quick.write("letter.md", LETTER)
    quick.write("plain.md", PLAIN)
    quick.refresh()
    assert hits(quick) == {"letter.md", "plain.md"}
    quick.source(admission={"personal": "quarantine", "models": False})
    quick.clock.advance(timedelta(hours=1))
    report = stages.admit(quick.context(), Scope(source="docs"))
    assert (report.counts["judged"], report.counts["scanned"]) == (2, 0)
    # No release was made since, and the owner is nobody else.
    assert hits(quick) == {"plain.md"}
    assert hits(quick, groups=["hr"]) == {"plain.md"}
    quick.refresh()
    assert quick.served_keys() == {"plain.md"}
    quick.source(admission={"personal": "allow"})
    quick.refresh()
    assert hits(quick) == {"letter.md", "plain.md"}
