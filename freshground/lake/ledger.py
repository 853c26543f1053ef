"""What the tables say now: which objects are live, what each stage still has to do.

The tables only grow; the ledger says which row of a document counts. Bronze: the row of the newest
listing. Silver and gold: the rows made from the bytes that bronze names, by the present parser and
chunker. A document whose bytes cannot be served keeps its last good version, marked stale.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.lake import commits
from freshground.lake.tables import among, quoted, records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    import pyarrow as pa

    from freshground.lake.lake import Lake
    from freshground.lake.tables import Table


CONTAINER = "container"
"""The rule under which an archive is accounted, which is nothing but its parts."""

_FILES_KEPT = 1_000
"""Data files of which it is remembered whose rows they hold."""


EXCLUDED = "excluded"
"""The state of a document that settings leave out: no document to be served, by `rule`."""


@dataclass(frozen=True, slots=True)
class Current:
    """What a live document is to be served as.

    `content_hash` and `silver_id` name the version served: the object's own, or the last good one
    (`stale`), or None where there is nothing to serve. `state` is ok, quarantined, pending, or
    excluded: left out by what the settings of its source or index say. `row` is bronze's, its
    groups those that are left. `matters` are the rules, each with its version, by which admission
    keeps it from everybody; `let_through` those by which it would, had nobody released it.
    """

    row: dict[str, Any]
    state: str
    content_hash: str | None
    silver_id: str | None
    stale: bool
    rule: str | None
    reason: str | None
    quarantined_at: datetime | None
    matters: tuple[tuple[str, str], ...] = ()
    let_through: tuple[tuple[str, str], ...] = ()

    @property
    def doc_id(self) -> str:
        """The document's id."""
        return self.row["doc_id"]


def in_shard(doc_id: str, shard: tuple[int, int] | None) -> bool:
    """Return whether a document belongs to shard `(number, of)`; every one does to None."""
    return shard is None or int(doc_id[:8], 16) % shard[1] == shard[0]


class Ledger:
    """Questions to one lake. Answers are kept as long as the table behind them stands still."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._kept: dict[tuple[str, ...], tuple[tuple[int, ...], Any]] = {}
        self._sources: dict[str, frozenset[str]] = {}
        self._turns: dict[tuple[str, ...], threading.RLock] = {}

    def keep(self, tables: tuple[Table, ...], key: tuple[str, ...], read: Callable[[], Any]) -> Any:
        """Return what `read` returned for a key while the tables bring nothing new of a source.

        The key is what is asked, then the source's id. Whoever gets the answer shares it.
        """
        # Of many threads that ask after a commit, one reads.
        with self._turns.setdefault(key, threading.RLock()):
            versions = tuple(table.version for table in tables)
            kept = self._kept.get(key)
            if kept is None or kept[0] != versions:
                same = kept is not None and self._untouched(tables, key[1], kept[0], versions)
                found = kept[1] if kept is not None and same else read()
                kept = self._kept[key] = (versions, found)
            return kept[1]

    def _untouched(
        self,
        tables: tuple[Table, ...],
        source_id: str,
        seen: tuple[int, ...],
        versions: tuple[int, ...],
    ) -> bool:
        """Return whether no commit since brought rows of a source: others need not be read anew."""
        for table, before, now in zip(tables, seen, versions, strict=True):
            paths = commits.added(self._lake.files, f"tables/{table.name}", before, now)
            if paths is None:
                return False
            if any(self._holds(table, path, source_id) for path in paths):
                return False
        return True

    def _holds(self, table: Table, path: str, source_id: str) -> bool:
        """Return whether a data file has rows of a source, or is gone and may have had some."""
        found = self._sources.get(path)
        if found is None:
            rows = commits.read(self._lake.files, path, table.schema, ["source_id"])
            if rows is None:
                return True
            if len(self._sources) >= _FILES_KEPT:
                self._sources.clear()
            found = frozenset(rows.column("source_id").unique().to_pylist())
            self._sources[path] = found
        return source_id in found

    def objects(self, source_id: str) -> dict[str, dict[str, Any]]:
        """Return the newest bronze row of each document of a source, deleted ones too.

        In the order of doc_ids.
        """
        return self.keep(
            (self._lake.bronze,), ("objects", source_id), lambda: self._read_objects(source_id)
        )

    def _read_objects(self, source_id: str) -> dict[str, dict[str, Any]]:
        table = self._lake.bronze.rows(
            "SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY doc_id "
            "ORDER BY listed_at DESC, state, content_hash) AS n "
            f"FROM t WHERE source_id = {quoted([source_id])}) WHERE n = 1 ORDER BY doc_id"
        )
        return {row["doc_id"]: row for row in records(table.drop_columns(["n"]))}

    def live(self, source_id: str) -> dict[str, dict[str, Any]]:
        """Return the newest bronze row of each document that is not deleted."""
        return {k: row for k, row in self.objects(source_id).items() if row["state"] == "live"}

    def deletions(self, source_id: str, since: datetime) -> int:
        """Return how many documents have been deleted by listings after `since`, moves aside."""
        table = self._lake.bronze.rows(
            "SELECT count(DISTINCT doc_id) AS n FROM t WHERE state = 'deleted' "
            f"AND rule IS NULL AND source_id = {quoted([source_id])} "
            f"AND listed_at > TIMESTAMP '{since.isoformat()}'"
        )
        return int(table.column("n")[0].as_py())

    def containers(self, source_id: str, opened_by: str) -> dict[str, dict[str, Any]]:
        """Return what was found in a source's containers by what opens them now, by hash."""
        if not self._lake.containers.version:
            return {}
        return self.keep(
            (self._lake.containers,),
            ("containers", source_id, opened_by),
            lambda: self._read_containers(source_id, opened_by),
        )

    def _read_containers(self, source_id: str, opened_by: str) -> dict[str, dict[str, Any]]:
        table = self._lake.containers.rows(
            "SELECT content_hash, kind, bare, parts, rule, reason FROM t "
            f"WHERE opened_by = {quoted([opened_by])} AND source_id = {quoted([source_id])}"
        )
        return {row["content_hash"]: row for row in table.to_pylist()}

    def opened_ever(self, source_id: str) -> frozenset[str]:
        """Return the hashes of all that was found to be a container, by whatever opened it."""
        if not self._lake.containers.version:
            return frozenset()
        return self.keep(
            (self._lake.containers,),
            ("opened", source_id),
            lambda: frozenset(
                self._lake.containers.rows(
                    "SELECT DISTINCT content_hash FROM t WHERE kind IS NOT NULL "
                    f"AND source_id = {quoted([source_id])}"
                )
                .column("content_hash")
                .to_pylist()
            ),
        )

    def _silver_states(self, source_id: str) -> dict[tuple[str, str, str], dict[str, Any]]:
        return self.keep(
            (self._lake.silver,), ("silver", source_id), lambda: self._read_silver(source_id)
        )

    def _read_silver(self, source_id: str) -> dict[tuple[str, str, str], dict[str, Any]]:
        table = self._lake.silver.rows(
            "SELECT doc_id, content_hash, silver_id, status, rule, reason, parsed_at "
            f"FROM t WHERE source_id = {quoted([source_id])} AND masked_from IS NULL "
            "ORDER BY parsed_at, status DESC"
        )
        found: dict[tuple[str, str, str], dict[str, Any]] = {}
        for row in records(table):
            key = (row["doc_id"], row["content_hash"], row["silver_id"])
            before = found.get(key)
            found[key] = {**row, "tries": before["tries"] + 1 if before else 1}
        return found

    def current(self, source_id: str, silver_id: str) -> list[Current]:
        """Return every live document of a source with what it is to be served as, by doc_id."""
        return self.keep(
            (self._lake.bronze, self._lake.silver),
            ("current", source_id, silver_id),
            lambda: self._read_current(source_id, silver_id),
        )

    def _read_current(self, source_id: str, silver_id: str) -> list[Current]:
        live = self.live(source_id)
        silver = self._silver_states(source_id)
        states = {
            doc_id: silver.get((doc_id, row["content_hash"], silver_id))
            for doc_id, row in live.items()
        }
        lacking = {d for d, state in states.items() if state is None or state["status"] != "ok"}
        good = self._last_good(source_id, lacking, silver)
        return [_current(row, states[d], good.get(d), silver_id) for d, row in live.items()]

    def _last_good(
        self,
        source_id: str,
        wanted: set[str],
        silver: dict[tuple[str, str, str], dict[str, Any]],
    ) -> dict[str, dict[str, Any]]:
        """Return, by doc_id, the newest good silver row of content seen since the last deletion."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for (doc_id, _, _), row in silver.items():
            if row["status"] == "ok" and doc_id in wanted:
                rows.setdefault(doc_id, []).append(row)
        if not rows:
            return {}
        history = self._lake.bronze.rows(
            "SELECT doc_id, content_hash, state FROM t "
            f"WHERE source_id = {quoted([source_id])} ORDER BY listed_at"
        )
        orders: dict[str, dict[str, int]] = {doc_id: {} for doc_id in rows}
        columns = (history.column(name).to_pylist() for name in history.column_names)
        for place, (doc_id, content, state) in enumerate(zip(*columns, strict=True)):
            order = orders.get(doc_id)
            if order is None:
                continue
            if state == "deleted":
                order.clear()
            else:
                order[content] = place
        found: dict[str, dict[str, Any]] = {}
        for doc_id, order in orders.items():
            good = [s for s in rows[doc_id] if s["content_hash"] in order]
            if good:
                found[doc_id] = max(
                    good,
                    key=lambda s: (order[s["content_hash"]], s["parsed_at"]),
                )
        return found

    def silver_pending(
        self, source_id: str, silver_id: str, shard: tuple[int, int] | None = None
    ) -> list[dict[str, Any]]:
        """Return the bronze rows whose bytes the present parser has not seen, or is to try again.

        One that a person has replayed is pending until there is one more row of it.
        """
        done = self._silver_states(source_id)
        again = {
            matter.key[:2]: int(matter.seen)
            for matter, _ in self._lake.reviews.decisions().again.values()
            if matter.version == silver_id and matter.seen.isdigit()
        }

        def wanted(doc_id: str, content: str) -> bool:
            state = done.get((doc_id, content, silver_id))
            if state is None:
                return True
            return state["status"] != "ok" and state["tries"] <= again.get((doc_id, content), 0)

        return [
            row
            for doc_id, row in sorted(self.live(source_id).items())
            if row["holds"] is None
            and in_shard(doc_id, shard)
            and wanted(doc_id, row["content_hash"])
        ]

    def attempts(self, source_id: str, silver_id: str) -> dict[tuple[str, str], int]:
        """Return how often the parser set each (doc_id, content_hash) aside: what a replay saw."""
        return {
            key[:2]: state["tries"]
            for key, state in self._silver_states(source_id).items()
            if key[2] == silver_id and state["status"] != "ok"
        }

    def chunked(self, source_id: str, chunker_id: str) -> set[tuple[str, str, str]]:
        """Return (doc_id, content_hash, silver_id) of every document cut by a chunker."""
        return self.keep(
            (self._lake.gold,),
            ("chunked", source_id, chunker_id),
            lambda: self._read_chunked(source_id, chunker_id),
        )

    def _read_chunked(self, source_id: str, chunker_id: str) -> set[tuple[str, str, str]]:
        table = self._lake.gold.rows(
            "SELECT doc_id, content_hash, silver_id FROM t WHERE ordinal = 0 "
            f"AND chunker_id = {quoted([chunker_id])} AND source_id = {quoted([source_id])}"
        )
        columns = (table.column(name).to_pylist() for name in table.column_names)
        return set(zip(*columns, strict=True))

    def cut_sizes(
        self, source_id: str, chunker_id: str
    ) -> dict[tuple[str, str], tuple[int, float]]:
        """Return chunks and tokens, headings included, by (doc_id, content_hash) of what is cut."""
        return self.keep(
            (self._lake.gold,),
            ("sizes", source_id, chunker_id),
            lambda: self._read_sizes(source_id, chunker_id),
        )

    def _read_sizes(
        self, source_id: str, chunker_id: str
    ) -> dict[tuple[str, str], tuple[int, float]]:
        table = self._lake.gold.rows(
            "SELECT doc_id, content_hash, max(ordinal) + 1 AS chunks, sum(tokens * 1.0 "
            "* character_length(embed_text) / character_length(text)) AS tokens FROM t "
            f"WHERE chunker_id = {quoted([chunker_id])} AND source_id = {quoted([source_id])} "
            "AND character_length(text) > 0 GROUP BY doc_id, content_hash"
        )
        return {
            (row["doc_id"], row["content_hash"]): (row["chunks"], row["tokens"])
            for row in table.to_pylist()
        }

    def gold_pending(
        self,
        source_id: str,
        documents: Sequence[Current],
        chunker_id: str,
        shard: tuple[int, int] | None = None,
    ) -> list[Current]:
        """Return those of a source's documents to serve whose version a chunker has not cut."""
        done = self.chunked(source_id, chunker_id)
        return [
            document
            for document in documents
            if document.content_hash is not None
            and in_shard(document.doc_id, shard)
            and (document.doc_id, document.content_hash, document.silver_id) not in done
        ]

    def silver_rows(
        self, documents: Sequence[Current], columns: Sequence[str] = ("*",)
    ) -> pa.Table:
        """Return the silver rows, text included, of the versions to serve. For small batches.

        `columns` narrows them; it holds what names a version.
        """
        wanted = {(d.doc_id, d.content_hash, d.silver_id) for d in documents}
        ids = among("doc_id", [d.doc_id for d in documents])
        table = self._lake.silver.rows(
            f"SELECT {', '.join(columns)} FROM t WHERE status = 'ok' AND {ids}"
        )
        return _first_of(table, ("doc_id", "content_hash", "silver_id"), wanted)

    def said(self, source_id: str) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Return the metadata of every good silver row, by (doc_id, content_hash, silver_id)."""
        return self.keep(
            (self._lake.silver,), ("said", source_id), lambda: self._read_said(source_id)
        )

    def _read_said(self, source_id: str) -> dict[tuple[str, str, str], dict[str, Any]]:
        table = self._lake.silver.rows(
            "SELECT doc_id, content_hash, silver_id, metadata FROM t WHERE status = 'ok' "
            f"AND source_id = {quoted([source_id])} AND masked_from IS NULL"
        )
        columns = (table.column(name).to_pylist() for name in table.column_names)
        return {row[:3]: json.loads(row[3]) for row in zip(*columns, strict=True)}

    def silver_heads(self, documents: Sequence[Current]) -> dict[str, dict[str, Any]]:
        """Return title, language and metadata of the versions to serve, by doc_id."""
        wanted = {(d.doc_id, d.content_hash, d.silver_id) for d in documents}
        ids = among("doc_id", [d.doc_id for d in documents])
        table = self._lake.silver.rows(
            "SELECT doc_id, content_hash, silver_id, title, language, metadata FROM t "
            f"WHERE status = 'ok' AND {ids}"
        )
        kept = _first_of(table, ("doc_id", "content_hash", "silver_id"), wanted)
        return {
            row["doc_id"]: {
                "title": row["title"],
                "language": row["language"],
                "metadata": json.loads(row["metadata"]),
            }
            for row in kept.to_pylist()
        }

    def gold_rows(self, documents: Sequence[Current], chunker_id: str) -> pa.Table:
        """Return the chunks of the versions to serve, by document and order. For small batches."""
        wanted = {(d.doc_id, d.content_hash, d.silver_id) for d in documents}
        ids = among("doc_id", [d.doc_id for d in documents])
        table = self._lake.gold.rows(
            f"SELECT * FROM t WHERE chunker_id = {quoted([chunker_id])} AND {ids}"
        )
        kept = _first_of(table, ("doc_id", "content_hash", "silver_id"), wanted, also=("ordinal",))
        return kept.sort_by([("doc_id", "ascending"), ("ordinal", "ascending")])

    def text_hashes(self, documents: Sequence[Current], chunker_id: str) -> set[str]:
        """Return the embed hashes of all chunks of the versions to serve; reads no text."""
        wanted = {(d.doc_id, d.content_hash, d.silver_id) for d in documents}
        columns = ("doc_id", "content_hash", "silver_id", "embed_hash")
        table = self._lake.gold.rows(
            f"SELECT {', '.join(columns)} FROM t WHERE chunker_id = {quoted([chunker_id])}"
        )
        rows = zip(*(table.column(name).to_pylist() for name in columns), strict=True)
        return {embed_hash for *key, embed_hash in rows if tuple(key) in wanted}

    def known_vectors(self, space_id: str) -> set[str]:
        """Return the embed hashes that have a vector in a space."""
        table = self._lake.vectors.rows(
            f"SELECT embed_hash FROM t WHERE space_id = {quoted([space_id])}"
        )
        return set(table.column("embed_hash").to_pylist())

    def vectors(self, space_id: str, hashes: Sequence[str]) -> dict[str, list[float]]:
        """Return the vectors of texts, as far as there are any."""
        if not hashes:
            return {}
        table = self._lake.vectors.rows(
            f"SELECT embed_hash, vector FROM t WHERE space_id = {quoted([space_id])} "
            f"AND {among('embed_hash', hashes)}"
        )
        return dict(zip(table["embed_hash"].to_pylist(), table["vector"].to_numpy(), strict=True))

    def versions(self, doc_id: str) -> Iterator[dict[str, Any]]:
        """Yield every bronze row of a document, oldest first."""
        table = self._lake.bronze.rows(
            f"SELECT * FROM t WHERE doc_id = {quoted([doc_id])} ORDER BY listed_at"
        )
        yield from records(table)


def _current(
    row: dict[str, Any],
    state: dict[str, Any] | None,
    good: dict[str, Any] | None,
    silver_id: str,
) -> Current:
    """Return what a live document is to be served as; `good` is its last good silver row."""
    if row["holds"] is not None:
        why = f"It is an archive: its {row['holds']} parts are documents of their own."
        return Current(row, EXCLUDED, None, None, False, CONTAINER, why, None)
    if state is not None and state["status"] == "ok":
        return Current(row, "ok", row["content_hash"], silver_id, False, None, None, None)
    rule, reason, at = (
        (state["rule"], state["reason"], state["parsed_at"]) if state else (None, None, None)
    )
    return Current(
        row,
        "quarantined" if state else "pending",
        good["content_hash"] if good else None,
        good["silver_id"] if good else None,
        good is not None and state is not None,
        rule,
        reason,
        at,
    )


def _first_of(
    table: pa.Table, key: tuple[str, ...], wanted: set[Any], also: tuple[str, ...] = ()
) -> pa.Table:
    """Return the wanted rows, each (key, also) once: two workers may have made the same row."""
    seen: set[Any] = set()
    take: list[int] = []
    keys = zip(*(table.column(name).to_pylist() for name in key), strict=True)
    others = (
        zip(*(table.column(name).to_pylist() for name in also), strict=True)
        if also
        else (() for _ in range(table.num_rows))
    )
    for place, (row, other) in enumerate(zip(keys, others, strict=True)):
        if row in wanted and (row, other) not in seen:
            seen.add((row, other))
            take.append(place)
    return table.take(take)
