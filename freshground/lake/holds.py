"""Holds: an index on hold gets no new release until somebody resumes it.

A hold is a file that is written only if absent; ending it is another one. It is written before
the pointer of a rollback is swapped, so a build that read the pointer after the rollback sees it,
and one that read it before loses the swap.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from freshground.core.clock import iso

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

_END = ".end.json"


@dataclass(frozen=True, slots=True)
class Hold:
    """Why an index stands still. `blame` lists (doc_id, content_hash) of the versions blamed."""

    id: str
    index: str
    at: str
    by: str
    comment: str
    blame: tuple[tuple[str, str], ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-ready data."""
        return asdict(self)


class Holds:
    """The holds of a lake's indexes."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock

    def set(
        self, index: str, *, by: str, comment: str = "", blame: Sequence[tuple[str, str]] = ()
    ) -> Hold:
        """Put an index on hold."""
        now = self._clock.now()
        name = f"{now:%Y%m%dT%H%M%S%f}-{uuid.uuid4().hex[:12]}"
        hold = Hold(name, index, iso(now) or "", by, comment, tuple(blame))
        self._files.put_new(f"hold/{index}/{name}.json", json.dumps(hold.as_dict()).encode())
        return hold

    def end(self, hold: Hold, *, by: str, comment: str = "") -> None:
        """End a hold. Whoever is second changes nothing."""
        body = {"at": iso(self._clock.now()), "by": by, "comment": comment}
        self._files.put_new(f"hold/{hold.index}/{hold.id}{_END}", json.dumps(body).encode())

    def active(self, index: str) -> list[Hold]:
        """Return the holds in force, oldest first."""
        names = set(self._files.list(f"hold/{index}"))
        found: list[Hold] = []
        for name in sorted(names):
            if name.endswith(_END) or name.removesuffix(".json") + _END in names:
                continue
            body = json.loads(self._files.get(name) or b"null")
            if body is not None:
                blame = tuple((doc_id, content) for doc_id, content in body.pop("blame"))
                found.append(Hold(**body, blame=blame))
        return found
