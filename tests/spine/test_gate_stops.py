"""A failed gate keeps the old release; mending the document lets the next one pass."""

from __future__ import annotations

import pytest

from chunking.chunker import Chunker
from tests.project import Project, article

pytestmark = pytest.mark.slow


@pytest.mark.usefixtures("shifted")
def test_a_critical_check_stops_the_release_until_the_document_is_mended(quick: Project) -> None:
    quick.fill(3)
    quick.refresh()
    before = quick.content()
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")
    run = quick.refresh()
    assert run.status == 5
    assert "upstream_checks" in run.messages
    assert quick.content() == before
    assert quick.refresh().status == 5, "it stays stopped, though nothing is new"
    quick.write("d002.md", article(30))
    assert quick.refresh().status == 5
    quick.write("d001.md", article(31))
    assert quick.refresh().status == 0
    assert any("policy 31 " in row[1] for row in quick.content())
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")
    assert quick.refresh().status == 5, "what failed once fails when it comes back"


@pytest.mark.usefixtures("shifted")
def test_a_run_killed_after_its_checks_leaves_the_verdict(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    from freshground.service import stages

    quick.fill(3)
    quick.refresh()
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(stages, "embed", kill)
        with pytest.raises(Killed):
            quick.refresh()
    assert quick.refresh().status == 5


@pytest.mark.usefixtures("shifted")
def test_another_chunker_is_judged_by_its_own_chunks(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick.fill(2)
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")
    assert quick.refresh().status == 5
    assert quick.served_keys() == set()
    monkeypatch.undo()
    quick.changes["chunking"] = {"max_tokens": 100}
    assert quick.refresh().status == 0
    assert quick.served_keys() == {"d000.md", "d001.md"}


def test_a_coverage_gate_that_is_lowered_lets_the_document_pass(
    quick: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = Chunker.split
    monkeypatch.setattr(Chunker, "split", lambda *given: split(*given)[:-1] or split(*given))
    quick.write("d000.md", article(1, paragraphs=20))
    run = quick.refresh()
    assert run.status == 5, run.messages
    quick.index(gates={"min_coverage": 0.5})
    assert quick.refresh().status == 0
