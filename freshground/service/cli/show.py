"""What commands print: tables for people, JSON for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table
from rich.text import Text

from freshground.service.cli.output import console, print_json
from freshground.service.reports import exit_status

if TYPE_CHECKING:
    from freshground.service.reports import StageReport

_LIST = 8
_COPIES = 3
_PASSAGE = 400


def refresh(reports: list[StageReport], *, as_json: bool) -> None:
    """Show what each stage did."""
    if as_json:
        from freshground.service.refresh import totals

        print_json(
            {
                "status": exit_status(reports),
                "totals": totals(reports),
                "stages": [report.as_dict() for report in reports],
            }
        )
        return
    out = console()
    table = Table(box=None, pad_edge=False)
    for name in ("stage", "of", "outcome", "seconds", "counts"):
        table.add_column(name, justify="right" if name == "seconds" else "left")
    for report in reports:
        counts = ", ".join(f"{v} {k.replace('_', ' ')}" for k, v in report.counts.items() if v)
        table.add_row(report.stage, report.subject, report.outcome, f"{report.seconds:.2f}", counts)
    out.print(table)
    for report in reports:
        if report.message:
            out.print(Text(f"{report.stage} {report.subject}: {report.message}"))
        for item in report.quarantined[:_LIST]:
            out.print(Text(f"  set aside: {item['uri']} ({item['rule']}): {item['reason']}"))
        if len(report.quarantined) > _LIST:
            out.print(Text(f"  and {len(report.quarantined) - _LIST} more"))
        for item in report.checks:
            if not item["passed"]:
                said = item["detail"] or f"{item['failing']} failing"
                out.print(Text(f"  {item['severity']} check {item['check_id']}: {said}"))
        if (report.release or {}).get("state") == "published":
            counts = report.release["counts"]
            out.print(
                Text(
                    f"Published {report.release['index']} release {report.release['release']}: "
                    f"{counts['documents']} documents, {counts['chunks']} chunks, "
                    f"as of {report.release['as_of']}."
                )
            )


def answer(found: dict[str, Any], *, as_json: bool) -> None:
    """Show hits with their passages."""
    if as_json:
        print_json(found)
        return
    out = console()
    age = found["staleness_s"]
    old = "" if age is None else f", {age:.0f} s old"
    out.print(
        Text(
            f"{found['index']} release {found['release']}, as of {found['as_of']}{old}: "
            f"{found['sla']}",
            style="bold",
        )
    )
    for hit in found["hits"]:
        page = f", page {hit['page_first']}" if hit["page_first"] else ""
        page += f", cells {hit['cells']}" if hit["cells"] else ""
        path = " > ".join(hit["headings"])
        stale = " STALE" if hit["stale"] else ""
        out.print(
            Text(
                f"\n{hit['rank']}. {hit['title'] or hit['key']}{page}  "
                f"score {hit['score']:.4f}{stale}",
                style="bold",
            )
        )
        out.print(
            Text(
                f"   {hit['uri']}  [{hit['chunk_id']}]  changed {hit['source_modified_at']}", "dim"
            )
        )
        if hit["copy_count"]:
            also = ", ".join(copy["uri"] for copy in hit["copies"][:_COPIES])
            more = hit["copy_count"] - min(len(hit["copies"]), _COPIES)
            rest = f" and {more} more" if more else ""
            out.print(Text(f"   also at {also}{rest}", "dim"))
        if path:
            out.print(Text(f"   {path}", style="cyan"))
        if hit["table_header"]:
            out.print(Text(f"   {hit['table_header'][:_PASSAGE]}", "dim"))
        text = hit["text"]
        short = text if len(text) <= _PASSAGE else text[:_PASSAGE] + "…"
        out.print(Text("   " + short.replace("\n", "\n   ")))
    if not found["hits"]:
        out.print("No hits.")


def releases(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show releases, newest first."""
    if as_json:
        print_json(rows)
        return
    table = Table(box=None, pad_edge=False)
    for name in ("release", "live", "published", "as of", "verdict", "documents", "+", "~", "-"):
        table.add_column(name)
    for row in rows:
        counts = row["counts"]
        table.add_row(
            str(row["release"]),
            "live" if row["live"] else "",
            row["published_at"],
            row["as_of"] or "never",
            row["verdict"],
            *(str(counts[name]) for name in ("documents", "added", "changed", "removed")),
        )
    console().print(table)


def rollback(row: dict[str, Any], *, as_json: bool) -> None:
    """Say what is live now."""
    if as_json:
        print_json(row)
        return
    typer.echo(f"{row['index']} serves release {row['release']} (was {row['was']}).")
    ends = " or when the versions blamed are gone" if row["hold"]["blame"] else ""
    typer.echo(f"It is on hold: new releases come after `freshground resume {row['index']}`{ends}.")


def evaluation(report: dict[str, Any], *, as_json: bool) -> None:
    """Show retrieval metrics."""
    if as_json:
        print_json(report)
        return
    table = Table(box=None, pad_edge=False)
    metrics = ("ndcg_10", "recall_5", "recall_10", "recall_100", "mrr_10")
    for name in ("index", "release", "mode", "relevance by", "questions", *metrics):
        table.add_column(name)
    table.add_row(
        report["index"],
        str(report["release"]),
        report["mode"],
        report["level"],
        str(report["questions"]),
        *(f"{report[name]:.4f}" for name in metrics),
    )
    console().print(table)
