"""What people read of the quarantine in a terminal: why, where, and the words in question."""

from __future__ import annotations

from typing import Any

import pytest

from freshground.service.cli import show, show_quarantine
from freshground.service.reports import StageReport


def case(*evidence: dict[str, Any]) -> dict[str, Any]:
    return {
        "uri": "file:///a.html",
        "rule": "injection.hidden",
        "reason": "Admission found injection.hidden (1).",
        "stale_served": False,
        "decision": None,
        "lapsed": None,
        "can_release": True,
        "held_by": "admission",
        "since": "2026-11-20T12:00:00Z",
        "matters": [{"rule": "injection.hidden", "version": "2"}],
        "evidence": list(evidence),
        "more_evidence": 2,
        "history": [],
    }


def test_the_words_in_question_are_shown_and_move_no_cursor(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hidden = {"start": None, "end": None, "hidden": "white", "why": "lifts its orders", "cut": 9}
    plain = {"start": 3, "end": 12, "hidden": None, "why": "asks", "cut": 0}
    show_quarantine.one(
        case({**plain, "marked": "reply\nnow"}, {**hidden, "marked": "ignore \x1b[2J all"}),
        as_json=False,
    )
    said = capsys.readouterr().out.splitlines()
    assert said[4:] == [
        "  characters 3-12: asks",
        "    reply now",
        "  hidden text (white): lifts its orders",
        "    ignore  [2J all…",
        "  and in 2 more places",
    ]


def test_a_refresh_says_how_many_it_does_not_name(capsys: pytest.CaptureFixture[str]) -> None:
    aside = [{"uri": f"u{n}", "rule": "corrupt", "reason": "half"} for n in range(11)]
    report = StageReport("silver", "docs", message="11 were set aside.", quarantined=aside)
    show.refresh([report], as_json=False)
    said = capsys.readouterr().out
    assert said.count("set aside: u") == 8
    assert "  and 3 more\n" in said
