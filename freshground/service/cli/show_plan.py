"""How plans, stopped plans and decisions are printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.text import Text

from freshground.service.cli.output import console, print_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

_LIST = 8
"""Lines of one kind; the others are counted."""


def plan(found: dict[str, Any], *, as_json: bool) -> None:
    """Show a plan like a diff, then what it costs."""
    if as_json:
        print_json(found)
        return
    out = console()
    for source in found["sources"]:
        _source(out, source)
    for index in found["indexes"]:
        _index(out, index)
    _totals(out, found)


def _source(out: Console, source: dict[str, Any]) -> None:
    out.print(
        Text(f"source {source['source']}: {source['listed']} listed, {source['excluded']} excluded")
    )
    moves = [f"{move['from']} -> {move['to']}" for move in source["moves"]]
    access = [
        f"{change['key']}: {_groups(change['before'])} -> {_groups(change['after'])} "
        f"({change['change']})"
        for change in source["access"]
    ]
    for mark, lines, style in (
        ("+", source["adds"], "green"),
        ("~", source["edits"], "yellow"),
        (">", moves, "cyan"),
        ("-", source["deletes"], "red"),
        ("@", access, "magenta"),
        ("@", source["described"], "cyan"),
    ):
        _lines(out, mark, lines, style)
    if source["touches"]:
        out.print(Text(f"  = {len(source['touches'])} touched, same bytes", style="dim"))
    for what, count in (
        ("parse", source["to_parse"]),
        ("judge anew", source["to_judge"]),
        ("compare with others for near-duplicates", source["to_compare"]),
    ):
        if count:
            several = "s" if count > 1 else ""
            out.print(Text(f"  % {count} document{several} to {what}", "yellow"))
    for row in source["lapsing"]:
        out.print(
            Text(
                f"  % {row['documents']} of them released by people for {row['rule']} version "
                f"{row['released']}, which is {row['version']} now: kept again if it still finds "
                "something",
                "yellow",
            )
        )
    if source["left_out"]:
        rules = ", ".join(f"{count} {rule}" for rule, count in source["left_out"].items())
        out.print(Text(f"  x {sum(source['left_out'].values())} left out: {rules}", "dim"))
    waiting = source["deferred"]
    if waiting:
        out.print(Text(f"  … {len(waiting)} wait for the budget, {waiting[0]} first", "yellow"))
    for text in source["warnings"]:
        out.print(Text(f"  ? {text}", style="yellow"))
    for name in ("stopped", "problem"):
        if source[name]:
            out.print(Text(f"  ! {source[name]}", style="bold red"))
    for guard in source["guards"]:
        if guard["approved"]:
            out.print(Text(f"  ok {guard['guard']} was approved", style="green"))


def _lines(out: Console, mark: str, lines: list[str], style: str) -> None:
    for line in lines[:_LIST]:
        out.print(Text(f"  {mark} {line}", style=style))
    if len(lines) > _LIST:
        out.print(Text(f"  {mark} and {len(lines) - _LIST} more", style=style))


def _groups(groups: Iterable[str]) -> str:
    names = ", ".join("public" if name == "*" else name for name in groups)
    return names or "nobody"


def _index(out: Console, index: dict[str, Any]) -> None:
    out.print(
        Text(
            f"index {index['index']}: live release {index['live_release'] or 'none'}; of what "
            f"the lake holds already: {index['added']} to add, {index['changed']} to change, "
            f"{index['removed']} to remove, {index['documents_in_progress']} in progress"
        )
    )
    if not index["chunks_to_embed"]:
        return
    about = "" if index["chunks_to_embed"] == index["chunks_known"] else "about "
    money = f", {index['money']:.4f} in money" if index["price_per_million_tokens"] else ""
    thumb = ", by rule of thumb: there is no past" if index["by_rule_of_thumb"] else ""
    out.print(
        Text(
            f"  to embed: {about}{index['chunks_to_embed']} chunks, "
            f"{index['tokens']} tokens{money}{thumb}"
        )
    )


def _totals(out: Console, found: dict[str, Any]) -> None:
    if not found["work"]:
        out.print("Nothing to do.")
        return
    seconds = found["totals"]["seconds"]
    time = "" if seconds is None else f" It would take about {seconds:.1f} s."
    out.print(Text(f"There is something to do.{time} Plan {found['plan_id'][:12]}."))


def approvals(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show the plans that are stopped."""
    if as_json:
        print_json(rows)
        return
    out = console()
    for row in rows:
        decided = f" by {row['by']} at {row['decided_at']}" if row["by"] else ""
        comment = f": {row['comment']}" if row["comment"] else ""
        out.print(
            Text(
                f"source {row['source']}, plan {row['plan'][:12]}, since {row['since']}: "
                f"{row['status']}{decided}{comment}",
                style="bold",
            )
        )
        for guard in row["guards"]:
            if guard["tripped"] and not guard["approved"]:
                out.print(Text(f"  ! {guard['message']}", style="red"))
        if row["status"] != "approved":
            out.print(Text(f"  freshground approve {row['source']} | reject {row['source']}"))
    if not rows:
        out.print("No plan is stopped.")


def decision(row: dict[str, Any], *, as_json: bool) -> None:
    """Say what was recorded."""
    if as_json:
        print_json(row)
        return
    what = ", ".join(f"{name} {count}" for name, count in row["affected"].items())
    done = (
        "approved; the next refresh lets exactly this pass"
        if row["decision"] == "approval"
        else "rejected; it stays stopped"
    )
    typer.echo(f"{row['source']}: plan {row['plan'][:12]} ({what}) {done}. By {row['by']}.")
