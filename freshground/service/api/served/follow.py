"""Keeps in memory what is served, and follows the pointers: a look each moment, no restart.

A release is loaded beside the one that answers, and takes over in one assignment once it is there.
Requests hold what they began with. The release before stays in memory, so that a rollback acts at
the next look.
"""

from __future__ import annotations

import gc
import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from freshground.core.errors import FreshgroundError
from freshground.service.asking import canary
from freshground.service.asking.serving import CurrentOverlay, load_release
from freshground.service.freshness.as_of import served_as_of

if TYPE_CHECKING:
    from collections.abc import Hashable
    from datetime import datetime

    from freshground.core.settings import IndexSettings
    from freshground.service.asking.canary import Trial
    from freshground.service.context import Context
    from freshground.service.denial.overlay import Overlay
    from indexes.release import Manifest
    from indexes.search.contract import View
    from indexes.search.snapshot import Snapshot

LOOK_SECONDS = 0.2
AS_OF_SECONDS = 1.0
"""Between looks at confirmations: they cost a read of the journal."""

KEPT = 4
"""Releases of an index that stay in memory: they share all rows that are the same."""

_BROKEN = (FreshgroundError, OSError, RuntimeError, ValueError)
"""What a store or a release that is broken raises; the one in memory goes on answering."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A release in memory. `views` are what callers may see of it, kept as long as it is."""

    manifest: Manifest
    snapshot: Snapshot
    overlay: CurrentOverlay
    views: OrderedDict[Hashable, tuple[Overlay, View]] = field(default_factory=OrderedDict)


class Line:
    """The releases of one index, as the service holds them."""

    def __init__(self, context: Context, index: IndexSettings) -> None:
        self.index = index
        self.live: Loaded | None = None
        self.trial: tuple[Trial, Loaded] | None = None
        self.trouble = ""
        """Why the newest release is not the one that answers; empty when it is."""
        self.empty = False
        """Whether nothing was published yet: there is nothing to wait for."""
        self._context = context
        self._as_of: tuple[str, datetime | None, float] | None = None
        self._held: OrderedDict[str, Loaded] = OrderedDict()
        self._loading = threading.Lock()

    def look(self) -> None:
        """Follow the pointers of this index: load what they name, then serve it."""
        try:
            found = self._context.releases.live(self.index.id)
            if found is not None and (
                self.live is None or self.live.manifest.candidate != found[1].candidate
            ):
                self.live = self.hold(found[1])
            trial = canary.running(self._context, self.index)
            self.trial = None if trial is None else (trial, self.hold(trial.manifest))
            if self.live is not None:
                self._see_as_of(self.live.manifest)
            self.empty = found is None
            self.trouble = "it has no release yet" if self.empty else ""
        except _BROKEN as error:
            if str(error) != self.trouble:
                log.warning("index %s stays as it is: %s", self.index.id, error)
            self.trouble = str(error)

    def hold(self, manifest: Manifest) -> Loaded:
        """Return a release in memory, loading it from what is there if need be."""
        with self._loading:
            held = self._held.get(manifest.candidate)
            if held is None:
                # Rows are taken over from the release most like it: the one held last. The hash
                # of a row says nothing of its vector, which another encoder made otherwise.
                alike = [h for h in self._held.values() if h.manifest.space == manifest.space]
                near = alike[-1] if alike else None
                snapshot = load_release(
                    self._context, self.index, manifest, near.snapshot if near else None
                )
                snapshot.prepare()
                overlay = CurrentOverlay(self._context.lake.denials, manifest)
                held = self._held[manifest.candidate] = Loaded(manifest, snapshot, overlay)
            self._held.move_to_end(manifest.candidate)
            in_use = {each.manifest.candidate for each in self._serving()}
            for candidate in [c for c in self._held if c not in in_use]:
                if len(self._held) > KEPT and candidate != manifest.candidate:
                    del self._held[candidate]
            return held

    def as_of(self, manifest: Manifest) -> datetime | None:
        """Return the as-of of a release; of the live one as the last look saw it."""
        kept = self._as_of
        if kept is not None and kept[0] == manifest.candidate:
            return kept[1]
        return served_as_of(self._context, manifest)

    def _see_as_of(self, manifest: Manifest) -> None:
        now, kept = time.monotonic(), self._as_of  # a pace, no moment: any clock that runs
        if kept is None or kept[0] != manifest.candidate or now - kept[2] >= AS_OF_SECONDS:
            self._as_of = (manifest.candidate, served_as_of(self._context, manifest), now)

    def _serving(self) -> list[Loaded]:
        trial = [self.trial[1]] if self.trial else []
        return [*([self.live] if self.live else []), *trial]


class Follower:
    """Looks after the lines of all indexes, in a thread of its own."""

    def __init__(self, context: Context) -> None:
        self.lines = {index.id: Line(context, index) for index in context.settings.indexes}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="releases", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; a look that goes on is waited for."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    @property
    def following(self) -> bool:
        """Whether releases are looked for."""
        return self._thread.is_alive()

    def look(self) -> None:
        """Look at every index once."""
        for line in self.lines.values():
            line.look()

    def _run(self) -> None:
        self.look()
        # What is there now stays: collections of garbage in the midst of requests need not walk it.
        gc.collect()
        gc.freeze()
        while not self._stop.wait(LOOK_SECONDS):
            self.look()
