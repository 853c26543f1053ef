"""What the names in a filter mean: fields of the row or, in a lambda, its variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

import pyarrow as pa

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from indexes.filters.parse import Raw


@dataclass(frozen=True, slots=True)
class Bound:
    """A name that was found. `path` is from the row or the lambda's item, `full` from the row."""

    path: str
    full: str
    kind: pa.DataType


@dataclass(frozen=True, slots=True)
class Scope:
    """The names that may be used. A lambda's body sees its own variable and nothing else."""

    kind: pa.DataType
    filterable: frozenset[str]
    prefix: str = ""
    variable: str | None = None

    @classmethod
    def of_row(cls, schema: pa.Schema, filterable: frozenset[str]) -> Scope:
        """Return the scope outside of all lambdas."""
        return cls(pa.struct(list(schema)), filterable)

    def inside(self, collection: Bound, variable: str) -> Scope:
        """Return the scope of the body of a lambda over a collection."""
        return Scope(collection.kind.value_type, self.filterable, collection.full, variable)

    def find(self, raw: Raw) -> Bound:
        """Return what a path names; ConfigError where there is no such field, or none to filter."""
        names = raw.parts
        if self.variable is not None:
            if names[0] != self.variable:
                fail(
                    raw,
                    f"{'/'.join(names)} within a lambda over {self.variable}",
                    f"Within it, paths begin with {self.variable}.",
                )
            names = names[1:]
        kind, path = self.kind, ""
        for name in names:
            if is_collection(kind):
                full = self._full(path)
                fail(raw, f"a part of the collection {full}", f"Use {full}/any(x: x/{name} ...).")
            place = kind.get_field_index(name) if pa.types.is_struct(kind) else -1
            path = f"{path}/{name}" if path else name
            if place < 0:
                known = ", ".join(sorted(self.filterable)) or "none"
                full = self._full(path)
                fail(raw, f"the unknown field {full!r}", f"Fields that can be filtered: {known}.")
            kind = kind.field(place).type
        found = Bound(path, self._full(path), kind)
        if not self._allowed(found):
            fail(
                raw,
                f"the field {found.full!r}, which cannot be filtered",
                "Declare it filterable: `filter: true` in an index's settings.",
            )
        return found

    def _full(self, path: str) -> str:
        return "/".join(part for part in (self.prefix, path) if part)

    def _allowed(self, found: Bound) -> bool:
        inner = found.kind.value_type if is_collection(found.kind) else found.kind
        if pa.types.is_struct(inner):
            return any(path.startswith(f"{found.full}/") for path in self.filterable)
        return found.full in self.filterable


def is_collection(kind: pa.DataType) -> bool:
    """Return whether a field of this type holds several values of a row."""
    return pa.types.is_list(kind) or pa.types.is_large_list(kind)


def fail(raw: Raw, found: str, do: str) -> NoReturn:
    """Raise ConfigError with the place in the text."""
    raise ConfigError(f"The filter has {found}, at character {raw.at + 1}.", do)
