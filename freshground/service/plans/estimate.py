"""What a plan will cost: chunks, tokens, money and seconds, from the past of each source.

Exact where a document is cut already; else from the bytes a chunk took in documents of the same
suffix of that source, or of the whole source; without any past from a rule of thumb.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from freshground.service.desired import desired

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from freshground.core.records import ObjectStat
    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from ingestion.difference import Difference, Edit

BYTES_PER_TOKEN = 4
"""Of plain English text. Formats that carry more than text hold fewer tokens a byte."""

_FULL = 0.65
"""Share of a chunk's greatest size that is used, on the average."""

_ROWS = 400
"""Stage rows that are looked back on."""

_READ_DOCUMENTS = 200


@dataclass(frozen=True, slots=True)
class Cost:
    """Chunks to embed and their tiktoken tokens, headings included."""

    chunks: float = 0.0
    tokens: float = 0.0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.chunks + other.chunks, self.tokens + other.tokens)


@dataclass(frozen=True)
class Load:
    """What a source brings that the lake does not hold yet. Moves bring no text."""

    adds: tuple[ObjectStat, ...] = ()
    edits: tuple[Edit, ...] = ()
    moves: int = 0
    removed: int = 0
    gone: frozenset[str] = frozenset()
    """Documents whose version in the lake will not be served: edited or deleted."""

    @classmethod
    def of(
        cls,
        difference: Difference,
        deferred: Collection[str],
        never_parsed: Callable[[ObjectStat], bool],
    ) -> Load:
        """Return the load of a difference; reads what is needed.

        Left out are keys that wait, and what is never parsed.
        """
        waiting = set(deferred)

        def counts(stat: ObjectStat) -> bool:
            return stat.key not in waiting and not never_parsed(stat)

        edits = tuple(e for e in difference.edits if counts(e.stat))
        gone = {row["doc_id"] for row in difference.changes.deleted}
        gone |= {difference.id_of(edit.stat) for edit in edits}
        return cls(
            tuple(s for s in difference.added if counts(s)),
            edits,
            len(difference.moved),
            len(difference.deleted),
            frozenset(gone),
        )

    @property
    def documents(self) -> int:
        """Documents to read, parse and cut."""
        return len(self.adds) + len(self.edits) + self.moves


@dataclass
class Past:
    """Bytes, chunks and tokens of a source's documents that are cut, by suffix and in all."""

    max_tokens: int
    sums: dict[str, list[float]] = field(default_factory=lambda: defaultdict(lambda: [0.0] * 3))

    def add(self, key: str, size: int, chunks: int, tokens: float) -> None:
        """Take in one document."""
        for name in (_suffix(key), ""):
            for place, value in enumerate((size, chunks, tokens)):
                self.sums[name][place] += value

    @property
    def known(self) -> bool:
        """Whether there is any past."""
        return "" in self.sums

    def cost(self, key: str, size: int | None) -> Cost:
        """Return what a whole document probably costs; a chunk at least."""
        suffix = _suffix(key)
        length, chunks, tokens = self.sums.get(suffix if suffix in self.sums else "", (0.0,) * 3)
        if not length or not chunks:
            per_chunk = _FULL * self.max_tokens
            count = max(1.0, (size or 0) / (per_chunk * BYTES_PER_TOKEN))
            return Cost(count, count * per_chunk)
        # Without a size: a chunk. Sources that tell none are rare, and their past tells no more.
        count = max(1.0, (size or 0) * chunks / length)
        return Cost(count, count * tokens / chunks)

    def cost_of_edit(self, edit: Edit) -> Cost:
        """Return what an edit probably costs: the fresh lines, and the chunk that they begin in."""
        whole = self.cost(edit.stat.key, edit.stat.size)
        share = min(1.0, edit.fresh_bytes / edit.stat.size) if edit.stat.size else 1.0
        count = min(whole.chunks, whole.chunks * share + 1.0)
        return Cost(count, count * whole.tokens / whole.chunks)


def _suffix(key: str) -> str:
    return PurePosixPath(key).suffix.lower() or "."


def past_of(context: Context, index: IndexSettings, source_id: str) -> Past:
    """Return what is known of a source's documents as an index's chunker cuts them."""
    past = Past(context.settings.chunking_of(index).max_tokens)
    cut = context.ledger.cut_sizes(source_id, context.chunker(index).id)
    for row in context.ledger.live(source_id).values():
        sizes = cut.get((row["doc_id"], row["content_hash"]))
        if sizes is not None and row["size"]:
            past.add(row["key"], row["size"], *sizes)
    return past


def lake_cost(
    context: Context,
    index: IndexSettings,
    state: Desired,
    known: set[str],
    gone: frozenset[str] = frozenset(),
) -> tuple[Cost, Cost]:
    """Return the exact and the estimated cost of what the lake holds and the index has not.

    `known` are the texts that have vectors; those counted here are added to it.
    """
    written = [d for d in state.build.written if d.doc_id not in gone]
    exact = _exact(context, index, [d for d in written if d.doc_id not in state.uncut], known)
    pasts = {source_id: past_of(context, index, source_id) for source_id in index.sources}
    rough = Cost()
    for document in _unready(state, written):
        row = document.row
        if row["doc_id"] not in gone and row["rule"] is None:
            rough += pasts[row["source_id"]].cost(row["key"], row["size"])
    return exact, rough


def _unready(state: Desired, written: Iterable[Current]) -> list[Current]:
    """Return documents that are not cut, or not even parsed."""
    found = {d.doc_id: d for d in written if d.doc_id in state.uncut}
    found |= {d.doc_id: d for d in state.documents if d.state == "pending"}
    return list(found.values())


def _exact(
    context: Context, index: IndexSettings, documents: list[Current], known: set[str]
) -> Cost:
    chunks, tokens = 0, 0.0
    chunker_id = context.chunker(index).id
    for start in range(0, len(documents), _READ_DOCUMENTS):
        rows = context.ledger.gold_rows(documents[start : start + _READ_DOCUMENTS], chunker_id)
        columns = (rows.column(c).to_pylist() for c in ("embed_hash", "tokens", "text"))
        for key, count, text, embedded in zip(
            *columns, rows.column("embed_text").to_pylist(), strict=True
        ):
            if key in known:
                continue
            known.add(key)
            chunks += 1
            tokens += count * len(embedded) / max(1, len(text))
    return Cost(chunks, tokens)


def estimate_indexes(context: Context, loads: dict[str, Load]) -> list[dict[str, Any]]:
    """Return for each index what the lake holds for it, and what it will cost to embed.

    A text that two indexes want in one embedding space is embedded once: the first one pays.
    """
    known: dict[str, set[str]] = {}
    paid: set[tuple[str, str, str]] = set()
    rows: list[dict[str, Any]] = []
    for index in context.settings.indexes:
        state = desired(context, index)
        space = state.recipe.space_id
        if space not in known:
            known[space] = context.ledger.known_vectors(space)
        own = {s: loads[s] for s in index.sources if s in loads}
        gone = frozenset().union(*(load.gone for load in own.values()))
        exact, rough = lake_cost(context, index, state, known[space], gone)
        thumb = False
        for source_id, load in own.items():
            place = (source_id, state.recipe.chunker_id, space)
            if place in paid:
                continue
            paid.add(place)
            past = past_of(context, index, source_id)
            thumb |= not past.known and bool(load.adds)
            for stat in load.adds:
                rough += past.cost(stat.key, stat.size)
            for edit in load.edits:
                rough += past.cost_of_edit(edit)
        price = context.settings.encoder_of(index).price_per_million_tokens
        tokens = round(exact.tokens + rough.tokens)
        pending = state.pending + len(state.uncut)
        rows.append(
            {
                "index": index.id,
                "live_release": state.live[1].release if state.live else None,
                "work": bool(pending) or not state.plan.empty,
                "documents_in_progress": pending,
                "added": len(state.plan.added),
                "changed": len(state.plan.changed),
                "removed": len(state.plan.removed),
                "chunks_to_embed": round(exact.chunks + rough.chunks),
                "chunks_known": round(exact.chunks),
                "by_rule_of_thumb": thumb,
                "tokens": tokens,
                "price_per_million_tokens": price,
                "money": round(tokens * price / 1e6, 6),
            }
        )
    return rows


def estimate_seconds(
    context: Context, loads: dict[str, Load], indexes: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the sums over all indexes, and the seconds of each stage by its own past.

    A stage that has work and no past has None seconds, and then so has the whole.
    """
    documents = sum(load.documents for load in loads.values())
    waiting = sum(row["documents_in_progress"] for row in indexes)
    removed = sum(load.removed for load in loads.values())
    chunks = sum(row["chunks_to_embed"] for row in indexes)
    changed = sum(row["added"] + row["changed"] + row["removed"] for row in indexes)
    units = {
        "ingest": documents + removed,
        "silver": documents + waiting,
        "admit": documents + waiting,
        "gold": chunks,
        "embed": chunks,
        "build": documents + removed + changed,
    }
    past: dict[str, list[tuple[float, float]]] = {name: [] for name in units}
    for row in context.lake.journal.entries("stage", last=_ROWS):
        if row.body["stage"] in past and row.body["outcome"] in ("done", "quarantined"):
            past[row.body["stage"]].append((_units(row.body), row.body["seconds"]))
    seconds = {name: predict(past[name], count) for name, count in units.items() if count}
    known = [value for value in seconds.values() if value is not None]
    return {
        "documents": documents,
        "chunks_to_embed": chunks,
        "tokens": sum(row["tokens"] for row in indexes),
        "money": round(sum(row["money"] for row in indexes), 6),
        "seconds": round(sum(known), 3) if len(known) == len(seconds) else None,
        "seconds_by_stage": {k: None if v is None else round(v, 3) for k, v in seconds.items()},
    }


_COUNTED = {
    "ingest": ("added", "changed", "removed", "touched", "verified"),
    "silver": ("parsed", "quarantined"),
    "admit": ("judged",),
    "gold": ("chunks",),
    "embed": ("texts_embedded",),
    "build": ("added", "changed", "removed"),
}


def _units(body: dict[str, Any]) -> float:
    return float(sum(body.get(name, 0) for name in _COUNTED[body["stage"]]))


def predict(past: list[tuple[float, float]], units: float) -> float | None:
    """Return the seconds of `units` of work from past (units, seconds), or None without a past.

    A straight line by least squares; where it would start or lean below zero, in proportion.
    """
    if not past:
        return None
    count, total = sum(u for u, _ in past), sum(s for _, s in past)
    mean, height = count / len(past), total / len(past)
    spread = sum((u - mean) ** 2 for u, _ in past)
    if spread:
        slope = sum((u - mean) * (s - height) for u, s in past) / spread
        start = height - slope * mean
        if slope >= 0 and start >= 0:
            return start + slope * units
    return height if not count else total / count * units
