"""What a document reached: which releases of which indexes held which version of it, and when.

Of a release that is kept its own list of documents says so, exactly. Of one that retention took
the publications tell: the version that was published last before it, unless it was taken down.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.lake.ledger import Current
from freshground.service.denial.overlay import REFLECTED
from indexes import canary, publications
from indexes.plan import state_hash

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from indexes.release import Manifest

Spans = tuple[tuple[str, str | None], ...]
"""Spans of time, ISO 8601; the end of the last one is None if it goes on."""


@dataclass(frozen=True, slots=True)
class Reached:
    """A release that held a document, as `content_hash` (None where that cannot be told any more).

    `serving` are the spans of time in which the release was live, `canary` those in which it
    answered a share of the queries: of one that was only tried, `serving` is empty. `manifest` is
    None once retention took the release; `silver_id` and `groups` are known of kept ones only.
    """

    index: str
    release: int
    candidate: str
    serving: Spans
    content_hash: str | None
    silver_id: str | None
    groups: tuple[str, ...] | None
    stale: bool
    manifest: Manifest | None
    canary: Spans = ()

    def holds(self, chunk: dict[str, Any]) -> bool:
        """Return whether a gold row is one of those that the release holds, or held."""
        return (
            chunk["content_hash"] == self.content_hash
            and self.silver_id in (None, chunk["silver_id"])
            and (self.manifest is None or self.manifest.chunker_id == chunk["chunker_id"])
        )


def by_index(releases: Iterable[Reached]) -> dict[str, list[int]]:
    """Return the numbers of releases by index."""
    found: dict[str, list[int]] = {}
    for release in releases:
        found.setdefault(release.index, []).append(release.release)
    return found


def published(context: Context, index: IndexSettings, doc_id: str) -> list[dict[str, Any]]:
    """Return what releases brought of a document to an index, oldest first.

    Each has release, change (added, edited, described or removed), content_hash, groups, the times
    candidate_at and published_at, and lag_s, the freshness lag in seconds.
    """
    numbers: dict[str, Pointer] = {}
    for pointer in context.lake.pointers.history(index.id):
        numbers.setdefault(pointer.candidate, pointer)
    found: list[dict[str, Any]] = []
    for row in publications.of_document(context.lake, index.id, doc_id):
        pointer = numbers.get(row["candidate"])
        at = parse_iso(pointer.at) if pointer else None
        if pointer is None or at is None:
            continue  # a candidate that never was served
        found.append(
            {
                "index": index.id,
                "release": pointer.release,
                "change": row["change"],
                "content_hash": row["content_hash"],
                "groups": list(row["groups"] or ()),
                "candidate_at": iso(row["built_at"]),
                "published_at": pointer.at,
                "lag_s": (at - row["since"]).total_seconds() if row["since"] else None,
                "run_id": row["run_id"],
            }
        )
    return sorted(found, key=lambda row: row["release"])


def reached(
    context: Context,
    index: IndexSettings,
    doc_id: str,
    versions: Sequence[dict[str, Any]],
    parsed: Sequence[dict[str, Any]],
    brought: Sequence[dict[str, Any]],
) -> list[Reached]:
    """Return the releases of an index that hold or held a document, oldest first.

    `versions` are its bronze rows, `parsed` its silver rows, `brought` what `published` returned.
    """
    serving, tried = _serving(context, index), _tried(context, index)
    pointers = {p.release: p for p in context.lake.pointers.history(canary.name(index.id))}
    pointers |= context.releases.published(index.id)
    withheld = _withheld(context, doc_id)
    found: list[Reached] = []
    for number, pointer in sorted(pointers.items()):
        manifest = context.releases.find(index.id, pointer.candidate)
        base = Reached(
            index.id,
            number,
            pointer.candidate,
            serving.get(number, ()),
            None,
            None,
            None,
            False,
            manifest,
            tried.get(number, ()),
        )
        if manifest is not None:
            held = context.releases.served(manifest).get(doc_id)
            if held is not None:
                found.append(_version(base, held.state_hash, versions, parsed, brought))
            continue
        if number not in serving:
            continue  # tried only, and gone: nothing tells what it held
        last = next((row for row in reversed(brought) if row["release"] <= number), None)
        at = parse_iso(serving[number][0][0])
        if last is None or last["change"] == "removed" or at is None:
            continue
        if not any(start < at and (end is None or at <= end) for start, end in withheld):
            found.append(replace(base, content_hash=last["content_hash"]))
    return found


def _version(
    base: Reached,
    held: str,
    versions: Iterable[dict[str, Any]],
    parsed: Sequence[dict[str, Any]],
    brought: Sequence[dict[str, Any]],
) -> Reached:
    """Return a kept release with the version whose state it holds.

    Admission may have left it to fewer groups than its source does: `brought` tells.
    """
    recipe = base.manifest.recipe if base.manifest else ""
    left = {tuple(row["groups"]) for row in brought}
    for seen, groups in [(v, g) for v in versions for g in {tuple(v["groups"]), *left}]:
        row = {**seen, "groups": list(groups)}
        for silver in parsed:
            stale = silver["content_hash"] != row["content_hash"]
            document = Current(
                row, "", silver["content_hash"], silver["silver_id"], stale, None, None, None
            )
            if state_hash(document, recipe) == held:
                return replace(
                    base,
                    content_hash=silver["content_hash"],
                    silver_id=silver["silver_id"],
                    groups=tuple(row["groups"]),
                    stale=stale,
                )
    return base


def _serving(
    context: Context, index: IndexSettings
) -> dict[int, tuple[tuple[str, str | None], ...]]:
    """Return for each release number the spans of time in which it was live."""
    history = context.lake.pointers.history(index.id)
    found: dict[int, Spans] = {}
    for pointer, after in pairwise([*history, None]):
        if pointer is not None:
            span = (pointer.at, after.at if after else None)
            found[pointer.release] = (*found.get(pointer.release, ()), span)
    return found


def _tried(context: Context, index: IndexSettings) -> dict[int, Spans]:
    """Return for each release number the spans of time in which it was a canary."""
    live = context.lake.pointers.history(index.id)
    found: dict[int, Spans] = {}
    for pointer, after in pairwise([*context.lake.pointers.history(canary.name(index.id)), None]):
        if pointer is None or pointer.action != canary.STARTED:
            continue
        ends = [after.at] if after else []
        ends += [p.at for p in live if pointer.beside is not None and p.generation > pointer.beside]
        span = (pointer.at, min(ends, key=parse_iso, default=None))
        found[pointer.release] = (*found.get(pointer.release, ()), span)
    return found


def _withheld(context: Context, doc_id: str) -> list[tuple[datetime, datetime | None]]:
    """Return the spans of time in which a document was taken down."""
    spans: dict[str, tuple[datetime, datetime | None]] = {
        denial.id: (at, None)
        for denial in context.lake.denials.active()
        if denial.kind not in REFLECTED
        and doc_id in denial.doc_ids
        and (at := parse_iso(denial.at))
    }
    for entry in context.lake.journal.entries("takedown", "restore"):
        if doc_id not in entry.body["doc_ids"]:
            continue
        name = entry.body["denial"]
        if entry.kind == "takedown":
            spans[name] = (entry.at, spans.get(name, (entry.at, None))[1])
        else:
            spans[name] = (spans.get(name, (entry.at, None))[0], entry.at)
    return list(spans.values())
