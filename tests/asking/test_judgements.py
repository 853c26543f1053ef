"""What people judge of answers: kept, taken back, removed; and what the gate makes of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from freshground.core.errors import ConfigError
from freshground.core.ids import doc_id
from freshground.service.asking import judged
from freshground.service.cli.app import app
from freshground.service.stages.golden import golden
from freshground.service.views.questions import questions
from quality.questions import Question, read_questions

if TYPE_CHECKING:
    from pathlib import Path

    from freshground.service.context import Context
    from tests.project import Project, Run

pytestmark = pytest.mark.slow

TEXT = "Which claims does clause 4 of policy 2 cover up to 204?"


def document(number: int) -> str:
    return doc_id("docs", f"d{number:03d}.md")


def judge(project: Project, text: str, number: int, verdict: str = "relevant", **more) -> str:
    context = project.context()
    return judged.judge(
        context, context.settings.index("docs"), text, document(number), verdict, **more
    )


def known(context: Context) -> dict[str, judged.Judged]:
    found = judged.judged(context, context.settings.index("docs"))
    return {each.question.text: each for each in found}


@pytest.fixture
def asked(quick: Project) -> Project:
    quick.fill(6)
    quick.index(gates={"retrieval": {"severity": "critical"}, "drift": {"severity": "off"}})
    quick.refresh()
    return quick


def gate(run: Run) -> dict:
    return next(c for c in run.of("build").checks if c["check_id"] == "candidate.retrieval")


def test_the_newest_judgement_of_a_document_counts_and_can_be_taken_back(asked: Project) -> None:
    judge(asked, TEXT, 2)
    judge(asked, TEXT, 3)
    judge(asked, TEXT, 3, "not_relevant")  # in the same moment: the clock stands still
    found = known(asked.context())[TEXT]
    assert found.question.relevant == (document(2),)
    assert found.wrong == (document(3),)
    assert found.by == ("tester",)
    judge(asked, TEXT, 2, "none")
    assert known(asked.context())[TEXT].question.relevant == ()


def test_one_process_sees_what_another_judged(asked: Project) -> None:
    context = asked.context()
    assert known(context) == {}
    judge(asked, TEXT, 2)
    assert set(known(context)) == {TEXT}
    judged.remove(asked.context(), context.settings.index("docs"), known(context)[TEXT].question.id)
    assert known(context) == {}


def test_the_same_words_asked_as_others_are_another_question(asked: Project) -> None:
    names = {
        judge(asked, TEXT, 2),
        judge(asked, TEXT, 2, groups=["hr"]),
        judge(asked, TEXT, 2, groups=[]),
    }
    assert len(names) == 3
    assert judge(asked, f"  {TEXT.upper()} ", 2) in names
    index = asked.context().settings.index("docs")
    groups = {q.groups for q in golden(asked.context(), index)}
    assert groups == {None, frozenset({"hr"}), frozenset({"*"})}


def test_removing_a_question_leaves_its_words_nowhere(asked: Project) -> None:
    name = judge(asked, "Who is the secret heir?", 2)
    context = asked.context()
    index = context.settings.index("docs")
    asked.refresh()  # the release keeps what it answered
    lake = asked.root / "lake"
    holding = [p for p in lake.rglob("*") if p.is_file() and b"secret heir" in p.read_bytes()]
    assert [p.parent.name for p in holding] == ["docs"], "its words stand in its judgement alone"
    assert judged.remove(context, index, name) == 1
    assert not [p for p in lake.rglob("*") if p.is_file() and b"secret heir" in p.read_bytes()]
    with pytest.raises(ConfigError, match="questions list"):
        judged.remove(context, index, name)


def test_what_cannot_be_judged_is_said(asked: Project) -> None:
    context = asked.context()
    index = context.settings.index("docs")
    for text, name, says in (
        (" ", document(2), "Ask in 1 to"),
        ("x" * 2001, document(2), "2,001"),
        (TEXT, "nobody's", "No source"),
    ):
        with pytest.raises(ConfigError, match=says):
            judged.judge(context, index, text, name, "relevant")
    for name, says in (("d009.md", "no document"), ("", "no document")):
        with pytest.raises(ConfigError, match=says):
            judged.named(context, index, name)


def test_the_file_wins_on_the_same_text() -> None:
    file = [Question("q1", "Who may claim?", ("a.md",))]
    same = judged.Judged(Question("j-1", "who  may CLAIM?", ("x",)), (), (), "")
    open_ = judged.Judged(Question("j-2", "What else?"), ("y",), (), "")
    other = judged.Judged(Question("j-3", "And when?", ("z",)), (), (), "")
    assert [q.id for q in judged.joined(file, [same, open_, other])] == ["q1", "j-3"]


def test_a_judged_question_stops_the_release_that_loses_its_answer(asked: Project) -> None:
    judge(asked, TEXT, 2)  # after the live release was published: both sides are asked
    before = asked.content()
    asked.write("d002.md", "# Notice\n\nThis page has moved.\n")
    run = asked.refresh()
    assert run.status == 5, gate(run)["detail"]
    assert gate(run)["rows"] == 1
    assert gate(run)["sample"] == (known(asked.context())[TEXT].question.id,)
    assert "d002.md (1, held the answer)" in gate(run)["detail"]
    assert asked.content() == before


def test_without_an_answer_it_does_not_count(asked: Project) -> None:
    judge(asked, TEXT, 3, "not_relevant")
    asked.index(gates={"retrieval": {}, "drift": {"severity": "off"}})
    asked.write("d005.md", "# Other\n\nSomething else.\n")
    run = asked.refresh()
    assert "no golden question yet" in gate(run)["detail"]
    assert not gate(run)["passed"]
    assert gate(run)["severity"] == "warning"


def test_with_another_encoder_only_what_both_were_asked_is_compared(asked: Project) -> None:
    judge(asked, TEXT, 2)
    asked.write("d005.md", "# Other\n\nSomething else.\n")
    assert asked.refresh().status == 0
    late = "Within how many days are claims of policy 4 reported?"
    judge(asked, late, 4)
    asked.changes["encoder"] = {"model": "hashing-128"}
    run = asked.refresh()
    assert run.status == 0, run.messages
    assert gate(run)["rows"] == 1
    assert "1 judged since the live release answered" in gate(run)["detail"]
    judge(asked, TEXT, 3)  # its one comparable question is judged otherwise now
    judge(asked, late, 3)
    asked.changes["encoder"] = {"model": "hashing-32"}
    run = asked.refresh()
    assert run.status == 5
    assert "nothing was compared" in gate(run)["detail"]


def test_the_view_tells_rank_and_what_stands_wrong_before_it(asked: Project) -> None:
    name = judge(asked, TEXT, 2)
    judge(asked, TEXT, 4, "not_relevant")
    context = asked.context()
    told = questions(context, context.settings.index("docs"))
    assert told["gate"]
    assert not told["questions"][0]["asked"]
    asked.write("d005.md", "# Other\n\nSomething else.\n")
    asked.refresh()
    context = asked.context()
    [row] = questions(context, context.settings.index("docs"))["questions"]
    assert row["id"] == name
    assert row["asked"]
    note = context.releases.noted(context.releases.live("docs")[1], "golden")
    assert note is not None
    ranking = note["ranking"][name]
    rank = ranking.index(document(2)) + 1
    assert row["rank"] == rank
    assert row["wrong_before"] == (document(4) in ranking[: rank - 1])
    assert [each["key"] for each in row["relevant"]] == ["d002.md"]


def test_the_commands(asked: Project, tmp_path: Path) -> None:
    (asked.root / "freshground.yaml").write_text(json.dumps(asked.raw))
    place = ["-s", str(asked.root)]

    def run(*arguments: str) -> str:
        found = CliRunner().invoke(app, ["questions", *arguments, *place])
        assert found.exit_code == 0, found.output
        return found.stdout

    made = json.loads(
        run("add", TEXT, "--relevant", "docs/d002.md", "--not-relevant", "d003.md",
            "--as-group", "hr", "--comment", "seen by hand", "--by", "ana", "--json")
    )  # fmt: skip
    assert made["judged"] == {document(3): "not_relevant", document(2): "relevant"}
    told = json.loads(run("list", "--json"))
    assert [(q["id"], q["by"], q["counts"]) for q in told["questions"]] == [
        (made["question"], ["ana"], True)
    ]
    assert TEXT in run("list")
    run("export", "--out", str(tmp_path / "out.jsonl"))
    [line] = read_questions(tmp_path / "out.jsonl")
    assert line == Question(made["question"], TEXT, ("docs/d002.md",), (), frozenset({"hr"}))
    run("remove", made["question"])
    assert json.loads(run("list", "--json"))["questions"] == []
    entries = asked.context().lake.journal.entries("action")
    assert [e.body["action"] for e in entries] == ["judge", "judge", "remove_question"]
    assert "clause" not in json.dumps([e.body for e in entries])
