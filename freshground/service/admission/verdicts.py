"""What a verdict makes of a document: served, masked, left to groups, or kept from everybody."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from freshground.core.access import both

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from freshground.lake.admissions import Admitted, Reason, Version
    from freshground.lake.ledger import Current
    from freshground.service.context import Context

_NAMED = 3
"""Rules that a reason names."""


def judged(context: Context, source_id: str, documents: Sequence[Current]) -> list[Current]:
    """Return a source's documents as admission lets them through.

    One that nobody has judged yet is pending, and its last admitted version is kept meanwhile.
    """
    verdicts = context.admissions.of(source_id)
    granted = context.lake.reviews.decisions().granted.keys()
    newest: dict[str, tuple[Version, Admitted]] = {}
    found: list[Current] = []
    for document in documents:
        if document.content_hash is None or document.silver_id is None:
            found.append(document)
            continue
        version = (document.doc_id, document.content_hash, document.silver_id)
        verdict = verdicts.get(version)
        if verdict is not None and verdict.verdict == "serve":
            found.append(document)
        elif verdict is not None:
            found.append(_as_judged(document, version, verdict, granted))
        else:
            newest = newest or _newest(verdicts)
            found.append(_unjudged(document, newest.get(document.doc_id), granted))
    return found


def open_reasons(
    version: Version, reasons: Sequence[Reason], granted: Collection[tuple[str, str, str, str]]
) -> list[Reason]:
    """Return the reasons that still speak against a version: those that no person let pass."""
    return [
        reason
        for reason in reasons
        if reason.action != "quarantine"
        or (*version[:2], reason.rule, reason.version) not in granted
    ]


def _as_judged(
    document: Current,
    version: Version,
    verdict: Admitted,
    granted: Collection[tuple[str, str, str, str]],
) -> Current:
    reasons = open_reasons(version, verdict.reasons, granted)
    against = [reason for reason in reasons if reason.action == "quarantine"]
    if against:
        if document.stale:  # the parser set its newest version aside, and that is said already
            return replace(document, content_hash=None, silver_id=None, stale=False)
        return replace(
            document,
            state="quarantined",
            content_hash=None,
            silver_id=None,
            rule=against[0].rule,
            reason=_why(against),
            quarantined_at=verdict.judged_at,
            matters=tuple((reason.rule, reason.version) for reason in against),
        )
    cleared = [reason for reason in verdict.reasons if reason not in reasons]
    if cleared and document.state == "ok":
        document = replace(
            document,
            reason=f"{_found(cleared)} Somebody released this version.",
            quarantined_at=verdict.judged_at,
            let_through=tuple((reason.rule, reason.version) for reason in cleared),
        )
    actions = {reason.action for reason in reasons}
    if "mask" in actions and verdict.masked_id is not None:
        document = replace(document, silver_id=verdict.masked_id)
    if "restrict" in actions:
        left = list(both(document.row["groups"], verdict.groups))
        document = replace(document, row={**document.row, "groups": left})
    return document


def _unjudged(
    document: Current,
    last: tuple[Version, Admitted] | None,
    granted: Collection[tuple[str, str, str, str]],
) -> Current:
    waiting = replace(
        document, state="pending", content_hash=None, silver_id=None, stale=False, rule=None,
        reason=None, quarantined_at=None,
    )  # fmt: skip
    if last is None:
        return waiting
    version, verdict = last
    before = replace(waiting, content_hash=version[1], silver_id=version[2])
    served = _as_judged(before, version, verdict, granted)
    return waiting if served.content_hash is None else replace(served, state="pending")


def _newest(verdicts: Mapping[Version, Admitted]) -> dict[str, tuple[Version, Admitted]]:
    found: dict[str, tuple[Version, Admitted]] = {}
    for version, verdict in verdicts.items():
        before = found.get(version[0])
        if before is None or before[1].judged_at <= verdict.judged_at:
            found[version[0]] = (version, verdict)
    return found


def _why(against: Sequence[Reason]) -> str:
    return (
        f"{_found(against)} It is served to nobody until somebody has looked and released it, or "
        "the document is changed."
    )


def _found(against: Sequence[Reason]) -> str:
    named = ", ".join(f"{reason.rule} ({reason.findings})" for reason in against[:_NAMED])
    more = f" and {len(against) - _NAMED} more rules" if len(against) > _NAMED else ""
    return f"Admission found {named}{more}."
