"""`freshground questions`: the golden questions of an index, of its file and of people."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from freshground.core.errors import ConfigError
from freshground.service.cli.options import (
    By,
    Comment,
    Index,
    Json,
    Place,
    one_index,
    open_context,
)
from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from freshground.lake.judgements import Verdict

commands = typer.Typer(
    no_args_is_help=True, help="Golden questions: those that releases are judged by."
)


@commands.command("list")
def listed(index: Index = None, settings: Place = None, *, as_json: Json = False) -> None:
    """Show the questions, what answers them, and their rank in the live release."""
    from freshground.service.views.questions import questions

    context = open_context(settings)
    told = questions(context, one_index(context, index))
    if as_json:
        print_json(told)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("id", "question", "from", "answered by", "rank", "counts"):
        table.add_column(name)
    for row in told["questions"]:
        rank = row["rank"] or "beyond 10" if row["asked"] else "not asked"
        table.add_row(
            row["id"],
            row["text"],
            ", ".join(row["by"]) or "file",
            ", ".join(each["key"] for each in row["relevant"]),
            str(rank),
            "yes" if row["counts"] else "no",
        )
    console().print(table)
    if not told["gate"]:
        typer.echo("They stop no release: set gates.retrieval on the index.")


@commands.command()
def add(
    text: Annotated[str, typer.Argument(help="The question.")],
    relevant: Annotated[
        list[str] | None, typer.Option(help="A document that answers it; repeatable.")
    ] = None,
    not_relevant: Annotated[
        list[str] | None, typer.Option(help="A document that does not; repeatable.")
    ] = None,
    as_group: Annotated[
        list[str] | None, typer.Option(help="Asked as a member of this group; repeatable.")
    ] = None,
    index: Index = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Say which documents answer a question: by key, source/key, uri or doc_id."""
    from freshground.service.asking import judged

    right, wrong = relevant or [], not_relevant or []
    if not right and not wrong:
        raise typer.BadParameter("name a document.", param_hint="--relevant")
    context = open_context(settings, by=by)
    found = one_index(context, index)
    verdicts: dict[str, Verdict] = {}
    verdicts |= {judged.named(context, found, name): "not_relevant" for name in wrong}
    verdicts |= {judged.named(context, found, name): "relevant" for name in right}
    name = ""
    for doc_id, verdict in verdicts.items():
        name = judged.judge(
            context,
            found,
            text,
            doc_id,
            verdict,
            groups=as_group,
            comment=comment,
        )
        judged.record(context, found, "judge", {"question": name, "document": doc_id,
                                                "verdict": verdict}, comment)  # fmt: skip
    context.lake.journal.commit()
    if as_json:
        print_json({"index": found.id, "question": name, "judged": verdicts})
        return
    typer.echo(f"{found.id}: question {name}, {len(verdicts)} documents judged.")


@commands.command()
def remove(
    question: Annotated[str, typer.Argument(help="Its id, as `questions list` shows it.")],
    index: Index = None,
    comment: Comment = "",
    by: By = "",
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Delete what was judged of a question, its words too."""
    from freshground.service.asking import judged

    context = open_context(settings, by=by)
    found = one_index(context, index)
    files = judged.remove(context, found, question)
    judged.record(
        context, found, "remove_question", {"question": question, "judgements": files}, comment
    )
    context.lake.journal.commit()
    if as_json:
        print_json({"index": found.id, "question": question, "judgements": files})
        return
    typer.echo(f"{found.id}: question {question} is removed, its words too.")


@commands.command()
def export(
    out: Annotated[str | None, typer.Option(help="File to write; default standard output.")] = None,
    index: Index = None,
    settings: Place = None,
    *,
    as_json: Json = False,
) -> None:
    """Write the judged questions as lines of a questions.jsonl, for `gates.retrieval.questions`."""
    from freshground.service.asking import judged

    context = open_context(settings)
    rows = judged.lines(context, one_index(context, index))
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if out is not None:
        try:
            Path(out).write_text(text, encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{out} cannot be written: {error}.", "Name another file.") from None
        typer.echo(f"{len(rows)} questions are in {out}.", err=True)
    elif as_json:
        print_json(rows)
    else:
        typer.echo(text, nl=False)


def register(app: typer.Typer) -> None:
    """Add the commands to an app."""
    app.add_typer(commands, name="questions")
