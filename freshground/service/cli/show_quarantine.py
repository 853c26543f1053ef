"""What the commands on quarantine print."""

from __future__ import annotations

from typing import Any

import typer

from freshground.service.cli.output import print_json

_NEXT = {
    "released": "The next refresh serves it",
    "rejected": "It stays aside, and waits for nobody",
}


def rows(found: list[dict[str, Any]], *, as_json: bool) -> None:
    """Show documents set aside."""
    if as_json:
        print_json(found)
        return
    for row in found:
        _row(row)
    if not found:
        typer.echo("No such document is in quarantine.")
        return
    waiting = sum(row["waiting"] for row in found)
    lapsed = sum(bool(row["lapsed"]) for row in found)
    before = f", {lapsed} released before" if lapsed else ""
    typer.echo(
        f"{waiting} waiting, {len(found) - waiting} decided{before}. "
        "`freshground quarantine show KEY` tells more; release, reject, replay decide."
    )


def _row(row: dict[str, Any]) -> None:
    old = "; its last good version is served, marked stale" if row["stale_served"] else ""
    typer.echo(f"{row['uri']}\n  {row['rule']}: {row['reason']}{old}")
    if row["decision"]:
        typer.echo(f"  {_decision(row['decision'])}")
    if row["lapsed"]:
        now = ", ".join(f"{m['rule']} version {m['version']}" for m in row["matters"])
        typer.echo(f"  {_decision(row['lapsed'])}, before {now} judged it again")


def one(row: dict[str, Any], *, as_json: bool) -> None:
    """Show one document that is set aside."""
    if as_json:
        print_json(row)
        return
    _row(row)
    held = "released or rejected" if row["can_release"] else "replayed or rejected"
    if "silver_id" in row:  # it is released
        held = "rejected"
    typer.echo(f"  set aside by: {row['held_by']}, since {row['since']}; it can be {held}")
    for matter in row["matters"]:
        typer.echo(f"  rule {matter['rule']}, version {matter['version'] or '-'}")
    for span in row["evidence"]:
        hidden = span.get("hidden")
        place = f"hidden text ({hidden})" if hidden else "the whole document"
        if span["start"] is not None:
            place = f"characters {span['start']}-{span['end']}"
        typer.echo(f"  {place}: {span['why']}")
        if span["marked"]:
            # What a document holds may be meant for the terminal.
            marked = "".join(c if c.isprintable() else " " for c in span["marked"])
            typer.echo(f"    {marked}{'…' if span['cut'] else ''}")
    if row["more_evidence"]:
        typer.echo(f"  and in {row['more_evidence']} more places")
    for past in row["history"]:
        of = f"{past['rule']}, version {past['rule_version'] or '-'}"
        typer.echo(f"  {_decision(past)}, about {of}")


def decided(row: dict[str, Any], *, as_json: bool) -> None:
    """Show what was decided."""
    if as_json:
        print_json(row)
        return
    before = "" if row["recorded"] else " It was decided already."
    typer.echo(f"{row['key']}: {row['decision']} by {row['by']}. {_NEXT[row['decision']]}.{before}")


def decided_all(row: dict[str, Any], *, as_json: bool) -> None:
    """Show what was decided about several: what will be tried again, or is released again."""
    if as_json:
        print_json(row)
        return
    several = "s" if row["documents"] > 1 else ""
    rules = ", ".join(f"{count} {rule}" for rule, count in row["rules"].items())
    does, again = {"replayed": ("tries", " again"), "released": ("serves", "")}[row["decision"]]
    old = row["documents"] - row["recorded"]
    before = f" {old} of them it was to try already." if old else ""
    what = f"{row['documents']} document{several}{again}: {rules}"
    typer.echo(f"The next refresh {does} {what}.{before}")


def _decision(row: dict[str, Any]) -> str:
    why = f" ({row['comment']})" if row["comment"] else ""
    return f"{row['verdict']} by {row['by']} at {row['at']}{why}"
