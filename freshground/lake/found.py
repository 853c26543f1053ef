"""Which documents queries find, by day: counts, and none of the words unless they are wanted.

A process keeps one file a day, `found/<day>/<random name>.json`, and writes it anew with what came
since. Of an index and day it holds the documents found most. What a killed process had not written
is lost.
"""

from __future__ import annotations

import json
import random
import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from freshground.core.errors import FreshgroundError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from freshground.core.clock import Clock
    from freshground.lake.storage import Files

KEPT = 2_000
"""Documents of an index and day that are written."""

COUNTED = 2 * KEPT
"""Documents that are counted before those found least are dropped."""

FIRST = 10
"""Documents of one answer that count: what comes after them is seldom read."""

WORDS_OF_A_DOCUMENT = 5
WORDS_OF_A_DAY = 2_000
LONGEST = 200
"""Characters of a question that are kept, where words are kept at all."""

_FOLDER = "found"


@dataclass(slots=True)
class Words:
    """A question that found a document, and the groups of who asked; None: every known group."""

    text: str
    groups: tuple[str, ...] | None


@dataclass(slots=True)
class Day:
    """What was found of one index on one day. Counts are answers, and those that it led."""

    answers: int = 0
    documents: dict[str, list[int]] = field(default_factory=dict)
    words: dict[str, list[Words]] = field(default_factory=dict)
    kept_words: int = 0


@dataclass(frozen=True, slots=True)
class Finds:
    """What found a document on a day: the answers it was in, and those it was the first hit of.

    `of` counts all answers of the index. The document may have been found and not be counted: only
    those found most are kept of a day.
    """

    day: date
    index: str
    of: int
    answers: int
    first: int
    words: tuple[Words, ...]


class Found:
    """The finds of one lake. Safe for threads. `flush` before the process ends."""

    def __init__(self, files: Files, clock: Clock) -> None:
        self._files = files
        self._clock = clock
        self._random = random.Random()  # noqa: S311 - a sample, no secret
        self._days: dict[str, dict[str, Day]] = {}
        self._names: dict[str, str] = {}
        self._changed: set[str] = set()
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._read: dict[str, dict[str, Any]] = {}

    def add(
        self,
        index: str,
        documents: Iterable[str],
        words: str | None = None,
        groups: Collection[str] | None = None,
    ) -> None:
        """Count an answer: the documents of its hits, best first. Nothing is written yet.

        `words` are kept as a sample for these documents, with the groups of who asked.
        """
        own: list[str] = []
        for doc_id in dict.fromkeys(documents):
            own.append(doc_id)
            if len(own) == FIRST:
                break
        name = self._today()
        with self._lock:
            self._names.setdefault(name, uuid.uuid4().hex)
            day = self._days.setdefault(name, {}).setdefault(index, Day())
            day.answers += 1
            for place, doc_id in enumerate(own):
                counts = day.documents.setdefault(doc_id, [0, 0])
                counts[0] += 1
                counts[1] += place == 0
            if words is not None and words.strip():
                asked = Words(words[:LONGEST], None if groups is None else tuple(sorted(groups)))
                self._keep_words(day, own, asked)
            if len(day.documents) > COUNTED:
                _trim(day)
            self._changed.add(name)

    def _keep_words(self, day: Day, documents: list[str], asked: Words) -> None:
        for doc_id in documents:
            own = day.words.setdefault(doc_id, [])
            if asked in own:
                continue
            if len(own) < WORDS_OF_A_DOCUMENT and day.kept_words < WORDS_OF_A_DAY:
                own.append(asked)
                day.kept_words += 1
            elif own:
                # Each question that found it takes a place with the same chance.
                place = self._random.randrange(day.documents[doc_id][0])
                if place < len(own):
                    own[place] = asked

    def flush(self) -> None:
        """Write what came since the last time."""
        with self._writing:  # one writer at a time: an older state must not replace a newer one
            today = self._today()
            with self._lock:
                changed, self._changed = sorted(self._changed), set()
                bodies = {name: _body(self._days[name]) for name in changed}
            for done, (name, body) in enumerate(bodies.items()):
                data = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
                try:
                    self._files.put(f"{_FOLDER}/{name}/{self._names[name]}.json", data)
                except FreshgroundError:
                    with self._lock:
                        self._changed.update(changed[done:])
                    raise
            with self._lock:
                for name in [d for d in self._days if d < today and d not in self._changed]:
                    del self._days[name], self._names[name]

    def of(self, doc_id: str, since: date) -> list[Finds]:
        """Return what found a document, by day and index, as far as it was written."""
        found: dict[tuple[date, str], Finds] = {}
        for day, index, told in self._told(since):
            answers, first = told["documents"].get(doc_id, (0, 0))
            words = tuple(
                Words(text, None if groups is None else tuple(groups))
                for text, groups in told.get("words", {}).get(doc_id, ())
            )
            before = found.get((day, index), Finds(day, index, 0, 0, 0, ()))
            found[day, index] = Finds(
                day,
                index,
                before.of + told["answers"],
                before.answers + answers,
                before.first + first,
                before.words + words,
            )
        return [found[key] for key in sorted(found)]

    def forget(self, before: date) -> None:
        """Delete what was found on days before one."""
        edge = f"{before:%Y%m%d}"
        self._files.delete([p for p in self._files.list(_FOLDER) if p.split("/")[1] < edge])

    def _told(self, since: date) -> list[tuple[date, str, dict[str, Any]]]:
        first, now = f"{since:%Y%m%d}", self._clock.now().astimezone(UTC)
        settled = f"{now - timedelta(days=1):%Y%m%d}"  # a process writes a day soon after its end
        kept: dict[str, dict[str, Any]] = {}
        rows: list[tuple[date, str, dict[str, Any]]] = []
        for path in self._files.list(_FOLDER):
            name = path.split("/")[1]
            if name < first:
                continue
            body = self._read.get(path)
            if body is None:
                body = json.loads(self._files.get(path) or b"{}")
            if name < settled:
                kept[path] = body
            day = datetime.strptime(name, "%Y%m%d").replace(tzinfo=UTC).date()
            rows += [(day, index, told) for index, told in body.items()]
        self._read = kept
        return rows

    def _today(self) -> str:
        return self._clock.now().astimezone(UTC).strftime("%Y%m%d")


def _trim(day: Day) -> None:
    """Drop the documents found least: a count too low may come of it, never one too high."""
    most = sorted(day.documents, key=lambda doc_id: -day.documents[doc_id][0])[:KEPT]
    day.documents = {doc_id: day.documents[doc_id] for doc_id in most}
    day.words = {doc_id: day.words[doc_id] for doc_id in most if doc_id in day.words}
    day.kept_words = sum(map(len, day.words.values()))


def _body(day_by_index: dict[str, Day]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    for index, day in day_by_index.items():
        if len(day.documents) > KEPT:
            _trim(day)
        told: dict[str, Any] = {"answers": day.answers, "documents": dict(day.documents)}
        words = {
            doc_id: [(w.text, w.groups) for w in own] for doc_id, own in day.words.items() if own
        }
        if words:
            told["words"] = words
        body[index] = told
    return body
