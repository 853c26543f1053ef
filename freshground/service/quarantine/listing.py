"""What is set aside, what checks keep out of releases, and what people decided about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.errors import ConfigError
from freshground.lake.reviews import Matter
from freshground.service.admission.standing import standing, wanted
from freshground.service.denial.takedown import TAKEN_DOWN
from freshground.service.lineage.naming import named
from freshground.service.quarantine.aside import REJECTED
from freshground.service.quarantine.evidence import evidence
from freshground.service.quarantine.held import held
from indexes.plan import state_hash

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.lake.ledger import Current
    from freshground.lake.reviews import Decisions
    from freshground.service.context import Context
    from freshground.service.quarantine.held import Held


def set_aside(context: Context) -> list[dict[str, Any]]:
    """Return the rows of `listed` that are set aside: what a check holds is still to be served."""
    return _rows(context, held_too=False)


def listed(context: Context) -> list[dict[str, Any]]:
    """Return every live document that is set aside or held by a check, by source and key.

    A row has source, key, uri, doc_id, groups as its source says, content_hash, `rule`,
    `rule_version` and `reason`, `since`, `held_by` (source: its bytes could not be read; parser;
    admission; check; person), `stale_served`, `can_release`, `decision` (None, or verdict, by, at,
    comment; of a replay as long as it is ahead), `waiting` for somebody to decide, `lapsed` (None,
    or by, at, comment of a release for other versions of all these rules), and `matters`: each rule
    with its version. `evidence.evidence` tells where in the text.
    """
    return _rows(context, held_too=True)


def let_through(context: Context) -> list[dict[str, Any]]:
    """Return rows like those of `listed` for what is to be served because somebody released it.

    Each with `silver_id`: what is to be served.
    """
    decisions = context.lake.reviews.decisions()
    rows: list[dict[str, Any]] = []
    for source_id in context.settings.source_ids:
        documents = [d for d in standing(context, source_id) if d.state == "ok"]
        cases = _cases(context, source_id, documents, served_too=True)
        for document in documents:
            if document.let_through:
                row = _refused(source_id, document, decisions)
            elif document.doc_id in cases:
                row = _held(document, cases[document.doc_id], decisions)
            else:
                continue
            if row["decision"] and row["decision"]["verdict"] == "released":
                rows.append({**row, "silver_id": document.silver_id})
    return sorted(rows, key=lambda row: (row["source"], row["key"]))


def _rows(context: Context, *, held_too: bool) -> list[dict[str, Any]]:
    decisions = context.lake.reviews.decisions()
    rows: list[dict[str, Any]] = []
    for source_id in context.settings.source_ids:
        version = context.silver_id(source_id)
        documents = standing(context, source_id)
        tries = context.ledger.attempts(source_id, version)
        cases = _cases(context, source_id, documents) if held_too else {}
        for document in documents:
            if document.state == "quarantined" and document.matters:
                rows.append(_refused(source_id, document, decisions))
            elif document.state == "quarantined":
                seen = tries.get((document.doc_id, document.row["content_hash"]), 0)
                rows.append(_aside(source_id, document, decisions, version, seen))
            elif document.doc_id in cases:
                rows.append(_held(document, cases[document.doc_id], decisions))
    return sorted(rows, key=lambda row: (row["source"], row["key"]))


def shown(context: Context, doc_id: str) -> dict[str, Any]:
    """Return the row of one document, by doc_id, uri or key, with `evidence` and `history`."""
    found = one(context, doc_id)
    spans = evidence(context, [found]).get(found["doc_id"], [])
    return {**found, "evidence": spans, "history": history(context, found)}


def one(context: Context, name: str) -> dict[str, Any]:
    """Return the row of one document, by doc_id, uri or key.

    ConfigError when the lake knows no such document or several, or it is neither set aside, nor
    held, nor released.
    """
    wanted = named(context, name).document().doc_id
    for rows in (listed, let_through):
        for row in rows(context):
            if row["doc_id"] == wanted:
                return row
    raise ConfigError(f"{name!r} is not in quarantine.", "See `freshground quarantine list`.")


def history(context: Context, row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what was ever decided about a document, oldest first."""
    return [
        {
            "verdict": review.verdict,
            "by": review.by,
            "at": review.at,
            "comment": review.comment,
            "content_hash": matter.content_hash,
            "rule": matter.rule,
            "rule_version": matter.version,
        }
        for review in context.lake.reviews.all()
        for matter in review.matters
        if matter.doc_id == row["doc_id"]
    ]


def _row(source_id: str, document: Current, matters: Sequence[Matter]) -> dict[str, Any]:
    return {
        "source": source_id,
        "key": document.row["key"],
        "uri": document.row["uri"],
        "doc_id": document.doc_id,
        "groups": list(document.row["groups"]),
        "content_hash": document.row["content_hash"],
        "matters": [{"rule": m.rule, "version": m.version} for m in matters],
    }


def _aside(
    source_id: str, document: Current, decisions: Decisions, version: str, tries: int
) -> dict[str, Any]:
    content = document.row["content_hash"]
    rejection = decisions.rejected.get((document.doc_id, content))
    seen = str(tries)
    matters: Sequence[Matter] = [Matter(document.doc_id, content, document.rule or "", version)]
    held_by = "source" if document.row["rule"] else "parser"
    ahead = decisions.again.get(matters[0].key)
    decision = ahead[1] if ahead else None
    if held_by == "source":
        seen = iso(document.row["hashed_at"]) or ""
        waits = ahead is not None and ahead[0].seen == seen
    else:
        waits = ahead is not None and int(ahead[0].seen or 0) >= int(seen)
    if document.rule == TAKEN_DOWN:
        held_by = "person"
    elif document.rule == REJECTED and rejection is not None:
        held_by = "person"
        matters = [m for m in rejection.matters if m[:2] == (document.doc_id, content)]
    decision = rejection or (decision if waits else None)
    return {
        **_row(source_id, document, matters),
        "rule": document.rule,
        "rule_version": "" if held_by == "person" else version,
        "reason": document.reason,
        "since": iso(document.quarantined_at),
        "stale_served": document.stale,
        "held_by": held_by,
        "can_release": document.rule == REJECTED,
        "decision": _decision(decision),
        "waiting": decision is None and document.rule != TAKEN_DOWN,
        "lapsed": None,
        "seen": seen,
        "sample": [],
    }


def _refused(source_id: str, document: Current, decisions: Decisions) -> dict[str, Any]:
    """Return the row of what admission keeps from everybody, or would; it can be served."""
    content = document.row["content_hash"]
    seen = iso(document.quarantined_at) or ""
    released = document.let_through if document.state == "ok" else ()
    against = released or document.matters
    matters = [Matter(document.doc_id, content, rule, version) for rule, version in against]
    rejection = decisions.rejected.get((document.doc_id, content))
    ahead = [decisions.again[m.key] for m in matters if m.key in decisions.again]
    waits = [review for matter, review in ahead if matter.seen == seen]
    decision = rejection or (waits[0] if waits else None)
    if released:
        decision = decisions.granted[matters[0].key]
    return {
        **_row(source_id, document, matters),
        "rule": matters[0].rule,
        "rule_version": matters[0].version,
        "reason": document.reason,
        "since": seen,
        "stale_served": False,
        "held_by": "admission",
        "can_release": True,
        "decision": _decision(decision),
        "waiting": decision is None,
        "lapsed": None if released else _decision(decisions.lapsed(matters)),
        "seen": seen,
        "sample": [],
    }


def under_rule(context: Context, rule: str) -> list[dict[str, Any]]:
    """Return rows like those of `listed` for what a rule of admission masks or restricts."""
    rows: list[dict[str, Any]] = []
    for source_id in context.settings.source_ids:
        verdicts = context.admissions.of(source_id)
        for document in wanted(context, source_id):
            version = (document.doc_id, document.content_hash or "", document.silver_id or "")
            verdict = verdicts.get(version)
            if verdict is None or document.stale or verdict.verdict == "quarantine":
                continue
            matters = [
                Matter(*version[:2], reason.rule, reason.version)
                for reason in verdict.reasons
                if reason.rule == rule
            ]
            if matters:
                own = _row(source_id, document, matters)
                seen = iso(verdict.judged_at) or ""
                rows.append({**own, "rule": rule, "seen": seen, "decision": None})
    return rows


def _held(document: Current, cases: Sequence[Held], decisions: Decisions) -> dict[str, Any]:
    open_ = [case for case in cases if case.matter.key not in decisions.granted]
    first = (open_ or cases)[0]
    keys = [case.matter.key for case in cases]
    newest = [review for key in keys if (review := decisions.newest.get(key)) is not None]
    ahead = [case for case in open_ if case.matter.key in decisions.again]
    decided = not open_ or len(ahead) == len(open_)
    return {
        **_row(first.source_id, document, [case.matter for case in cases]),
        "rule": first.matter.rule,
        "rule_version": first.matter.version,
        "reason": first.detail or f"{first.matter.rule} failed.",
        "since": iso(first.at),
        "stale_served": False,
        "held_by": "check",
        "can_release": True,
        "decision": _decision(max(newest, key=lambda r: r.at)) if decided and newest else None,
        "waiting": not decided,
        "lapsed": _decision(decisions.lapsed([case.matter for case in open_])),
        "seen": "",
        "sample": list(first.sample),
    }


def _decision(review: Any) -> dict[str, Any] | None:
    if review is None:
        return None
    return {name: getattr(review, name) for name in ("verdict", "by", "at", "comment")}


def _cases(
    context: Context, source_id: str, documents: Sequence[Current], *, served_too: bool = False
) -> dict[str, list[Held]]:
    """Return what checks hold of the versions to serve, where an index does not serve them yet."""
    found: dict[str, list[Held]] = {}
    versions = {d.doc_id: d for d in documents if d.state == "ok"}
    cases = [
        case
        for case in held(context, source_id)
        if (document := versions.get(case.matter.doc_id)) is not None
        and case.matter.content_hash == document.content_hash
        # Which chunker an index cuts with only its encoder can tell, and that takes long to load.
        and (case.layer == "gold" or case.made_by in ("", document.silver_id))
    ]
    if not cases:
        return found
    for index in context.settings.indexes:
        if source_id not in index.sources:
            continue
        live = context.releases.live(index.id)
        served = context.releases.served(live[1]) if live else {}
        for case in cases:
            document = versions[case.matter.doc_id]
            own = served.get(document.doc_id)
            is_served = live and own and own.state_hash == state_hash(document, live[1].recipe)
            if is_served and not served_too:
                continue
            if case.concerns(index) and case not in found.setdefault(document.doc_id, []):
                found[document.doc_id].append(case)
    return {doc_id: own for doc_id, own in found.items() if own}
