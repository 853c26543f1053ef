"""Narrowed access acts at once: from the listing that sees it, past guards, gates and releases.

Each listing is compared with bronze before anything may stop the run. A document that somebody can
read no more is denied to them on every release whose rows do not say so themselves, and so are its
older names, which older releases hold. Widening is left to the releases.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.access import loses_readers
from freshground.core.clock import iso, parse_iso
from freshground.core.ids import doc_id
from freshground.service.denial.overlay import REFLECTED
from freshground.service.denial.withdrawing import left_over
from freshground.service.lineage.moves import standing
from indexes.plan import state_hash

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from freshground.core.records import Listing
    from freshground.core.settings import IndexSettings
    from freshground.lake.denials import Denial
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from indexes.plan import Served
    from ingestion.difference import Difference

_KEEP = timedelta(hours=24)
"""Longer than a build takes: one that read the lake before a narrowing may publish after it."""


def deny_narrowed(
    context: Context, listing: Listing, known: Mapping[str, Mapping[str, Any]]
) -> int:
    """Deny documents that the listing lets fewer people read than bronze; return how many.

    `known` are the newest bronze rows by doc_id, deleted ones too: older releases hold those.
    Call it before guards may stop the ingest.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for stat in listing.objects:
        document = doc_id(listing.source_id, stat.key)
        row = known.get(document)
        if row is not None and loses_readers(row["groups"], stat.groups):
            found.setdefault(tuple(sorted(stat.groups)), []).append(document)
    return _deny(context, listing, known, found)


def deny_renamed(context: Context, listing: Listing, difference: Difference) -> int:
    """Deny what a stopped plan would rename and let fewer people read; return how many.

    Reads the objects that may be renamed ones, which `deny_narrowed` does not.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    for stat in difference.changes.added:
        old = difference.moved.get(difference.id_of(stat))
        if old is not None and loses_readers(old["groups"], stat.groups):
            found.setdefault(tuple(sorted(stat.groups)), []).append(old["doc_id"])
    return _deny(context, listing, difference.known, found)


def settle_narrowed(
    context: Context, listing: Listing, known: Mapping[str, Mapping[str, Any]]
) -> None:
    """Bring the overlay in line with a listing that passed its guards and is in bronze.

    Denies what was narrowed between listing and reading, and takes back narrowings that the source
    took back before any release held them: no release would ever do that.
    """
    found: dict[tuple[str, ...], list[str]] = {}
    active = [d for d in _narrowings(context) if d.source_id == listing.source_id]
    now = context.ledger.objects(listing.source_id)
    for new, row in now.items():
        came = new not in known or known[new]["state"] == "deleted"
        document = row["moved_from"] if came and row["moved_from"] else new
        before, groups = known.get(document), row["groups"]
        if before and groups != before["groups"] and loses_readers(before["groups"], groups):
            found.setdefault(tuple(sorted(groups)), []).append(document)
    _deny(context, listing, known, found)
    if not active:
        return
    listed = {doc_id(listing.source_id, stat.key): stat.groups for stat in listing.objects}
    for move in reversed(standing(context, listing.source_id)):
        if move.new in listed:
            listed.setdefault(move.old, listed[move.new])
    notes = [context.lake.denials.reflected(*name) for name in context.lake.denials.reflections()]
    for denial in active:
        if (parse_iso(denial.listed_at) or listing.started_at) >= listing.started_at:
            continue
        over = [
            document
            for document in denial.doc_ids
            if document in listed
            and loses_readers(listed[document], denial.groups)
            and not any(denial.id in note and document not in note[denial.id] for note in notes)
        ]
        if over:
            context.lake.denials.lift(
                denial, by=context.by, comment="taken back at the source", doc_ids=over
            )
            _note(context, "widened", listing.source_id, denial.groups, over)


def _deny(
    context: Context,
    listing: Listing,
    known: Mapping[str, Mapping[str, Any]],
    found: Mapping[tuple[str, ...], Collection[str]],
) -> int:
    if not found:
        return 0
    # A narrowing that a guard keeps out of bronze is seen by every listing, and denied once.
    denied = {
        (document, denial.groups)
        for denial in _narrowings(context)
        for document in denial.doc_ids
        if document in known and _at(denial) >= known[document]["listed_at"]
    }
    total = 0
    renames = standing(context, listing.source_id)
    for groups, documents in sorted(found.items()):
        named = dict.fromkeys(documents)
        for move in reversed(renames):
            if move.new in named:
                named[move.old] = None
        fresh = [d for d in named if (d, groups) not in denied]
        if not fresh:
            continue
        context.lake.denials.add(
            "narrowed",
            doc_ids=fresh,
            groups=groups,
            source_id=listing.source_id,
            listed_at=listing.started_at,
            by=context.by,
            comment="narrowed at the source",
        )
        _note(context, "narrowed", listing.source_id, groups, fresh)
        total += len(fresh)
    return total


def reflect(
    context: Context,
    index: IndexSettings,
    state: Desired,
    candidate_id: str,
    served: Mapping[str, Served],
) -> None:
    """Note which denials a candidate's own rows hold: after its manifest, before publishing it.

    They hold a narrowing for a document that is served just as bronze has it, if bronze has it
    from the listing of the narrowing or a later one; see `withdrawing.left_over` for admission's.
    """
    active = [d for d in _reflected(context) if d.source_id in index.sources]
    if not active:
        return
    as_desired = {
        d.doc_id: d
        for d in state.documents
        if d.doc_id in served and served[d.doc_id].state_hash == state_hash(d, state.recipe.id)
    }
    left = {
        denial.id: [
            document
            for document in denial.doc_ids
            if document in served
            and (
                document not in as_desired
                or (
                    as_desired[document].row["listed_at"] < _at(denial)
                    if denial.kind == "narrowed"
                    else left_over(denial, as_desired[document])
                )
            )
        ]
        for denial in active
    }
    context.lake.denials.reflect(index.id, candidate_id, left)


def clear_away(context: Context) -> None:
    """Remove denials that the rows of everything that can be asked hold themselves."""
    denials = context.lake.denials
    now = context.clock.now()
    old = [d for d in _reflected(context) if now - (parse_iso(d.at) or now) > _KEEP]
    kept: dict[str, list[dict[str, frozenset[str]]]] = {}
    candidates: set[tuple[str, str]] = set()
    # All that lie in the lake, not only those of the settings: an index may come back.
    for path in context.lake.files.list("candidates"):
        _, index, candidate, name = path.split("/")
        manifest = context.releases.find(index, candidate) if name == "manifest.json" else None
        if manifest is None:
            continue
        candidates.add((index, candidate))
        note = denials.reflected(index, candidate)
        for source_id in manifest.sources:
            kept.setdefault(source_id, []).append(note)
    denials.remove(
        [
            denial
            for denial in old
            if all(note.get(denial.id) == frozenset() for note in kept.get(denial.source_id, []))
        ]
    )
    for name in denials.reflections():
        if name not in candidates:
            denials.forget(*name)


def _narrowings(context: Context) -> list[Denial]:
    return [d for d in context.lake.denials.active() if d.kind == "narrowed"]


def _reflected(context: Context) -> list[Denial]:
    return [d for d in context.lake.denials.active() if d.kind in REFLECTED]


def _at(denial: Denial) -> datetime:
    at = parse_iso(denial.listed_at)
    if at is None:
        raise ValueError(f"the narrowing {denial.id} has no listing")
    return at


def _note(
    context: Context, kind: str, source_id: str, groups: Collection[str], documents: list[str]
) -> None:
    body = {
        "groups": list(groups),
        "documents": len(documents),
        "sample": documents[:20],
        "at": iso(context.clock.now()),
    }
    context.lake.journal.add(context.run_id, kind, source_id, body)
