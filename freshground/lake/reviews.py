"""What people decided about documents that are set aside: released, rejected, tried again.

Each decision is one file under `quarantine`, written only if absent and never rewritten, so that
writers lose nothing of each other's and one is in force when `add` returns. It names each version
that it is about by document and content hash, and what set it aside by rule and rule's version: a
later version, or another rule, is not meant. Files hold ids, who, when and why; no document text.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from freshground.core.clock import iso

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

Verdict = Literal["released", "rejected", "replayed", "passed", "failed"]
"""What was decided. `passed` and `failed` are what a replayed check found; the rest, people."""

_FOLDER = "quarantine"


class Matter(NamedTuple):
    """One version of a document, and what set it aside.

    `version` is the rule's: the parser's id, or what a check judged and by which threshold. `seen`
    tells a row that is to be replayed from the one that replaces it: see `Decisions.again`.
    """

    doc_id: str
    content_hash: str
    rule: str
    version: str
    seen: str = ""

    @property
    def key(self) -> tuple[str, str, str, str]:
        """All but `seen`."""
        return self[:4]


@dataclass(frozen=True, slots=True)
class Review:
    """One decision. `at` is ISO 8601 in UTC."""

    id: str
    verdict: Verdict
    matters: tuple[Matter, ...]
    source_id: str
    at: str
    by: str
    comment: str


@dataclass(frozen=True, slots=True)
class Decisions:
    """What all reviews of a lake come to.

    `granted` says by which review a check's verdict on a version is no obstacle any more,
    `rejected` by which one a version (doc_id, content_hash) stays aside, whatever rule, and `again`
    what is to be tried once more. `newest` is the newest review of each matter. `let_through` are
    people's releases by document, content and rule: of whichever version the rule was.
    """

    granted: dict[tuple[str, str, str, str], Review] = field(default_factory=dict)
    rejected: dict[tuple[str, str], Review] = field(default_factory=dict)
    again: dict[tuple[str, str, str, str], tuple[Matter, Review]] = field(default_factory=dict)
    newest: dict[tuple[str, str, str, str], Review] = field(default_factory=dict)
    let_through: dict[tuple[str, str, str], tuple[Matter, Review]] = field(default_factory=dict)

    def take(self, review: Review) -> None:
        """Add a review that is newer than those before."""
        for matter in review.matters:
            key, version = matter.key, key_of_version(matter)
            self.newest[key] = review
            if review.verdict == "rejected":
                self.rejected[version] = review
                _drop(self.granted, version)
                _drop(self.again, version)
                _drop(self.let_through, version)
                continue
            if review.verdict == "replayed":
                self.again[key] = (matter, review)
            else:
                self.again.pop(key, None)
            if review.verdict in ("released", "passed"):
                self.granted[key] = review
            if review.verdict == "released":
                self.let_through[key[:3]] = (matter, review)
            if review.verdict in ("released", "replayed"):
                self.rejected.pop(version, None)

    def lapsed(self, matters: Sequence[Matter]) -> Review | None:
        """Return the newest release of a version that only other versions of rules speak against.

        `matters` are what speaks against it now, and is not granted. None where a rule was never
        let through.
        """
        found = [self.let_through.get(matter.key[:3]) for matter in matters]
        reviews = [each[1] for each in found if each is not None]
        if not reviews or len(reviews) < len(found):
            return None
        return max(reviews, key=lambda review: review.id)


class Reviews:
    """The reviews of one lake. What was read is kept by file name: files never change."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._read: dict[str, Review] = {}
        self._kept: tuple[int | None, tuple[str, ...], Decisions] = (None, (), Decisions())

    def add(
        self,
        verdict: Verdict,
        matters: Sequence[Matter],
        *,
        source_id: str,
        by: str,
        comment: str = "",
    ) -> Review:
        """Decide. The review is in the lake when this returns."""
        now = self._clock.now()
        # A rejection sorts last of what was decided at one moment: the safe one counts.
        mark = "z" if verdict == "rejected" else "a"
        review = Review(
            f"{now:%Y%m%dT%H%M%S%f}-{mark}-{uuid.uuid4().hex[:12]}",
            verdict,
            tuple(matters),
            source_id,
            iso(now) or "",
            by,
            comment,
        )
        path = f"{_FOLDER}/{review.id}.json"
        if not self._files.put_new(path, json.dumps(asdict(review), ensure_ascii=False).encode()):
            raise FileExistsError(path)
        return review

    def decisions(self) -> Decisions:
        """Return what is decided now: the same object again while nothing was added."""
        stamp = self._files.stamp(_FOLDER)  # before the listing: what comes between is seen next
        seen, names, kept = self._kept
        if stamp is not None and stamp == seen:
            return kept
        listed = tuple(self._files.list(_FOLDER))
        if listed != names:
            kept = Decisions()
            for name in listed:
                kept.take(self._review(name))
        self._kept = (stamp, listed, kept)
        return kept

    def all(self) -> list[Review]:
        """Return every review, oldest first."""
        return [self._review(name) for name in self._files.list(_FOLDER)]

    def _review(self, name: str) -> Review:
        found = self._read.get(name)
        if found is None:
            body: Mapping[str, Any] = json.loads(self._files.get(name) or b"{}")
            matters = tuple(Matter(*matter) for matter in body["matters"])
            found = self._read[name] = Review(**{**body, "matters": matters})
        return found


def key_of_version(matter: Matter) -> tuple[str, str]:
    """Return the version of a document that a matter is about."""
    return matter.doc_id, matter.content_hash


def _drop(found: dict[Any, Any], version: tuple[str, str]) -> None:
    for key in [key for key in found if key[:2] == version]:
        del found[key]
