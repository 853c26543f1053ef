"""What people judged of answers: that a document answers a question, or does not.

Each judgement is a file of its own under `judgements/<index>`, written only if absent and never
rewritten; of one document for one question the newest counts. So nobody overwrites another's. They
hold the words of the question, which nothing else in the lake does: `remove` deletes them for good.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Literal

from freshground.core.clock import iso

if TYPE_CHECKING:
    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

Verdict = Literal["relevant", "not_relevant", "none"]

_FOLDER = "judgements"


@dataclass(frozen=True, slots=True)
class Judgement:
    """One judgement. `question` is the id that its text and groups make; `none` takes back.

    `groups` None: asked as the owner, who sees all. `chunk_id` and `release` say which hit was
    looked at, where it was one. `at` is ISO 8601 in UTC.
    """

    index: str
    question: str
    text: str
    groups: tuple[str, ...] | None
    doc_id: str
    verdict: Verdict
    by: str
    at: str = ""
    chunk_id: str = ""
    release: int | None = None
    comment: str = ""


class Judgements:
    """The judgements of one lake. What was read is kept by file name: files never change."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._bodies: dict[str, dict[str, Judgement]] = {}
        self._stamps: dict[str, int | None] = {}

    def add(self, judgement: Judgement) -> None:
        """Keep a judgement, made now."""
        body = {**asdict(judgement), "at": iso(self._clock.now())}
        # Numbered, since clocks of two machines may differ; the rest keeps names from coming twice.
        number = len(self._own(judgement.index, judgement.question))
        name = f"{judgement.question}-{number:06d}-{uuid.uuid4().hex[:8]}.json"
        data = json.dumps(body, ensure_ascii=False).encode()
        self._files.put_new(f"{_FOLDER}/{judgement.index}/{name}", data)

    def of(self, index: str) -> list[Judgement]:
        """Return what counts of an index, by question and document, oldest first."""
        newest: dict[tuple[str, str], Judgement] = {}
        for _, judgement in sorted(self._read(index).items()):
            newest[judgement.question, judgement.doc_id] = judgement
        kept = (each for each in newest.values() if each.verdict != "none")
        return sorted(kept, key=lambda each: (each.at, each.question, each.doc_id))

    def remove(self, index: str, question: str) -> int:
        """Delete all that was judged of a question, its words too; return how many files."""
        own = self._own(index, question)
        self._files.delete(own)
        return len(own)

    def _own(self, index: str, question: str) -> list[str]:
        folder = f"{_FOLDER}/{index}"
        return [p for p in self._files.list(folder) if p.startswith(f"{folder}/{question}-")]

    def _read(self, index: str) -> dict[str, Judgement]:
        folder = f"{_FOLDER}/{index}"
        stamp = self._files.stamp(folder)  # before the listing: what comes between is seen next
        kept = self._bodies.get(index, {})
        if stamp is not None and stamp == self._stamps.get(index):
            return kept
        found: dict[str, Judgement] = {}
        for path in self._files.list(folder):
            judgement = kept.get(path) or self._body(path)
            if judgement is not None:
                found[path] = judgement
        self._bodies[index], self._stamps[index] = found, stamp
        return found

    def _body(self, path: str) -> Judgement | None:
        data = self._files.get(path)
        if data is None:
            return None  # removed since it was listed
        body = json.loads(data)
        groups = body.pop("groups")
        return Judgement(**body, groups=None if groups is None else tuple(groups))
