"""The deny overlay: what may not be served, whatever release is asked.

Each denial is one file under `deny/entries`, written only if absent and never rewritten; lifting
it, in whole or in part, is another file. So writers cannot lose each other's denials, and a reader
that lists the folder sees all of them: one is in force when `add` returns. Entries hold ids,
groups, who, when and why; never text of a document.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, Literal

from freshground.core.clock import iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

Kind = Literal["takedown", "narrowed", "erased", "withdrawn", "restricted"]
"""The last two are admission's: for nobody, or for some groups, until a release serves another
version, or a later judgement takes them back."""

_ENTRIES = "deny/entries"
_REFLECTED = "deny/reflected"
_LIFT = ".lift-"


@dataclass(frozen=True, slots=True)
class Denial:
    """One entry. It names documents, or single chunks.

    `groups` are those that a narrowed or restricted document is left to, none at all meaning
    nobody; `listed_at` is the start of the listing that found it narrowed. `versions` are those
    that admission refused, as `version_name` writes them: rows of others are not meant. Times are
    ISO 8601 in UTC.
    """

    id: str
    kind: Kind
    doc_ids: tuple[str, ...]
    chunk_ids: tuple[str, ...]
    groups: tuple[str, ...]
    source_id: str
    listed_at: str | None
    at: str
    by: str
    comment: str
    versions: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return asdict(self)


def version_name(doc_id: str, content_hash: str | None, silver_id: str | None) -> str:
    """Return what a denial calls a version of a document."""
    return f"{doc_id}/{content_hash}/{silver_id}"


class Denials:
    """The overlay of one lake. What was read is kept by file name: files never change."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._bodies: dict[str, dict[str, Any]] = {}
        self._kept: tuple[int | None, tuple[str, ...], tuple[Denial, ...]] = (None, (), ())

    def add(
        self,
        kind: Kind,
        *,
        doc_ids: Sequence[str] = (),
        chunk_ids: Sequence[str] = (),
        groups: Sequence[str] = (),
        source_id: str = "",
        listed_at: datetime | None = None,
        by: str,
        comment: str = "",
        versions: Sequence[str] = (),
    ) -> Denial:
        """Deny at once. The entry is in the lake when this returns."""
        now = self._clock.now()
        denial = Denial(
            f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:12]}",
            kind,
            tuple(sorted(doc_ids)),
            tuple(sorted(chunk_ids)),
            tuple(sorted(groups)),
            source_id,
            iso(listed_at),
            iso(now) or "",
            by,
            comment,
            tuple(sorted(versions)),
        )
        self._write(f"{_ENTRIES}/{denial.id}.json", denial.as_dict())
        return denial

    def lift(
        self, denial: Denial, *, by: str, comment: str = "", doc_ids: Sequence[str] | None = None
    ) -> None:
        """Take a denial back: of some of its documents, or of everything it names."""
        body = {
            "lifts": denial.id,
            "doc_ids": None if doc_ids is None else sorted(doc_ids),
            "at": iso(self._clock.now()),
            "by": by,
            "comment": comment,
        }
        self._write(f"{_ENTRIES}/{denial.id}{_LIFT}{uuid.uuid4().hex[:8]}.json", body)

    def active(self) -> tuple[Denial, ...]:
        """Return what is in force now, oldest first: one listing, and files not read before.

        The same tuple again while nothing changed; where the folder tells that, it is not listed.
        """
        stamp = self._files.stamp(_ENTRIES)  # before the listing: what comes between is seen next
        seen, names, kept = self._kept
        if stamp is not None and stamp == seen:
            return kept
        listed = tuple(self._files.list(_ENTRIES))
        if listed != names:
            kept = self._fold(listed)
        self._kept = (stamp, listed, kept)
        return kept

    def _fold(self, names: Sequence[str]) -> tuple[Denial, ...]:
        bodies = {name: self._body(name) for name in names}
        gone: dict[str, set[str] | None] = {}
        for body in bodies.values():
            lifted = body.get("lifts")
            if lifted is None:
                continue
            if body["doc_ids"] is None:
                gone[lifted] = None
            elif gone.get(lifted, set()) is not None:
                gone.setdefault(lifted, set()).update(body["doc_ids"])  # type: ignore[union-attr]
        found: list[Denial] = []
        for body in bodies.values():
            if "kind" not in body:
                continue  # a lift, or a file that was cleared away since it was listed
            denial = Denial(
                **{
                    field.name: tuple(body[field.name])
                    if isinstance(body[field.name], list)
                    else body[field.name]
                    for field in fields(Denial)
                    if field.name in body  # older entries lack what came later
                }
            )
            lifted_ids = gone.get(denial.id, set())
            if lifted_ids is None:
                continue
            left = tuple(d for d in denial.doc_ids if d not in lifted_ids)
            if left or denial.chunk_ids:
                found.append(replace(denial, doc_ids=left))
        return tuple(found)

    def remove(self, denials: Sequence[Denial]) -> None:
        """Clear away entries that nothing needs any more, their lifts first."""
        names = self._files.list(_ENTRIES)
        for denial in denials:
            own = [name for name in names if name.startswith(f"{_ENTRIES}/{denial.id}")]
            self._files.delete(sorted(own, key=lambda name: _LIFT not in name))

    def reflect(self, index: str, candidate: str, left: Mapping[str, Sequence[str]]) -> None:
        """Note, before a candidate is published, which narrowings its own rows hold.

        `left` maps each such denial to the documents for which the rows do not.
        """
        if left:
            body = {name: sorted(documents) for name, documents in left.items()}
            self._write(f"{_REFLECTED}/{index}/{candidate}.json", body)

    def reflected(self, index: str, candidate: str) -> dict[str, frozenset[str]]:
        """Return what `reflect` noted; a denial that is not in it holds for all its documents."""
        body = self._body(f"{_REFLECTED}/{index}/{candidate}.json")
        return {name: frozenset(documents) for name, documents in body.items()}

    def reflections(self) -> list[tuple[str, str]]:
        """Return index and candidate of everything that `reflect` noted."""
        paths = (path.removesuffix(".json").split("/") for path in self._files.list(_REFLECTED))
        return [(path[-2], path[-1]) for path in paths]

    def forget(self, index: str, candidate: str) -> None:
        """Clear away what `reflect` noted of a candidate that retention took."""
        self._files.delete([f"{_REFLECTED}/{index}/{candidate}.json"])

    def _write(self, path: str, body: Mapping[str, Any]) -> None:
        if not self._files.put_new(path, json.dumps(body, ensure_ascii=False).encode()):
            raise FileExistsError(path)

    def _body(self, path: str) -> dict[str, Any]:
        found = self._bodies.get(path)
        if found is None:
            data = self._files.get(path)
            if data is None:
                return {}
            found = self._bodies[path] = json.loads(data)
        return found
