"""How runs and costs are printed."""

from __future__ import annotations

from typing import Any

from rich.table import Table
from rich.text import Text

from freshground.service.cli.output import console, print_json, span

_STYLES = {
    "failed": "red", "gate": "red", "guard": "red", "lost": "red", "stopped": "yellow",
    "quarantined": "yellow", "running": "cyan", "done": "green",
}  # fmt: skip
_MICROSECONDS = 19


def runs(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show each run in a line."""
    if as_json:
        print_json(rows)
        return
    out = console()
    if not rows:
        out.print("No run in that time. To make one: freshground refresh")
        return
    table = Table(box=None, pad_edge=False)
    numbers = ("seconds", "documents", "chunks", "embedded", "reused", "tokens", "money")
    for name in ("started", "run", "by", "trigger", "outcome", *numbers):
        table.add_column(name, justify="right" if name in numbers else "left")
    for row in rows:
        table.add_row(
            row["started_at"][:_MICROSECONDS],
            row["run"][:12] if row["trigger"] != "airflow" else row["run"],
            row["by"],
            row["trigger"],
            Text(row["outcome"], _STYLES.get(row["outcome"], "")),
            f"{row['seconds']:.1f}",
            *(str(row[n]) for n in ("documents", "chunks", "texts_embedded", "vectors_reused")),
            str(row["tokens"]),
            f"{row['money']:.4f}",
        )
    out.print(table)


def run(found: dict[str, Any], *, as_json: bool) -> None:
    """Show one run with its stages."""
    if as_json:
        print_json(found)
        return
    out = console()
    style = _STYLES.get(found["outcome"], "")
    out.print(Text(f"run {found['run']}: {found['outcome']}", f"bold {style}"))
    why = f": {found['comment']}" if found["comment"] else ""
    out.print(
        Text(
            f"  {found['started_at']}, {span(found['seconds'])}, by {found['by']} "
            f"({found['trigger']}){why}"
        )
    )
    out.print(Text(f"  {found['code'] or 'code unknown'}, settings {found['settings'] or '-'}"))
    for stage in found["stages"]:
        _stage(out, stage)
    money = f", {found['money']:.4f} in money" if found["money"] else ""
    out.print(Text(f"  {found['tokens']} tokens{money}"))
    if found["output"]:
        out.print(Text(found["output"], "dim"))


def _stage(out: Any, stage: dict[str, Any]) -> None:
    seconds = "" if stage["seconds"] is None else f" {stage['seconds']:.2f} s"
    rate = f", {stage['rate']:.1f} {stage['rate_unit']} a second" if stage["rate"] else ""
    counts = ", ".join(f"{v} {k.replace('_', ' ')}" for k, v in stage["counts"].items() if v)
    line = f"  {stage['stage']} {stage['subject']}: {stage['outcome']}{seconds}{rate}"
    out.print(Text(f"{line}; {counts}" if counts else line, _STYLES.get(stage["outcome"], "")))
    for text in (stage["cause"], stage["do"]):
        if text:
            out.print(Text(f"    {text}"))
    for item in stage["newly_quarantined"]:
        out.print(Text(f"    set aside: {item['uri']} ({item['rule']}): {item['reason']}"))
    for check in stage["checks"]:
        if not check["passed"]:
            failing = f"{check['failing']} of {check['rows']} failing"
            out.print(Text(f"    {check['severity']} check {check['check_id']}: {failing}"))


def cost(found: dict[str, Any], *, as_json: bool) -> None:
    """Show the sums, then each day on which anything was embedded, then the budgets."""
    if as_json:
        print_json(found)
        return
    out = console()
    table = Table(box=None, pad_edge=False)
    for name in ("day", found["by"], "texts", "tokens", "money"):
        table.add_column(name, justify="left" if name in ("day", found["by"]) else "right")
    for day in found["by_day"]:
        for name, part in day["parts"].items():
            table.add_row(day["day"], name, *_amounts(part))
    for part in found["parts"]:
        table.add_row("in all", part["name"], *_amounts(part))
    table.add_row("in all", "", *_amounts(found["total"]), style="bold")
    out.print(table)
    for row in found["budgets"]:
        used = f"{row['used']:g} of {row['limit']:g} {row['unit']} a {row['period']}"
        out.print(Text(f"budget of {row['of']}: {used} ({row['share']:.0%})"))
    for source_id, count in found["deferred"].items():
        out.print(Text(f"{source_id}: {count} documents wait for the budget", "yellow"))


def _amounts(part: dict[str, Any]) -> tuple[str, str, str]:
    return str(part["texts"]), str(part["tokens"]), f"{part['money']:.4f}"
