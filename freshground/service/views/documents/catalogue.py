"""Every document in a line, kept in memory as long as lake and releases stand still."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from freshground.core.clock import iso
from freshground.lake.ledger import EXCLUDED
from freshground.service.admission.standing import standing
from freshground.service.duplicates.leaving import RULE as NEAR
from freshground.service.duplicates.leaving import left_out
from freshground.service.quarantine.listing import listed
from freshground.service.views.documents.access import Access, access
from freshground.service.views.readable import reads

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.lake.ledger import Current
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from indexes.plan import Served
    from indexes.release import Manifest

STATES = (
    "served",
    "pending",
    "excluded",
    "quarantined",
    "held",
    "stale",
    "narrowed",
    "taken down",
    "deleted",
)
"""What a document can be. `excluded`: the settings leave it out. `held`: a check keeps it out of
the next release; the last but two are said beside served."""

PAGE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One document as its newest listing has it, and what it is served as.

    `states` are some of `STATES`, the one that says most first. `groups` are those it is left to.
    `content_hash` and `silver_id` are of the version to serve, None where there is none. `reason`
    says why the settings leave it out.
    """

    doc_id: str
    source: str
    row: dict[str, Any]
    states: tuple[str, ...]
    groups: tuple[str, ...]
    content_hash: str | None
    silver_id: str | None
    title: str | None
    language: str | None
    rule: str | None
    reason: str | None
    sought: str

    @property
    def open(self) -> bool:
        """Whether its text may be shown to who reads it: it is neither deleted nor taken down."""
        return self.states[0] not in ("deleted", "taken down")

    def as_dict(self) -> dict[str, Any]:
        """Return what a list shows. Of what is taken down only that it is."""
        out = self.states[0] == "taken down"
        return {
            "doc_id": self.doc_id,
            "source": self.source,
            "key": None if out else self.row["key"],
            "uri": None if out else self.row["uri"],
            "title": self.title,
            "language": self.language,
            "states": list(self.states),
            "rule": self.rule,
            "size": None if out else self.row["size"],
            "modified_at": None if out else iso(self.row["modified_at"]),
            "groups": [] if out else list(self.groups),
        }


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All documents by source and key; `by_id` and `by_content` find them.

    `aside` are the rows of the quarantine by doc_id, `live` each index's live release and the
    documents that it holds, `twins` each index's documents that a near-duplicate stands for.
    """

    entries: tuple[Entry, ...]
    by_id: dict[str, Entry]
    by_content: dict[str, list[Entry]]
    access: Access
    aside: dict[str, dict[str, Any]]
    live: dict[str, tuple[Pointer, Manifest, dict[str, Served]]]
    twins: dict[str, dict[str, str]]


_lock = threading.Lock()
_kept: WeakKeyDictionary[Context, tuple[tuple[Any, ...], Catalogue]] = WeakKeyDictionary()


def visible(entry: Entry, reader: frozenset[str] | None) -> bool:
    """Return whether somebody sees a document in lists; of what is taken down only that it is."""
    return reads(reader, entry.groups)


def catalogue(context: Context) -> Catalogue:
    """Return all documents as they are now."""
    lake = context.lake
    live = tuple(lake.pointers.live(index.id) for index in context.settings.indexes)
    stamp = (
        lake.bronze.version,
        lake.silver.version,
        lake.admissions.version,
        lake.signatures.version,
        _failed(context),
        tuple(pointer.candidate if pointer else None for pointer in live),
        lake.denials.active(),
        lake.reviews.decisions(),
    )
    with _lock:
        kept = _kept.get(context)
        if kept is None or kept[0][:6] != stamp[:6] or not _same(kept[0][6:], stamp[6:]):
            kept = _kept[context] = (stamp, _read(context))
    return kept[1]


def _failed(context: Context) -> tuple[tuple[Any, str] | None, ...]:
    """Return what changes once a check fails: nothing else in the journal matters here."""
    newest = (
        context.lake.journal.entries("failed_check", subject=source_id, last=1)
        for source_id in context.settings.source_ids
    )
    return tuple((rows[0].at, rows[0].run_id) if rows else None for rows in newest)


def _same(ones: Iterable[object], others: Iterable[object]) -> bool:
    return all(one is other for one, other in zip(ones, others, strict=True))


def _read(context: Context) -> Catalogue:
    overlay = access(context)
    live = {
        index.id: (*found, context.releases.served(found[1]))
        for index in context.settings.indexes
        if (found := context.releases.live(index.id)) is not None
    }
    served = {doc_id for _, _, held in live.values() for doc_id in held}
    rules = {row["doc_id"]: row for row in listed(context)}
    heads = _heads(context)
    entries: list[Entry] = []
    documents = {source: standing(context, source) for source in context.settings.source_ids}
    twins = _twins(context, documents)
    for source_id in context.settings.source_ids:
        current = {document.doc_id: document for document in documents[source_id]}
        for doc_id, row in context.ledger.objects(source_id).items():
            document = current.get(doc_id)
            aside = rules.get(doc_id)
            out = any(doc_id in of for of in twins.values())
            states = _states(row, document, aside, overlay, on=doc_id in served, out=out)
            entries.append(_entry(source_id, row, document, aside, states, overlay, heads))
    entries.sort(key=lambda entry: (entry.source, entry.row["key"]))
    by_content: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.states[0] != "deleted":
            by_content.setdefault(entry.row["content_hash"], []).append(entry)
    by_id = {entry.doc_id: entry for entry in entries}
    return Catalogue(tuple(entries), by_id, by_content, overlay, rules, live, twins)


def _twins(context: Context, documents: dict[str, list[Current]]) -> dict[str, dict[str, str]]:
    return {
        index.id: left_out(context, index, [d for name in index.sources for d in documents[name]])
        for index in context.settings.indexes
    }


def _states(
    row: dict[str, Any],
    document: Current | None,
    aside: dict[str, Any] | None,
    overlay: Access,
    *,
    on: bool,
    out: bool,
) -> tuple[str, ...]:
    if row["doc_id"] in overlay.documents:
        return ("taken down",)
    if document is None:
        return ("deleted",)
    first = "served" if on else "pending"
    if not on and out:
        first = "excluded"
    more = ["stale"] if document.stale else []
    if document.state == "quarantined":
        first = "quarantined"
    elif document.state == EXCLUDED:
        first = "excluded"
    elif aside is not None:
        first = "held"
    if overlay.is_narrowed(row):
        more.append("narrowed")
    return (first, *(["served"] if on and first != "served" else []), *more)


def _entry(
    source_id: str,
    row: dict[str, Any],
    document: Current | None,
    aside: dict[str, Any] | None,
    states: tuple[str, ...],
    overlay: Access,
    heads: dict[tuple[str, str, str], tuple[str | None, str | None]],
) -> Entry:
    content = document.content_hash if document else None
    silver_id = document.silver_id if document else None
    title, language = heads.get((row["doc_id"], content or "", silver_id or ""), (None, None))
    return Entry(
        row["doc_id"],
        source_id,
        row,
        states,
        # Admission and labels may have left it to fewer groups than its source says.
        overlay.groups(document.row if document else row),
        content,
        silver_id,
        title,
        language,
        _rule(document, aside, states),
        document.reason if document is not None and document.state == EXCLUDED else None,
        "\n".join((row["doc_id"], row["key"], row["uri"], title or "")).casefold(),
    )


def _rule(
    document: Current | None, aside: dict[str, Any] | None, states: tuple[str, ...]
) -> str | None:
    if aside is not None and states[0] != "taken down":
        return aside["rule"]
    if states[0] != "excluded" or document is None:
        return None
    return document.rule if document.state == EXCLUDED else NEAR


def _heads(context: Context) -> dict[tuple[str, str, str], tuple[str | None, str | None]]:
    """Return title and language of everything that was parsed."""
    table = context.lake.silver.rows(
        "SELECT doc_id, content_hash, silver_id, title, language FROM t WHERE status = 'ok'"
    )
    names = ("doc_id", "content_hash", "silver_id", "title", "language")
    columns = [table.column(name).to_pylist() for name in names]
    return {row[:3]: row[3:] for row in zip(*columns, strict=True)}
