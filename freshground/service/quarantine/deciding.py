"""What people decide about what is set aside: release, reject, replay. Each is durable on return.

Deciding the same again writes nothing. A decision is about one version of a document: its next one
is judged anew.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.lake.reviews import Matter
from freshground.service.denial.takedown import TAKEN_DOWN
from freshground.service.denial.withdrawing import Refused, refuse
from freshground.service.lineage.naming import named
from freshground.service.quarantine.choosing import chosen, in_state
from freshground.service.quarantine.listing import listed, one, under_rule

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from freshground.lake.reviews import Verdict
    from freshground.service.context import Context


def release(context: Context, doc_id: str, comment: str = "") -> dict[str, Any]:
    """Let a version that a check holds, or that was rejected, be served by the next refresh.

    `doc_id` may be a uri or key as well. It holds for exactly this content, and for the rules that
    speak against it in their present versions. ConfigError where there is nothing to serve.
    """
    row = one(context, doc_id)
    if row["rule"] == TAKEN_DOWN:
        raise ConfigError(
            f"{row['key']} is taken down, not held.", f"freshground restore {row['doc_id']}"
        )
    if not row["can_release"]:
        raise ConfigError(
            f"{row['key']} has no text to serve: the {row['held_by']} set it aside "
            f"({row['rule']}: {row['reason']}).",
            "Mend it at its source, or after an upgrade or a change of limits try it again: "
            f"freshground quarantine replay {row['doc_id']}",
        )
    return _decide(context, "released", row, comment)


def release_lapsed(
    context: Context,
    rule: str = "",
    source: str = "",
    comment: str = "",
    among: Collection[str] | None = None,
) -> dict[str, Any]:
    """Release again what was released once, and only other versions of its rules speak against.

    Of one rule and source, or all; `among` some doc_ids. ConfigError for an unknown source, or
    where nothing lapsed.
    """
    if source:
        context.settings.source(source)
    rows = [
        row
        for row in chosen(in_state(context, "lapsed"), rule, source)
        if among is None or row["doc_id"] in among
    ]
    if not rows:
        raise ConfigError(
            "No release of that kind has lapsed.", "See `freshground quarantine list`."
        )
    return _decide_all(context, "released", rows, comment)


def reject(context: Context, doc_id: str, comment: str = "") -> dict[str, Any]:
    """Keep a version aside for good: it waits for nobody any more, and holds up no release.

    An earlier version that nothing speaks against is served in its place, marked stale. One that
    was released before leaves every release at once. `doc_id` may be a uri or key as well.
    ConfigError where the document is not in quarantine.
    """
    row = one(context, doc_id)
    if row["rule"] == TAKEN_DOWN:
        raise ConfigError(f"{row['key']} is taken down already.", "There is nothing to reject.")
    if "silver_id" in row:
        served = Refused(row["doc_id"], row["content_hash"], row["silver_id"], wholly=True)
        refuse(context, row["source"], [served], "rejected")
    return _decide(context, "rejected", row, comment)


def replay(
    context: Context,
    rule: str = "",
    source: str = "",
    documents: Collection[str] = (),
    comment: str = "",
) -> dict[str, Any]:
    """Have the next refresh try again what is set aside: read, parse or judge it, and nothing else.

    Of one rule and source, or all; of `documents` (doc_id, uri or key) those named. A rule of
    admission is looked for once more also where it masks or restricts. What was rejected or taken
    down is left alone unless it is named. ConfigError for an unknown source, or nothing to replay.
    """
    if source:
        context.settings.source(source)
    wanted = {d.doc_id for name in documents for d in named(context, name).documents}
    found = [*listed(context), *(under_rule(context, rule) if rule else ())]
    rows = [
        row
        for row in chosen(found, rule, source)
        if row["rule"] != TAKEN_DOWN
        and (row["doc_id"] in wanted if documents else not _verdict(row, "rejected"))
        and not _verdict(row, "released")
    ]
    if not rows:
        raise ConfigError(
            "Nothing of that kind is in quarantine.", "See `freshground quarantine list`."
        )
    return _decide_all(context, "replayed", rows, comment)


def _decide_all(
    context: Context, verdict: Verdict, rows: Sequence[dict[str, Any]], comment: str
) -> dict[str, Any]:
    fresh = [row for row in rows if not _verdict(row, verdict)]
    for source_id in sorted({row["source"] for row in fresh}):
        own = [row for row in fresh if row["source"] == source_id]
        _record(context, verdict, own, comment)
    return {
        "decision": verdict,
        "documents": len(rows),
        "recorded": len(fresh),
        "rules": dict(Counter(row["rule"] for row in rows)),
        "doc_ids": [row["doc_id"] for row in rows],
        "by": context.by,
        "comment": comment,
    }


def _verdict(row: dict[str, Any], verdict: str) -> bool:
    return bool(row["decision"]) and row["decision"]["verdict"] == verdict


def _decide(
    context: Context, verdict: Verdict, row: dict[str, Any], comment: str
) -> dict[str, Any]:
    same = _verdict(row, verdict)
    if not same:
        _record(context, verdict, [row], comment)
    decided = row["decision"] if same else {"by": context.by, "comment": comment}
    return {
        "decision": verdict,
        "doc_id": row["doc_id"],
        "key": row["key"],
        "content_hash": row["content_hash"],
        "rules": [matter["rule"] for matter in row["matters"]],
        "recorded": not same,
        "by": decided["by"],
        "comment": decided["comment"],
    }


def _record(
    context: Context, verdict: Verdict, rows: Sequence[dict[str, Any]], comment: str
) -> None:
    matters = [
        Matter(row["doc_id"], row["content_hash"], matter["rule"], matter["version"], row["seen"])
        for row in rows
        for matter in row["matters"]
    ]
    source_id = rows[0]["source"]
    review = context.lake.reviews.add(
        verdict, matters, source_id=source_id, by=context.by, comment=comment
    )
    body = {
        "review": review.id,
        "verdict": verdict,
        "documents": len(rows),
        "sample": [row["doc_id"] for row in rows][:20],
        "rules": sorted({matter.rule for matter in matters}),
        "by": context.by,
        "comment": comment,
    }
    context.lake.journal.add(context.run_id, "quarantine", source_id, body)
    context.lake.journal.commit()
