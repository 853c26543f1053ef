"""What `explain` prints: a document's versions with their times, and where each was served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.table import Table
from rich.text import Text

from freshground.service.cli.output import console, print_json, span

if TYPE_CHECKING:
    from rich.console import Console

_HASH = 12
_RUN = 24


def explain(found: dict[str, Any], *, as_json: bool) -> None:
    """Show a trace: the document, its versions, the chunk asked for, the releases, the runs."""
    if as_json:
        print_json(found)
        return
    out = console()
    _document(out, found)
    _versions(out, found)
    if found["chunk"]:
        _chunk(out, found["chunk"])
    _releases(out, found)
    _runs(out, found)


def _document(out: Console, found: dict[str, Any]) -> None:
    document = found["document"]
    out.print(Text(f"{document['uri']}  ({document['state']})", style="bold"))
    out.print(Text(f"  source {document['source']}, key {document['key']}"))
    out.print(Text(f"  document {document['doc_id']}, for {_groups(document['groups'])}"))
    if document["parent"]:
        out.print(Text(f"  a part of {document['parent']['uri']}", "cyan"))
    if document["parts"]:
        several = "s" if document["parts"] > 1 else ""
        out.print(Text(f"  holds {document['parts']} other document{several}", "cyan"))
    for step in document["moved_from"]:
        out.print(Text(f"  moved from {_step(step)}", "cyan"))
    for step in document["moved_to"]:
        out.print(Text(f"  moved to {_step(step)}", "cyan"))
    for row in found["present"]:
        if row["state"] != "ok":
            why = f" ({row['rule']}): {row['reason']}" if row["rule"] else ""
            out.print(Text(f"  {row['index']}: {row['state']}{why}", "yellow"))
        elif row["groups"] != document["groups"]:
            out.print(Text(f"  {row['index']}: left to {_groups(row['groups'])}", "yellow"))
    for row in found["denials"]:
        few = row["groups"] or row["kind"] == "narrowed"
        left = f" to {_groups(row['groups'])}" if few else ""
        why = f": {row['comment']}" if row["comment"] else ""
        line = f"  DENIED: {row['kind']}{left}, {row['at']} by {row['by']}{why}"
        out.print(Text(line, "bold red"))


def _judged(row: dict[str, Any]) -> str:
    by_action: dict[str, list[str]] = {}
    for each in row["findings"]:
        by_action.setdefault(each["action"], []).append(f"{each['rule']} ({each['found']})")
    said = [f"{action} {', '.join(rules)}" for action, rules in by_action.items()]
    verdict = "released" if row["released"] else row["verdict"]
    return "; ".join((verdict, *said))


def _versions(out: Console, found: dict[str, Any]) -> None:
    parsed = {row["content_hash"]: row for row in found["document_versions"]}
    verdicts = {row["content_hash"]: row for row in found["admission"]}
    before: dict[str, Any] | None = None
    for row in found["object_versions"]:
        gone = row["state"] == "deleted"
        what = row["rule"] or "deleted" if gone else row["content_hash"][:_HASH]
        if not gone and before is not None and before["groups"] != row["groups"]:
            what += f", now for {_groups(row['groups'])}"
        out.print(Text(f"version {what}", style="bold"))
        times = [
            f"{name.removesuffix('_at')} {row[name]}"
            for name in ("modified_at", "observed_at", "bronze_at", "silver_at", "gold_at")
            if row[name] and not (gone and name == "modified_at")
        ]
        out.print(Text(f"  {', '.join(times)}; run {row['run_id'][:_RUN]}"))
        silver = parsed.get(row["content_hash"])
        if silver and silver["rule"] and row["state"] == "live":
            out.print(Text(f"  set aside ({silver['rule']}): {silver['reason']}", "yellow"))
        judged = verdicts.get(row["content_hash"])
        if judged:
            style = "" if judged["verdict"] == "serve" else "yellow"
            out.print(Text(f"  admission: {_judged(judged)}", style))
        for got in row["published"]:
            lag = "" if got["lag_s"] is None else f", lag {span(got['lag_s'])}"
            out.print(
                Text(
                    f"  {got['change']} in {got['index']} release {got['release']}: candidate "
                    f"{got['candidate_at']}, published {got['published_at']}{lag}"
                )
            )
        before = row


def _chunk(out: Console, chunk: dict[str, Any]) -> None:
    out.print(Text(f"chunk {chunk['chunk_id']}: {chunk['tokens']} tokens", style="bold"))
    for row in chunk["versions"]:
        out.print(
            Text(
                f"  in version {row['content_hash'][:_HASH]} number {row['ordinal']}, characters "
                f"{row['start']}-{row['end']}; releases: {_numbers(row['releases'])}"
            )
        )


def _releases(out: Console, found: dict[str, Any]) -> None:
    if not found["releases"]:
        out.print("It reached no release.")
        return
    table = Table(box=None, pad_edge=False)
    chunked = found["chunk"] is not None
    for name in ("index", "release", "", "version", "published", "as of", "gates"):
        table.add_column(name)
    if chunked:
        table.add_column("chunk")
    for row in found["releases"]:
        tried = "canary" if row["canary"] and not row["serving"] else ""
        state = "live" if row["live"] else tried if row["kept"] else "not kept"
        version = (row["content_hash"] or "unknown")[:_HASH] + (" stale" if row["stale"] else "")
        gates = ", ".join(row["failed_gates"] or ()) or row["verdict"] or ""
        cells = [row["index"], str(row["release"]), state, version, row["published_at"] or ""]
        cells += [row["as_of"] or "", gates]
        if chunked:
            cells.append("yes" if row["holds_chunk"] else "no")
        table.add_row(*cells)
    out.print(table)


def _runs(out: Console, found: dict[str, Any]) -> None:
    for row in found["runs"]:
        settings = (row["settings"] or "unknown")[:_HASH]
        checks = [check for check in found["checks"] if check["run_id"] == row["run_id"]]
        failed = [check["check_id"] for check in checks if not check["passed"]]
        said = f"{len(checks)} checks" + (f", failed: {', '.join(failed)}" if failed else "")
        out.print(
            Text(
                f"run {row['run_id'][:_RUN]} of {row['at']} by {row['by']}: {row['code']}, "
                f"settings {settings}, {said}"
            )
        )


def _groups(groups: list[str]) -> str:
    return "everybody" if groups == ["*"] else ", ".join(groups) or "nobody"


def _step(step: dict[str, Any]) -> str:
    return f"{step['key']}, seen {step['listed_at']}; releases: {_numbers(step['releases'])}"


def _numbers(releases: dict[str, list[int]]) -> str:
    found = (f"{index} {', '.join(map(str, numbers))}" for index, numbers in releases.items())
    return "; ".join(found) or "none"
