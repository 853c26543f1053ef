"""What `freshground status` and `freshground watch` print."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from freshground.service.cli.output import console, print_json, span

if TYPE_CHECKING:
    from collections.abc import Sequence

_STYLES = {"fresh": "green", "due": "yellow", "late": "bold red", "unknown": "bold red"}
_SEVERITIES = {"critical": "bold red", "warning": "yellow", "note": "cyan"}
_BAR = 24
_COLUMNS = (
    ("index", "left"), ("SLA", "left"), ("age", "right"), ("of", "right"), ("budget", "right"),
    ("rel", "right"), ("docs", "right"), ("aside", "right"), ("checks", "left"),
    ("q/min", "right"), ("p95", "right"), ("empty", "right"), ("tokens", "right"),
    ("refresh", "left"),
)  # fmt: skip


def status(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show each index in a line of at most 100 columns, and below what stands in its way."""
    if as_json:
        print_json(rows)
        return
    out = console()
    out.print(table(rows))
    for line in notes(rows):
        out.print(line)


def table(rows: Sequence[dict[str, Any]]) -> Table:
    """Return a table of the indexes."""
    made = Table(box=None, pad_edge=False, padding=(0, 1))
    for name, side in _COLUMNS:
        made.add_column(name, justify=side, no_wrap=True)  # type: ignore[arg-type]
    for row in rows:
        made.add_row(
            row["index"],
            Text(row["sla"], _STYLES[row["sla"]]),
            span(row["staleness_s"]),
            span(row["max_staleness_s"]),
            f"{row['budget_left']:.0%}",
            str(row["release"] or "none"),
            str(row["documents"]),
            str(row["quarantined"]),
            _checks(row),
            f"{row['queries_per_minute']:.1f}",
            "-" if row["p95_s"] is None else f"{1000 * row['p95_s']:.0f} ms",
            "-" if row["empty_share"] is None else f"{row['empty_share']:.0%}",
            f"{row['tokens_today']:.0f}",
            row["last_refresh"]["outcome"] if row["last_refresh"] else "never",
        )
    return made


def notes(rows: Sequence[dict[str, Any]]) -> list[Text]:
    """Return what is said of each index in words."""
    lines: list[Text] = []
    for row in rows:
        if row["release"] is not None:
            last = row["last_refresh"]
            ran = f"; last refresh {_moment(last['at'])}" if last else ""
            lines.append(
                Text(
                    f"{row['index']}: release {row['release']} since "
                    f"{_moment(row['published_at'])} by {row['published_by']}, as of "
                    f"{_moment(row['as_of'])}{ran}",
                    "dim",
                )
            )
        if row["hold"]:
            lines.append(Text(row["hold"], "yellow"))
        if row["canary"] is not None:
            lines.append(Text(f"{row['index']}: release {row['canary']} is on canary", "yellow"))
        if row["deferred"]:
            lines.append(
                Text(f"{row['index']}: {row['deferred']} documents wait for the budget", "yellow")
            )
        lines += [
            Text(
                f"{row['index']}: {each['severity']} check {each['check_id']} of "
                f"{each['subject']} does not hold",
                "yellow",
            )
            for each in row["failing"]
        ]
    return lines


def screen(
    rows: Sequence[dict[str, Any]],
    needs: Sequence[dict[str, Any]],
    running: Sequence[dict[str, Any]],
    at: str,
) -> Group:
    """Return all that `watch` shows: what needs somebody, the indexes, what runs now."""
    lines: list[Any] = [Text(f"Freshground, {_moment(at)} UTC", "bold"), Text("")]
    for need in needs:
        lines += [
            Text(f"! {need['what']}", _SEVERITIES[need["severity"]]),
            Text(f"  {need['do']}", "dim"),
        ]
    if not needs:
        lines.append(Text("Nothing needs you.", "green"))
    lines += [Text(""), table(rows), *notes(rows)]
    for run in running:
        lines += [Text(""), *_run(run)]
    return Group(*lines)


def _run(run: dict[str, Any]) -> list[Text]:
    """Return a run in lines: the whole of it, and what each of its processes does."""
    if run["lost"]:
        lost = f"A run by {run['by']} is lost: nothing was heard of it since {_moment(run['at'])}."
        return [Text(lost, "bold red")]
    left = "" if run["left_s"] is None else f", about {span(run['left_s'])} left"
    lines = [
        Text(f"Running since {_moment(run['started_at'])} by {run['by']}{left}", "cyan"),
        Text(f"  {_bar(run['share'])}", "cyan"),
    ]
    for part in run["parts"]:
        if part["stage"]:
            of = f" of {part['total']}" if part["total"] else ""
            done = f"{part['done']}{of} {part['unit']}" if part["unit"] else ""
            what = f"  {part['stage']} {part['subject']}"
            lines.append(Text(f"{what:<28} {_bar(part['share'])} {done}".rstrip(), "dim"))
    return lines


def _bar(share: float | None) -> str:
    if share is None:
        return "…"
    full = round(share * _BAR)
    return f"{'█' * full}{'░' * (_BAR - full)} {share:.0%}"


def _checks(row: dict[str, Any]) -> Text:
    parts = [
        f"{row[name]}{mark}"
        for name, mark in (("failing_critical", "!"), ("failing_warning", "?"))
        if row[name]
    ]
    return Text(" ".join(parts) or "ok", "red" if row["failing_critical"] else "")


def _moment(text: str | None) -> str:
    return "never" if text is None else text[:19].replace("T", " ")
