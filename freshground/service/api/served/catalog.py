"""From the name that a request gives to the rows that its caller may see."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeVar

from freshground.core.errors import ConfigError, Fatal
from freshground.core.records import PUBLIC
from freshground.service.api.errors import ApiError
from freshground.service.asking import canary, past
from freshground.service.asking.serving import narrowed
from freshground.service.asking.timing import asked_wrongly, timed
from freshground.service.freshness.as_of import Freshness, judged
from indexes.filters.ast import AnyOf, Filter
from indexes.filters.parse import parse
from indexes.search.definition import STRINGS, Definition

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from freshground.core.settings import IndexSettings
    from freshground.service.api.clients.collections import Collection, Collections
    from freshground.service.api.principal import Principal
    from freshground.service.api.served.encoding import Encoding
    from freshground.service.api.served.follow import Follower, Line, Loaded
    from freshground.service.api.served.turns import Turns
    from freshground.service.context import Context
    from freshground.service.denial.overlay import Overlay
    from indexes.release import Manifest
    from indexes.search.contract import View

T = TypeVar("T")

_RELEASE = re.compile(r"(.+)-v([1-9][0-9]{0,8})")
_VIEWS_KEPT = 256
_OURS = 500
"""From this HTTP status on, who asks is not to blame."""


@dataclass(frozen=True)
class Served:
    """What one request is answered from: one snapshot, and of it what its caller may see.

    `kind` is managed for a release of a pipeline, collection for a client's index. The fields from
    `index` on belong to releases. Filters of the caller go through `parse`, never round it.
    """

    name: str
    kind: Literal["managed", "collection"]
    definition: Definition
    view: View
    encoder: Callable[[str], np.ndarray] | None = None
    index: IndexSettings | None = None
    manifest: Manifest | None = None
    freshness: Freshness | None = None
    overlay: Overlay | None = None

    def parse(self, text: str) -> Filter:
        """Return a caller's filter. ConfigError for one that is wrong.

        What it says of `groups` is held against the groups that are left to a document now.
        """
        found = parse(text, self.view.schema, self.definition.filterable)
        return found if self.overlay is None else self.overlay.rewritten(found)

    def encode(self, text: str) -> np.ndarray:
        """Return the vector of a text, by the index's own encoder. ApiError where there is none."""
        if self.encoder is None:
            raise ApiError(
                400,
                "NoVectorizer",
                f"Index '{self.name}' has no vectorizer: its vectors come from its clients. Send "
                "the query's vector (kind 'vector') in place of its text.",
            )
        return self.encoder(text)


class Catalog:
    """All names that can be asked: managed indexes, their releases, clients' indexes, aliases."""

    def __init__(
        self,
        context: Context,
        follower: Follower,
        collections: Collections,
        encoding: Encoding,
        turns: Turns,
    ) -> None:
        self._context = context
        self._lines = follower.lines
        self._collections = collections
        self._encoding = encoding
        self._turns = turns

    def is_managed(self, name: str) -> bool:
        """Return whether a pipeline writes what bears this name."""
        return self._managed(name) is not None

    def open(self, name: str, principal: Principal) -> Served:
        """Return what a name means for a caller. ApiError 404, 403, or 503 while it is loaded.

        A canary is left out: see `answer`.
        """
        return self._served(name, self._resolved(name, principal), principal)

    def answer(
        self,
        name: str,
        principal: Principal,
        request: str | None,
        ask: Callable[[Served], T],
        hits: Callable[[T], int],
    ) -> tuple[T, Served]:
        """Ask what a name means, or the canary that runs beside it; return also which it was.

        `request` names a session or caller: the same one always meets the canary, or never.
        `hits` counts those of an answer, for the canary's judgement.
        """
        target = self._resolved(name, principal)
        if not isinstance(target, tuple):
            return self._answer(name, target, principal, request, ask, hits)
        return timed(
            self._context,
            target[0].index.id,
            lambda: self._answer(name, target, principal, request, ask, hits),
            lambda found: hits(found[0]),
            _asked_wrongly,
        )

    def _answer(
        self,
        name: str,
        target: tuple[Line, int | None] | Collection,
        principal: Principal,
        request: str | None,
        ask: Callable[[Served], T],
        hits: Callable[[T], int],
    ) -> tuple[T, Served]:
        trial = target[0].trial if isinstance(target, tuple) and target[1] is None else None
        if not isinstance(target, tuple) or trial is None:
            served = self._served(name, target, principal)
            # What is asked for is in memory by now: who waits for that keeps no turn from others.
            with self._turns.taken():
                return ask(served), served
        line = target[0]
        asked: list[Served] = []

        def of(manifest: Manifest) -> T:
            loaded = trial[1] if manifest.candidate == trial[1].manifest.candidate else None
            asked.append(self._release(name, line, loaded or line.hold(manifest), principal))
            with self._turns.taken():
                return ask(asked[-1])

        found, _ = canary.answer(self._context, line.index, trial[0], request, of, hits)
        return found, asked[-1]

    def managed(self, principal: Principal) -> list[IndexSettings]:
        """Return the managed indexes that a caller may ask."""
        return [line.index for line in self._lines.values() if _allowed(principal, line.index.id)]

    def _managed(self, name: str) -> tuple[Line, int | None] | None:
        """Return the index and, where the name says one, the release that a name means."""
        if name in self._lines:
            return self._lines[name], None
        found = _RELEASE.fullmatch(name)
        if found and found[1] in self._lines:
            return self._lines[found[1]], int(found[2])
        return None

    def _resolved(self, name: str, principal: Principal) -> tuple[Line, int | None] | Collection:
        target = self._collections.alias(name) or name
        managed = self._managed(target)
        known = (name, target, managed[0].index.id) if managed else (name, target)
        if not any(_allowed(principal, each) for each in known):
            raise ApiError(403, "IndexForbidden", f"This key may not ask index '{name}'.")
        if managed is not None:
            return managed
        collection = self._collections.get(target)
        if collection is None:
            raise ApiError(404, "IndexNotFound", f"There is no index or alias '{name}'.")
        return collection

    def _served(
        self, name: str, target: tuple[Line, int | None] | Collection, principal: Principal
    ) -> Served:
        if isinstance(target, tuple):
            line, release = target
            return self._release(name, line, self._loaded(line, release), principal)
        return self._collection(name, target, principal)

    def _loaded(self, line: Line, release: int | None) -> Loaded:
        if release is None:
            live = line.live
            if live is not None:
                return live
            raise ApiError(
                503,
                "IndexNotReady",
                f"Index '{line.index.id}' is not served yet: "
                f"{line.trouble or 'its release is being loaded'}.",
                headers={"Retry-After": "2"},
            )
        try:
            return line.hold(past.numbered(self._context, line.index, release))
        except (ConfigError, Fatal) as error:
            raise ApiError(404, "IndexNotFound", str(error)) from None

    def _release(self, name: str, line: Line, loaded: Loaded, principal: Principal) -> Served:
        manifest, index = loaded.manifest, line.index
        overlay = loaded.overlay.now()
        return Served(
            name,
            "managed",
            loaded.snapshot.definition,
            self._view(loaded, overlay, principal),
            encoder=self._encoding.of(index, manifest),
            index=index,
            manifest=manifest,
            freshness=judged(self._context, index, manifest, line.as_of(manifest)),
            overlay=overlay,
        )

    def _view(self, loaded: Loaded, overlay: Overlay, principal: Principal) -> View:
        """Return what a caller may see of a release; the same view while nothing changed."""
        key = (principal.groups, principal.required)
        kept = loaded.views.get(key)
        if kept is not None and kept[0] is overlay:
            return kept[1]
        view = loaded.snapshot.view()
        required = _required(principal, view, loaded.snapshot.definition)
        found = narrowed(view, overlay, principal.groups, required)
        loaded.views[key] = (overlay, found)
        while len(loaded.views) > _VIEWS_KEPT:
            loaded.views.popitem(last=False)
        return found

    def _collection(self, name: str, collection: Collection, principal: Principal) -> Served:
        snapshot = collection.snapshot()
        view = snapshot.view()
        definition = snapshot.definition
        if principal.groups is not None:
            groups = definition.paths.get("groups")
            if groups is not None and groups.filterable and groups.type == STRINGS:
                view = view.narrowed(AnyOf("groups", (*sorted(principal.groups), PUBLIC)))
            elif principal.indexes is None or definition.name not in principal.indexes:
                raise ApiError(
                    403,
                    "AccessUnknown",
                    f"Index '{name}' has no filterable field groups of type {STRINGS}, so it is "
                    "not known who may read it. Name the index when the key is made, or use an "
                    "admin key.",
                )
        view = view.narrowed(_required(principal, view, definition))
        return Served(name, "collection", definition, view)


def _asked_wrongly(error: Exception) -> bool:
    if isinstance(error, ApiError):
        return error.status < _OURS
    return asked_wrongly(error)


def _allowed(principal: Principal, name: str) -> bool:
    return principal.indexes is None or name in principal.indexes


def _required(principal: Principal, view: View, definition: Definition) -> Filter | None:
    if principal.required is None:
        return None
    try:
        return parse(principal.required, view.schema, definition.filterable)
    except ConfigError as error:
        raise ApiError(
            403,
            "RequiredFilter",
            f"The filter that this key requires does not fit index '{definition.name}', so nothing "
            f"of it is shown: {error}",
        ) from None
