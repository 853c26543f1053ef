"""A release holds for a rule's version: when that changes it lapses, and everybody is told."""

from __future__ import annotations

import httpx
import pytest

from freshground.core.errors import ConfigError
from freshground.service.cli import show_quarantine
from freshground.service.cli.show_plan import plan as show_plan
from freshground.service.plans.planning import plan
from freshground.service.quarantine.choosing import in_state
from freshground.service.quarantine.deciding import reject, release, release_lapsed, replay
from freshground.service.quarantine.listing import listed, shown
from tests.admission.test_admission_spine import BAD, PLAIN, hits
from tests.ui.desk import TOKEN, desk, somebody

pytestmark = pytest.mark.slow


def _two_released(quick) -> None:
    quick.write("a.md", BAD)
    quick.write("b.md", BAD.replace("Bad", "Other").replace("poison", "poison and venom"))
    quick.write("plain.md", PLAIN)
    quick.refresh()
    for name in ("a.md", "b.md"):
        release(quick.context(), name, "read it")
    assert quick.refresh().status == 0
    assert hits(quick) == {"a.md", "b.md", "plain.md"}


def test_a_lapsed_release_is_announced_told_and_given_again(quick, word, capsys) -> None:
    _two_released(quick)
    word("venom", "2")
    told = plan(quick.context())
    assert told["sources"][0]["lapsing"] == [
        {"rule": "injection.word", "version": "2", "released": "1", "documents": 2}
    ]
    show_plan(told, as_json=False)
    assert "2 of them released by people for injection.word version 1" in capsys.readouterr().out
    run = quick.refresh()
    assert run.status == 3, "a document that was served is not any more"
    report = run.of("admit")
    assert report.counts["lapsed"] == 1, "the other one is clean by the new version"
    assert "Of these 1 had been released" in report.message
    assert "tester had released it" in report.quarantined[0]["reason"]
    assert hits(quick) == {"a.md", "plain.md"}
    (row,) = in_state(quick.context(), "lapsed")
    assert (row["key"], row["waiting"], row["lapsed"]["comment"]) == ("b.md", True, "read it")
    show_quarantine.rows([row], as_json=False)
    assert "(read it), before injection.word version 2 judged it again" in capsys.readouterr().out
    assert quick.refresh().status == 0, "it is said once"
    embedded = len(quick.encoder.texts_encoded)
    with desk(quick.context()) as (url, door):
        page = httpx.get(f"{url}/quarantine?state=lapsed").text
        assert page.count("Release 1 again") > 0 < page.count("released before")
        form = {"token": TOKEN, "from": "/quarantine", "rule": "injection.word"}
        door.who = somebody("operator", frozenset())
        said = httpx.post(f"{url}/quarantine/release", data=form, follow_redirects=True).text
        assert "serves 1 documents that were released before" in said
        page = httpx.get(f"{url}/quarantine?state=released").text
        assert "Release</button>" not in page
        assert "Reject</button>" in page
    quick.refresh()
    assert hits(quick) == {"a.md", "b.md", "plain.md"}
    assert len(quick.encoder.texts_encoded) == embedded
    with pytest.raises(ConfigError, match="has lapsed"):
        release_lapsed(quick.context())


def test_a_release_can_be_taken_back_on_every_release_at_once(quick, word) -> None:
    _two_released(quick)
    assert [row["key"] for row in in_state(quick.context(), "released")] == ["a.md", "b.md"]
    assert listed(quick.context()) == []
    assert release(quick.context(), "a.md")["recorded"] is False, "once is enough"
    (span,) = shown(quick.context(), "a.md")["evidence"]
    assert span["why"] == "injection.word: a word"
    reject(quick.context(), "a.md", "the wrong one")
    assert hits(quick) == {"b.md", "plain.md"}
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"b.md", "plain.md"}
    assert hits(quick, release=2) == {"b.md", "plain.md"}
    quick.source(admission={"injection": "allow"})
    quick.refresh()
    assert hits(quick) == {"b.md", "plain.md"}
    quick.source(admission={"injection": "quarantine"})
    word("ven.m|poison", "2")
    assert [row["uri"][-4:] for row in quick.refresh().of("admit").quarantined] == ["b.md"]
    assert [r["key"] for r in in_state(quick.context(), "lapsed")] == ["b.md"], (
        "not what is rejected"
    )
    word("poison", "1")
    assert not plan(quick.context())["sources"][0]["lapsing"], "its releases hold again"
    quick.refresh()
    assert hits(quick) == {"b.md", "plain.md"}
    release(quick.context(), "a.md", "after all")
    quick.refresh()
    assert hits(quick) == {"a.md", "b.md", "plain.md"}
    with pytest.raises(ConfigError, match="Nothing of that kind"):
        replay(quick.context())
