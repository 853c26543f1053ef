"""The versions of an object, and every time of each: from its source to the releases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.lake.journal import Entry

_SAME = ("content_hash", "state", "groups", "moved_from", "uri")
"""Two listings that agree in these saw the same version."""


def object_versions(
    rows: Sequence[dict[str, Any]],
    parsed: Sequence[dict[str, Any]],
    cut: Sequence[dict[str, Any]],
    brought: Sequence[dict[str, Any]],
    stages: Sequence[Entry],
) -> list[dict[str, Any]]:
    """Return each version of an object, oldest first, with all its times.

    A version is what listings saw without a difference in content, access or address; its times
    are of the first of them. `published` says when which index got it.
    """
    done = {(e.run_id, e.body["stage"], e.subject): e.at for e in stages}
    found: list[dict[str, Any]] = []
    for row in rows:
        if found and all(found[-1]["_row"][name] == row[name] for name in _SAME):
            continue
        silver = [s for s in parsed if s["content_hash"] == row["content_hash"]]
        gold = [
            at
            for c in cut
            if c["content_hash"] == row["content_hash"]
            and (at := done.get((c["run_id"], "gold", row["source_id"]))) is not None
        ]
        live = row["state"] == "live"
        found.append(
            {
                "_row": row,
                "content_hash": row["content_hash"],
                "state": row["state"],
                "size": row["size"],
                "groups": row["groups"],
                "uri": row["uri"],
                "modified_at": iso(row["modified_at"]),
                "observed_at": iso(row["first_listed_at"] if live else row["listed_at"]),
                "listed_at": iso(row["listed_at"]),
                "bronze_at": iso(done.get((row["run_id"], "ingest", row["source_id"]))),
                "silver_at": iso(silver[0]["parsed_at"]) if live and silver else None,
                "gold_at": iso(min(gold)) if live and gold else None,
                "run_id": row["run_id"],
                "rule": row["rule"],
                "reason": row["reason"],
                "published": [],
            }
        )
    for row in brought:
        _assign(found, row)
    return [{k: v for k, v in version.items() if k != "_row"} for version in found]


def _assign(versions: Sequence[dict[str, Any]], row: dict[str, Any]) -> None:
    """Note a publication with the newest version that it can be of."""
    removed = row["change"] == "removed"
    built = parse_iso(row["candidate_at"])
    for version in reversed(versions):
        if built is not None and version["_row"]["listed_at"] > built:
            continue
        if removed != (version["state"] == "deleted"):
            continue
        if version["content_hash"] == row["content_hash"] and (
            removed or list(version["groups"]) == row["groups"]
        ):
            kept = ("index", "release", "change", "candidate_at", "published_at", "lag_s")
            version["published"].append({name: row[name] for name in kept})
            return
