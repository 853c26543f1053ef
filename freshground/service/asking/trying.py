"""A question asked to try an index: no traffic, no sample of what is asked, no canary's share."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from freshground.core.errors import FreshgroundError
from freshground.core.records import PUBLIC
from freshground.service.asking import past
from freshground.service.asking.query import Answer, Searcher
from freshground.service.freshness.as_of import freshness

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.settings import IndexSettings
    from freshground.service.asking.query import Mode
    from freshground.service.context import Context


def tried(
    context: Context,
    opened: Searcher,
    text: str,
    *,
    k: int,
    mode: Mode,
    where: str | None,
    groups: frozenset[str],
) -> Answer:
    """Return what `query` would answer from a release. Nothing of it is counted."""
    index = opened.index
    state = freshness(context, index, opened.manifest)
    return Answer(index.id, mode, state, opened.found(text, k, mode, where, groups))


def known_groups(context: Context, index: IndexSettings) -> frozenset[str]:
    """Return every group that a document of an index's sources names."""
    return frozenset(
        group
        for source in index.sources
        for row in context.ledger.objects(source).values()
        for group in row["groups"] or ()
        if group != PUBLIC
    )


def reader(
    own: frozenset[str] | None, known: frozenset[str], wanted: Sequence[str]
) -> tuple[frozenset[str], list[str]]:
    """Return the groups that somebody asks as, and those wanted that are not theirs to take.

    `own` None: every known group. Nothing wanted: all of their own; the public's alone by "*".
    """
    mine = known if own is None else own
    strange = sorted(set(wanted) - mine - {PUBLIC})
    if strange:
        return frozenset(), strange
    return (frozenset(wanted) - {PUBLIC} if wanted else mine), []


class Openings:
    """The release of each index that was asked last, kept open: opening costs more than asking.

    A release never changes, and what is denied is looked up anew at each call. The first question
    to an index waits for its encoder and its engine, which takes seconds: `ready` tells.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Searcher] = {}
        self._lock = threading.Lock()
        self._done: dict[str, threading.Event] = {}
        self._failed: dict[str, FreshgroundError] = {}

    def ready(self, context: Context, index: IndexSettings, wait: float) -> bool:
        """Return whether an index can be asked at once, after `wait` seconds at most.

        Raises what kept it from being opened; asked again, it tries again.
        """
        with self._lock:
            done = self._done.get(index.id)
            if done is None:
                done = self._done[index.id] = threading.Event()
                name = f"opening {index.id}"
                # Nobody waits for it to end: a process that stops may leave it behind.
                threading.Thread(
                    target=self._warm, args=(context, index, done), name=name, daemon=True
                ).start()
        if not done.wait(wait):
            return False
        with self._lock:
            failed = self._failed.pop(index.id, None)
            if failed is not None:
                del self._done[index.id]
                raise failed
        return True

    def open(self, context: Context, index: IndexSettings, release: int | None) -> Searcher:
        """Return a release, None the live one. ConfigError when there is none such."""
        manifest = (
            past.live(context, index) if release is None else past.numbered(context, index, release)
        )
        kept = self._kept.get(index.id)
        if kept is None or kept.manifest.candidate != manifest.candidate:
            kept = self._kept[index.id] = Searcher(context, index, manifest)
        return kept

    def _warm(self, context: Context, index: IndexSettings, done: threading.Event) -> None:
        try:
            self.open(context, index, None).ranked("warm", 1, groups=frozenset())
        except FreshgroundError as error:
            self._failed[index.id] = error
        finally:
            done.set()
