"""What admission refuses is withdrawn at once, on every release; what it restricts, restricted.

A refused version denies its whole document: what the source says now may not be served, and what
older releases hold of it is not what the source says. A release whose rows are of another version,
one that admission let through, holds the denial itself and is served. Taken back for all releases
is a denial when a person, the policy or a changed rule lets the refused version through after all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from freshground.core.access import loses_readers
from freshground.core.clock import iso
from freshground.lake.denials import version_name
from freshground.lake.tables import among
from freshground.service.lineage.moves import standing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from freshground.lake.denials import Denial
    from freshground.lake.ledger import Current
    from freshground.service.context import Context

KINDS = ("withdrawn", "restricted")


class Refused(NamedTuple):
    """A version that may not be served as it is: to nobody, or to `groups` alone.

    `wholly`: nor may older versions of its document. Otherwise they were judged on their own.
    """

    doc_id: str
    content_hash: str
    silver_id: str
    groups: tuple[str, ...] | None = None
    wholly: bool = False

    @property
    def version(self) -> str:
        """What a denial calls it."""
        return version_name(*self[:3])


def refuse(context: Context, source_id: str, refused: Iterable[Refused], comment: str) -> int:
    """Deny versions on every release that may hold their documents; return how many are new.

    Call it before the verdict is written: a run killed in between has denied too much, and the
    next one judges again. Documents that were never cut are in no release.
    """
    known = {
        (denial.kind, denial.groups, version)
        for denial in context.lake.denials.active()
        if denial.kind in KINDS and denial.source_id == source_id
        for version in denial.versions
    }
    fresh = [
        r
        for r in refused
        if ("withdrawn" if r.groups is None else "restricted", r.groups or (), r.version)
        not in known
    ]
    if not fresh:
        return 0
    older = _older_names(context, source_id, {r.doc_id for r in fresh})
    cut = _ever_cut(context, {name for names in older.values() for name in names})
    alike: dict[tuple[str, ...] | None, list[Refused]] = {}
    for one in fresh:
        if any(
            name in cut and (one.wholly or (one.content_hash, one.silver_id) in cut[name])
            for name in older[one.doc_id]
        ):
            alike.setdefault(one.groups, []).append(one)
    for groups, found in alike.items():
        kind = "withdrawn" if groups is None else "restricted"
        context.lake.denials.add(
            kind,
            doc_ids=sorted({name for one in found for name in older[one.doc_id]}),
            groups=groups or (),
            source_id=source_id,
            by=context.by,
            comment=comment,
            versions=[one.version for one in found],
        )
        documents = [one.doc_id for one in found]
        body = {
            "groups": list(groups or ()),
            "documents": len(documents),
            "sample": documents[:20],
            "at": iso(context.clock.now()),
        }
        context.lake.journal.add(context.run_id, kind, source_id, body)
    return sum(map(len, alike.values()))


def left_over(denial: Denial, document: Current) -> bool:
    """Return whether a release whose rows are a document's as it is wanted still needs a denial."""
    if version_name(document.doc_id, document.content_hash, document.silver_id) not in (
        denial.versions
    ):
        return False
    return denial.kind == "withdrawn" or loses_readers(document.row["groups"], denial.groups)


def take_back(context: Context, source_id: str, documents: Sequence[Current]) -> int:
    """Lift denials of versions that admission lets through now; return of how many documents."""
    active = [
        d for d in context.lake.denials.active() if d.kind in KINDS and d.source_id == source_id
    ]
    if not active:
        return 0
    now = {document.doc_id: document for document in documents if document.content_hash}
    back: set[str] = set()
    for denial in active:
        over = [d for d in denial.doc_ids if d in now and left_over(denial, now[d])]
        if not over:
            continue
        names = _older_names(context, source_id, over)
        lifted = {old for document in over for old in names[document]} & set(denial.doc_ids)
        context.lake.denials.lift(
            denial, by=context.by, comment="let through by admission", doc_ids=sorted(lifted)
        )
        body = {"denial": denial.id, "documents": len(lifted), "sample": sorted(lifted)[:20]}
        context.lake.journal.add(context.run_id, "readmitted", source_id, body)
        back.update(over)
    return len(back)


def _older_names(
    context: Context, source_id: str, documents: Collection[str]
) -> dict[str, set[str]]:
    """Return each document with the names that it had before."""
    found = {document: {document} for document in documents}
    under = {document: [document] for document in documents}
    for move in reversed(standing(context, source_id)):
        for document in under.get(move.new, ()):
            if move.old not in found[document]:
                found[document].add(move.old)
                under.setdefault(move.old, []).append(document)
    return found


def _ever_cut(context: Context, documents: Collection[str]) -> dict[str, set[tuple[str, str]]]:
    """Return the versions with chunks of some documents: only these can be in a release."""
    rows = context.lake.gold.rows(
        "SELECT DISTINCT doc_id, content_hash, silver_id FROM t WHERE ordinal = 0 "
        f"AND {among('doc_id', sorted(documents))}"
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for row in rows.to_pylist():
        found.setdefault(row["doc_id"], set()).add((row["content_hash"], row["silver_id"]))
    return found
