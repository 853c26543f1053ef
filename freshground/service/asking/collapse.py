"""One hit for a passage that stands at several addresses, and of those what its reader may see.

Rows come here after access: what a reader may not see is neither shown, nor chosen, nor counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso
from freshground.core.ids import passage_id
from indexes.filters.ast import And, In
from indexes.schema import PASSAGE
from indexes.search.collapse import COPIES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexes.engines.contract import Reader
    from indexes.filters.ast import Filter

_ADDRESS = ("chunk_id", "doc_id", "source_id", "key", "uri", "title", "modified_at")


def distinct(hits: Sequence[dict[str, Any]], k: int) -> list[dict[str, Any]]:
    """Return the best `k` passages of hits in their order, each with its rank and `passage`."""
    found: dict[str, dict[str, Any]] = {}
    for hit in hits:
        # A release of an older Freshground has no column for it.
        passage = hit.get(PASSAGE) or passage_id(hit["text"])
        found.setdefault(passage, {**hit, PASSAGE: passage})
    best = list(found.values())[:k]
    return [{**hit, "rank": rank} for rank, hit in enumerate(best, 1)]


def with_copies(
    reader: Reader,
    hits: Sequence[dict[str, Any]],
    where: Filter | None,
    groups: frozenset[str] | None,
) -> list[dict[str, Any]]:
    """Return hits with `copies`, other addresses of the passage, and `copy_count`, how many.

    What the filter leaves out is no address either. Of an older release none are known.
    """
    found: dict[str, list[dict[str, Any]]] = {hit[PASSAGE]: [] for hit in hits}
    if hits and PASSAGE in reader.schema.names:
        same = In(PASSAGE, tuple(found))
        wanted = same if where is None else And((where, same))
        rows = reader.rows([*_ADDRESS, PASSAGE], where=wanted, groups=groups).to_pylist()
        for row in sorted(rows, key=lambda row: row["chunk_id"]):
            row["source_modified_at"] = iso(row.pop("modified_at"))
            found[row.pop(PASSAGE)].append(row)
    told = []
    for hit in hits:
        others = [row for row in found[hit[PASSAGE]] if row["chunk_id"] != hit["chunk_id"]]
        told.append({**hit, "copies": others[:COPIES], "copy_count": len(others)})
    return told
