"""All indexes that clients made, and their aliases."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from freshground.core.errors import Retriable
from freshground.lake.collections import names
from freshground.service.api.clients.collection import TRIES, Collection, not_found
from freshground.service.api.errors import ApiError
from indexes.search.azure_changes import check_change
from indexes.search.azure_types import DefinitionError, index_name

if TYPE_CHECKING:
    from datetime import datetime

    from freshground.core.clock import Clock
    from freshground.lake.aliases import Alias
    from freshground.lake.lake import Lake
    from indexes.search.definition import Definition

LOOK_EVERY = timedelta(seconds=1)


class Collections:
    """The indexes and aliases that clients made, of one lake. Safe for threads.

    Names of indexes and aliases are one space of names; two processes that take one name for both
    at the same time are not kept apart: the index is found first.
    """

    def __init__(self, lake: Lake, clock: Clock, look_every: timedelta = LOOK_EVERY) -> None:
        self._lake = lake
        self._clock = clock
        self._look_every = look_every
        self._lock = threading.Lock()
        self._known: dict[str, Collection] = {}
        self._aliasing = threading.Lock()
        self._targets: dict[str, str] = {}
        self._targets_at: datetime | None = None

    def names(self) -> list[str]:
        """Return the names of all indexes, sorted."""
        return [name for name in names(self._lake.files) if self.get(name) is not None]

    def get(self, name: str) -> Collection | None:
        """Return an index, None when there is none."""
        found = self._open(name)
        if found is None:
            return None
        found.look()
        return found if found.exists else None

    def create(self, definition: Definition) -> Collection:
        """Make an index; ApiError 409 when its name is taken."""
        return self.replace(definition, if_none_match="*")[0]

    def replace(
        self,
        definition: Definition,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> tuple[Collection, bool]:
        """Make an index or replace its definition; return it, and whether it is new.

        ApiError 412 when `if_match` or `if_none_match` do not hold, 409 when the name is taken;
        DefinitionError when the change needs a rebuild.
        """
        name = definition.name
        if self.find_alias(name) is not None:
            raise _taken(name, "an alias")
        collection = self._open(name, make=True)
        assert collection is not None
        collection.refresh()
        for _ in range(TRIES):
            etag = collection.etag if collection.exists else None
            if etag is not None and if_none_match == "*" and if_match is None:
                raise _taken(name, "an index")
            check_conditions(etag, if_match, if_none_match)
            if etag is not None:
                check_change(collection.definition, definition)
            if collection.define(definition, etag):
                return collection, etag is None
        raise Retriable(f"Others keep changing the index '{name}'.", "Try again.")

    def delete(
        self, name: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Delete an index and its documents.

        ApiError 404 when there is none, 400 when an alias points to it, 412 when the conditions do
        not hold.
        """
        collection = self._open(name)
        if collection is None:
            raise not_found(name)
        collection.refresh()
        aliases = [each.name for each in self.aliases() if each.index == name]
        if aliases:
            raise ApiError(
                400,
                "IndexHasAliases",
                f"The index '{name}' cannot be deleted: the aliases {', '.join(aliases)} point to "
                "it. Let them point elsewhere, or delete them, first.",
            )
        for _ in range(TRIES):
            if not collection.exists:
                raise not_found(name)
            etag = collection.etag
            check_conditions(etag, if_match, if_none_match)
            if collection.delete(etag):
                return
        raise Retriable(f"Others keep changing the index '{name}'.", "Try again.")

    def alias(self, name: str) -> str | None:
        """Return the index that an alias points to, None when there is no such alias.

        What another process changed is seen once `look_every` has passed.
        """
        now, at = self._clock.now(), self._targets_at
        if at is None or now - at >= self._look_every:
            with self._aliasing:
                self._targets = {each.name: each.index or "" for each in self.aliases()}
                self._targets_at = now
        return self._targets.get(name)

    def find_alias(self, name: str) -> Alias | None:
        """Return an alias as the lake has it now, None when there is none."""
        found = self._newest_alias(name)
        return None if found is None or found.index is None else found

    def aliases(self) -> list[Alias]:
        """Return all aliases, by name."""
        return list(self._lake.aliases.all().values())

    def put_alias(
        self,
        name: str,
        index: str,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> tuple[Alias, bool]:
        """Make an alias or let it point elsewhere; return it, and whether it is new.

        The caller has checked that the index exists. ApiError 409 when an index has the name, 412
        when the conditions do not hold.
        """
        index_name(name, "alias")
        if self.get(name) is not None:
            raise _taken(name, "an index")
        for _ in range(TRIES):
            seen = self._newest_alias(name)
            there = seen is not None and seen.index is not None
            etag = seen.etag if seen is not None and there else None
            check_conditions(etag, if_match, if_none_match)
            found = self._lake.aliases.swap(name, seen, index)
            if found is not None:
                self._forget_targets()
                return found, not there
        raise Retriable(f"Others keep changing the alias '{name}'.", "Try again.")

    def delete_alias(
        self, name: str, *, if_match: str | None = None, if_none_match: str | None = None
    ) -> None:
        """Delete an alias; ApiError 404 when there is none, 412 as above."""
        for _ in range(TRIES):
            seen = self.find_alias(name)
            if seen is None:
                raise alias_not_found(name)
            check_conditions(seen.etag, if_match, if_none_match)
            if self._lake.aliases.swap(name, seen, None) is not None:
                self._forget_targets()
                return
        raise Retriable(f"Others keep changing the alias '{name}'.", "Try again.")

    def _forget_targets(self) -> None:
        with self._aliasing:  # whoever read the aliases before the change has kept them by now
            self._targets_at = None

    def _newest_alias(self, name: str) -> Alias | None:
        return self._lake.aliases.newest(name) if _is_name(name) else None

    def _open(self, name: str, *, make: bool = False) -> Collection | None:
        if not _is_name(name):
            return None
        with self._lock:
            found = self._known.get(name)
            if found is None:
                found = Collection(self._lake.files, name, self._clock, self._look_every)
                if not (make or found.exists):
                    return None  # not kept: names that are asked for are without end
                self._known[name] = found
            return found


def check_conditions(etag: str | None, if_match: str | None, if_none_match: str | None) -> None:
    """Pass when a resource may be changed; `etag` None: it does not exist. ApiError 412 if not."""
    held = {each.strip().removeprefix("W/").strip('"') for each in (if_match or "").split(",")}
    barred = {
        each.strip().removeprefix("W/").strip('"') for each in (if_none_match or "").split(",")
    }
    bare = None if etag is None else etag.strip('"')
    fails = if_match is not None and (bare is None or not held & {"*", bare})
    fails = fails or (if_none_match is not None and bare is not None and bool(barred & {"*", bare}))
    if fails:
        raise ApiError(
            412,
            "PreconditionFailed",
            "The resource is not as the request's If-Match or If-None-Match wants it"
            + (f": its ETag is {etag}." if etag else ": it does not exist.")
            + " Read it again, then decide anew.",
        )


def alias_not_found(name: str) -> ApiError:
    """Return the answer that there is no such alias."""
    return ApiError(404, "AliasNotFound", f"No alias with the name '{name}' was found.")


def _taken(name: str, by: str) -> ApiError:
    return ApiError(
        409,
        "ResourceNameAlreadyInUse",
        f"The name '{name}' is that of {by} already. Choose another, or PUT to change it.",
    )


def _is_name(name: str) -> bool:
    try:
        index_name(name)
    except DefinitionError:
        return False
    return True
