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
@pytest.mark.parametrize("moment", ["rows are committed", "checks are recorded"])
def test_a_run_killed_after_it_wrote_leaves_the_verdict(
    quick: Project, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    from freshground.service import stages
    from freshground.service.stages.frame import Checking

    quick.fill(3)
    quick.refresh()
    quick.write("d001.md", "# Bad\n\nA clause on poison.\n")

    class Killed(BaseException):
        pass

    def kill(*_):
        raise Killed

    with monkeypatch.context() as patch:
        if moment == "rows are committed":
            record = Checking.record
            patch.setattr(
                Checking,
                "record",
                lambda self, rows: kill() if self._layer == "gold" else record(self, rows),
            )
        else:
            patch.setattr(stages, "embed", kill)
        with pytest.raises(Killed):
            quick.refresh()
    assert quick.context().lake.gold.rows("SELECT text FROM t WHERE text LIKE '%poison%'").num_rows
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


@pytest.mark.usefixtures("shifted")
def test_every_document_that_failed_is_stopped_however_many_they_are(quick: Project) -> None:
    """A check's sample names twenty: those beyond it are not to be let in when these are mended."""
    quick.source(guards={"edit": {"share": 1.0}})
    quick.fill(3)
    quick.refresh()
    names = [f"bad{number:02d}.md" for number in range(30)]
    for number, name in enumerate(names):
        quick.write(name, f"# Bad {number}\n\nA clause {number} on poison.\n")
    run = quick.refresh()
    assert run.status == 5
    check = next(c for c in run.of("gold").checks if not c["passed"])
    assert len(check["sample"]) == 20
    assert "failing_ids" not in check
    ids = {row["doc_id"]: row["key"] for row in quick.context().ledger.objects("docs").values()}
    chunks = quick.context().lake.gold.rows("SELECT chunk_id, doc_id FROM t").to_pylist()
    document = {row["chunk_id"]: row["doc_id"] for row in chunks}
    told = {ids[document.get(name, name)] for name in check["sample"]}
    for number, name in enumerate(sorted(told)):
        quick.write(name, article(50 + number))
    run = quick.refresh()
    assert run.of("ingest").outcome == "done"
    assert run.of("build").outcome == "gate", "ten are as bad as they were"
    for number, name in enumerate(sorted(set(names) - told)):
        quick.write(name, article(90 + number))
    assert quick.refresh().status == 0
