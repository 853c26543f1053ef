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
    ranked = opened.ranked(text, k, mode, where, groups)
    return Answer(index.id, mode, state, opened.rows(ranked, groups))


class Openings:
    """The release of each index that was asked last, kept open: opening costs more than asking.

    A release never changes, and what is denied is looked up anew at each call.
    """

    def __init__(self) -> None:
        self._kept: dict[str, Searcher] = {}

    def open(self, context: Context, index: IndexSettings, release: int | None) -> Searcher:
        """Return a release, None the live one. ConfigError when there is none such."""
        manifest = (
            past.live(context, index) if release is None else past.numbered(context, index, release)
        )
        kept = self._kept.get(index.id)
        if kept is None or kept.manifest.candidate != manifest.candidate:
            kept = self._kept[index.id] = Searcher(context, index, manifest)
        return kept


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


class Warmth:
    """Loads encoders beside requests: the first question says so rather than wait for long."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: dict[str, threading.Event] = {}
        self._failed: dict[str, FreshgroundError] = {}

    def ready(self, context: Context, index: IndexSettings, wait: float) -> bool:
        """Return whether an index's encoder is loaded, waiting for `wait` seconds at most.

        Raises what the encoder raised when it could not be loaded; asked again, it tries again.
        """
        key = context.settings.encoder_of(index).model_dump_json()
        with self._lock:
            done = self._done.get(key)
            if done is None:
                done = self._done[key] = threading.Event()
                name = f"encoder of {index.id}"
                load = threading.Thread(
                    target=self._load, args=(context, index, key, done), name=name, daemon=True
                )
                load.start()
        if not done.wait(wait):
            return False
        with self._lock:
            failed = self._failed.pop(key, None)
            if failed is not None:
                del self._done[key]
                raise failed
        return True

    def _load(
        self, context: Context, index: IndexSettings, key: str, done: threading.Event
    ) -> None:
        try:
            context.encoder(index).encode_query("warm")
        except FreshgroundError as error:
            self._failed[key] = error
        finally:
            done.set()
