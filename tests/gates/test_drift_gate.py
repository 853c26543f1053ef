"""The drift gate on the real stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.gates.gate_pages import BOILERPLATE, page

if TYPE_CHECKING:
    from tests.project import Project, Run

pytestmark = pytest.mark.slow


def drift(run: Run) -> dict[str, dict[str, Any]]:
    return {
        check["check_id"].removeprefix("candidate.drift").removeprefix("."): check
        for check in run.of("build").checks
        if check["check_id"].startswith("candidate.drift")
    }


def gated(project: Project, **gate: Any) -> None:
    project.index(gates={"drift": {"severity": "critical", "min_documents": 10, **gate}})


def filled(project: Project, count: int) -> None:
    for number in range(count):
        project.write(f"d{number:03d}.md", page(number))


def test_a_batch_of_copies_is_stopped_and_named(quick: Project) -> None:
    gated(quick)
    filled(quick, 30)
    first = quick.refresh()
    assert first.status == 0
    assert drift(first) == {}, "a first release has nothing to be compared with"
    before = quick.content()
    for number in range(12):
        quick.write(f"d{number:03d}.md", BOILERPLATE.format(n=number))
    quick.write("d020.md", page(99))
    run = quick.refresh()
    assert run.status == 5, run.messages
    found = drift(run)["repetition"]
    assert not found["passed"]
    assert found["failing"] == 12
    assert found["value"] > found["threshold"]
    keys = {
        row["doc_id"]: row["key"] for row in run.context.ledger.objects("docs").values()
    }  # fmt: skip
    assert {keys[d] for d in found["blamed"]} == {f"d{n:03d}.md" for n in range(12)}
    assert "d000.md" in run.messages
    assert quick.content() == before


def test_an_honest_batch_passes(quick: Project) -> None:
    gated(quick)
    filled(quick, 30)
    quick.refresh()
    for number in range(12):
        quick.write(f"d{number:03d}.md", page(number + 200))
        quick.write(f"new{number:03d}.md", page(number + 400))
    run = quick.refresh()
    assert run.status == 0, run.messages
    assert drift(run).keys() >= {"embedding", "length"}
    assert all(check["passed"] for check in drift(run).values())


def test_another_format_is_seen_under_the_same_names(quick: Project) -> None:
    gated(quick)
    for number in range(24):
        quick.write(f"d{number:03d}.txt", page(number))
    quick.refresh()
    for number in range(12):
        quick.write(f"d{number:03d}.txt", f"<!doctype html><html><body><p>{page(number)}</p>")
    run = quick.refresh()
    found = drift(run)["media_type"]
    assert not found["passed"], found
    assert "text/html" in found["detail"]


def test_few_documents_are_said_and_not_tested(quick: Project) -> None:
    gated(quick, min_documents=20)
    filled(quick, 30)
    quick.refresh()
    for number in range(19):
        quick.write(f"d{number:03d}.md", BOILERPLATE)
    run = quick.refresh()
    assert run.status == 0
    assert drift(run).keys() == {""}
    assert drift(run)[""]["passed"]
    assert "19 documents written, 30 live: tested from 20 on" in drift(run)[""]["detail"]


@pytest.mark.parametrize(("severity", "checks"), [("warning", True), ("off", False)])
def test_it_warns_or_is_off(quick: Project, severity: str, checks: bool) -> None:
    gated(quick, severity=severity)
    filled(quick, 24)
    quick.refresh()
    for number in range(12):
        quick.write(f"d{number:03d}.md", BOILERPLATE)
    run = quick.refresh()
    release = run.of("build").release
    assert run.status == 0
    assert release is not None
    assert (release["verdict"] == "warning") is checks
    assert bool(drift(run)) is checks


def test_a_least_effect_can_be_set(quick: Project) -> None:
    gated(quick, effects=dict.fromkeys(("embedding", "length", "language", "repetition"), 1.0))
    filled(quick, 30)
    quick.refresh()
    for number in range(11):
        quick.write(f"d{number:03d}.md", BOILERPLATE)
    quick.write("d020.md", page(99))
    run = quick.refresh()
    assert run.status == 0, drift(run)
    assert drift(run)["repetition"]["threshold"] == 1.0
