"""Releases: manifests of candidates, publishing, rollback, retention.

A candidate's manifest and documents lie under `candidates/<index>/<candidate>/`. It becomes a
release when the pointer names it, and not before.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso, parse_iso
from freshground.core.errors import ConfigError, Fatal, Retriable
from indexes import canary
from indexes.candidate import pack, unpack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from freshground.lake.lake import Lake
    from freshground.lake.pointers import Pointer
    from indexes.engines.contract import Engine
    from indexes.plan import Served

UNFINISHED_AFTER = timedelta(hours=24)
"""Age at which a candidate that was never published is taken for abandoned."""

READERS_LEAVE = timedelta(hours=1)
"""Time that a release outlives being replaced: a reader that has found it may still read it."""


@dataclass(frozen=True)
class Manifest:
    """Everything there is to know of one candidate or release. Times are ISO 8601 in UTC.

    `sources` maps a source to its listing: `listed_at` (its as-of), `objects`, `watermark` (the
    newest modification time). `gates` is a list of check results. `engine_version` is what the
    engine opens. `calibration` holds the fusion's units, measured when the index had
    `calibrated_rows` rows. `code` and `settings` are the versions that it was made with.
    """

    index: str
    candidate: str
    release: int
    parent: int | None
    as_of: str | None
    created_at: str
    run_id: str
    by: str
    sources: dict[str, dict[str, Any]]
    recipe: str
    space: dict[str, Any]
    runtime: str
    chunker_id: str
    schema_version: int
    counts: dict[str, int]
    gates: list[dict[str, Any]]
    verdict: str
    sla: dict[str, Any]
    engine: dict[str, Any]
    engine_version: str
    release_hash: str
    code: str
    calibration: dict[str, Any] | None = None
    calibrated_rows: int = 0
    stale: list[str] = field(default_factory=list)
    settings: str = ""


def _folder(index: str, candidate: str) -> str:
    return f"candidates/{index}/{candidate}"


class Releases:
    """The releases of a lake's indexes."""

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._manifests: dict[tuple[str, str], Manifest] = {}

    def write(self, manifest: Manifest, served: Mapping[str, Served]) -> None:
        """Keep a finished candidate's documents and manifest, the manifest last."""
        folder = _folder(manifest.index, manifest.candidate)
        self._lake.files.put(f"{folder}/documents.parquet", pack(served))
        body = json.dumps(asdict(manifest), ensure_ascii=False, indent=1)
        self._lake.files.put(f"{folder}/manifest.json", body.encode())

    def manifest(self, index: str, candidate: str) -> Manifest:
        """Return the manifest of a candidate. Fatal when it is gone."""
        manifest = self.find(index, candidate)
        if manifest is None:
            raise Fatal(
                f"The manifest of {index}'s candidate {candidate} is gone from the lake.",
                "Restore the lake from its backup.",
            )
        return manifest

    def find(self, index: str, candidate: str) -> Manifest | None:
        """Return the manifest of a candidate, or None when retention took it."""
        key = (index, candidate)
        if key not in self._manifests:
            data = self._lake.files.get(f"{_folder(index, candidate)}/manifest.json")
            if data is None:
                return None
            self._manifests[key] = Manifest(**json.loads(data))
        return self._manifests[key]

    def served(self, manifest: Manifest) -> dict[str, Served]:
        """Return the documents that a candidate holds, by doc_id."""
        path = f"{_folder(manifest.index, manifest.candidate)}/documents.parquet"
        data = self._lake.files.get(path)
        if data is None:
            raise Fatal(f"The lake lacks {path}.", "Restore the lake from its backup.")
        return unpack(data)

    def note(self, manifest: Manifest, name: str, data: dict[str, Any]) -> None:
        """Keep JSON beside a candidate's manifest; it goes when the candidate goes."""
        folder = _folder(manifest.index, manifest.candidate)
        self._lake.files.put(f"{folder}/{name}.json", json.dumps(data).encode())

    def noted(self, manifest: Manifest, name: str) -> dict[str, Any] | None:
        """Return what `note` kept, or None."""
        folder = _folder(manifest.index, manifest.candidate)
        data = self._lake.files.get(f"{folder}/{name}.json")
        return None if data is None else json.loads(data)

    def live(self, index: str) -> tuple[Pointer, Manifest] | None:
        """Return the live release, or None before the first publication."""
        pointer = self._lake.pointers.live(index)
        return None if pointer is None else (pointer, self.manifest(index, pointer.candidate))

    def published(self, index: str) -> dict[int, Pointer]:
        """Return for each release number its newest generation, oldest release first."""
        found = {p.release: p for p in self._lake.pointers.history(index)}
        return dict(sorted(found.items()))

    def next_number(self, index: str) -> int:
        """Return the number that the next release bears: one above every one that answered."""
        tried = (p.release for p in self._lake.pointers.history(canary.name(index)))
        return max([*self.published(index), *tried], default=0) + 1

    def publish(self, manifest: Manifest, seen: Pointer | None, now: datetime) -> Pointer:
        """Make a candidate the live release, in one step.

        Retriable when another publication came between: `seen` is what was live at planning.
        """
        pointer = self._lake.pointers.swap(
            seen,
            {
                "index": manifest.index,
                "release": manifest.release,
                "candidate": manifest.candidate,
                "action": "publish",
                "at": iso(now),
                "by": manifest.by,
            },
        )
        if pointer is None:
            raise Retriable(
                f"Another release of {manifest.index} was published while this one was made.",
                "Run it again: it plans anew from what is live now.",
            )
        return pointer

    def rollback(self, index: str, to: int | None, by: str, now: datetime) -> Pointer:
        """Serve an earlier release again: `to`, or the one before the live one.

        ConfigError when there is no such release any more.
        """
        live = self._lake.pointers.live(index)
        published = self.published(index)
        if live is None:
            raise ConfigError(f"Index {index} has no release yet.", "Publish one with `refresh`.")
        kept = {n: p for n, p in published.items() if self._kept(index, p.candidate)}
        earlier = [n for n in kept if n < live.release]
        target = to if to is not None else max(earlier, default=None)
        if target is None or target not in kept:
            wanted = "earlier release" if to is None else f"release {to}"
            raise ConfigError(
                f"Index {index} has no {wanted} to go back to.",
                f"Kept releases: {', '.join(map(str, kept)) or 'none'}.",
            )
        if target == live.release:
            raise ConfigError(f"Release {target} of {index} is live already.", "Name another one.")
        pointer = self._lake.pointers.swap(
            live,
            {
                "index": index,
                "release": target,
                "candidate": kept[target].candidate,
                "action": "rollback",
                "at": iso(now),
                "by": by,
            },
        )
        if pointer is None:
            raise Retriable(f"Another change of {index}'s release came first.", "Run it again.")
        return pointer

    def _kept(self, index: str, candidate: str) -> bool:
        return self._lake.files.has(f"{_folder(index, candidate)}/manifest.json")

    def retire(self, engine: Engine, index: str, keep: int, now: datetime) -> list[int]:
        """Delete all releases but the live one and the newest `keep`; return their numbers.

        One that was live within the last hour stays for its readers. Candidates that were never
        published go when they are old enough to be abandoned.
        """
        live = self._lake.pointers.live(index)
        if live is None:
            return []
        published = self.published(index)
        numbers = {*sorted(published)[-keep:], live.release}
        kept = {published[n].candidate for n in numbers if n in published}
        kept |= self._left_lately(index, now)
        trial = canary.newest(self._lake, index)
        if trial is not None and trial.beside == live.generation:
            kept.add(trial.candidate)
        folders = sorted(
            {path.rsplit("/", 1)[0] for path in self._lake.files.list(f"candidates/{index}")}
        )
        gone = [folder for folder in folders if folder.rsplit("/", 1)[1] not in kept]
        if not gone:
            return []
        candidates = {p.candidate for p in published.values()}
        old: list[str] = []
        young: list[str] = []
        for folder in gone:
            name = folder.rsplit("/", 1)[1]
            (old if name in candidates or self._abandoned(folder, now) else young).append(folder)
        versions = [
            self.manifest(index, name).engine_version
            for name in [*kept, *(f.rsplit("/", 1)[1] for f in young)]
            if self._kept(index, name)
        ]
        for folder in old:
            # The manifest goes first: without it the release is no target for a rollback.
            self._lake.files.delete([f"{folder}/manifest.json"])
            self._lake.files.delete(self._lake.files.list(folder))
            self._manifests.pop((index, folder.rsplit("/", 1)[1]), None)
        engine.retire(index, versions, UNFINISHED_AFTER)
        return sorted(
            n
            for n, p in published.items()
            if p.candidate not in kept and any(folder.endswith(f"/{p.candidate}") for folder in old)
        )

    def _left_lately(self, index: str, now: datetime) -> set[str]:
        """Return the candidates that ceased to be live less than `READERS_LEAVE` ago."""
        return {
            old.candidate
            for old, new in pairwise(self._lake.pointers.history(index))
            if now - (parse_iso(new.at) or now) < READERS_LEAVE
        }

    def _abandoned(self, folder: str, now: datetime) -> bool:
        data = self._lake.files.get(f"{folder}/manifest.json")
        created = parse_iso(json.loads(data)["created_at"]) if data else None
        return created is not None and now - created > UNFINISHED_AFTER


def as_of(sources: Mapping[str, Mapping[str, Any]], wanted: Sequence[str]) -> str | None:
    """Return the oldest of the sources' listings: an index is as fresh as its stalest source."""
    times = [sources[s]["listed_at"] if s in sources else None for s in wanted]
    # As times: of two texts, the one without microseconds sorts after the other.
    return None if None in times else min(times, key=parse_iso)  # type: ignore[type-var]
