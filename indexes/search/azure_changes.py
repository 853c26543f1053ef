"""What of an index may change without a rebuild; all else is refused, as Azure does.

New fields may come, with suggesters over them; what is retrievable and how texts are re-ranked may
change, since only queries read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from indexes.search.azure_types import DefinitionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexes.search.definition import Definition

_REBUILD = (
    "The index must be rebuilt for this: make a new one, fill it and let an alias point to it."
)


class ChangeRefused(DefinitionError):
    """A change that needs a rebuild. `detail` is Azure's name of what was tried."""

    def __init__(self, found: str, detail: str) -> None:
        super().__init__(found, _REBUILD, "OperationNotAllowed")
        self.detail = detail


def check_change(old: Definition, new: Definition) -> None:
    """Pass when an existing index may become `new`; ChangeRefused names what may not change."""
    fresh = _check_fields(old.raw["fields"], new.raw["fields"], "")
    if old.raw["similarity"] != new.raw["similarity"]:
        raise ChangeRefused("The similarity of an index cannot be changed.", "CannotChangeIndex")
    _check_vectors(old.raw["vectorSearch"] or {}, new.raw["vectorSearch"] or {})
    for name, paths in old.suggesters.items():
        if new.suggesters.get(name) != paths:
            raise ChangeRefused(
                f"The suggester '{name}' cannot be changed or removed.", "CannotChangeSuggester"
            )
    for name, paths in new.suggesters.items():
        held = [path for path in paths if path not in fresh]
        if name not in old.suggesters and held:
            raise ChangeRefused(
                f"The suggester '{name}' cannot be added over existing field '{held[0]}'.",
                "CannotAddFieldToSuggester",
            )


def _check_vectors(old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for kind, entries in old.items():
        for each in entries:
            if each not in new.get(kind, ()):
                raise ChangeRefused(
                    f"'{each['name']}' of vectorSearch.{kind} cannot be changed or removed.",
                    "CannotChangeVectorSearch",
                )


def _check_fields(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], prefix: str
) -> set[str]:
    """Return the paths of all fields that are new."""
    found = {each["name"]: each for each in new}
    for each in old:
        path = f"{prefix}{each['name']}"
        if each["name"] not in found:
            raise ChangeRefused(
                f"Existing field(s) '{path}' cannot be deleted.", "CannotRemoveFieldsFromIndex"
            )
    fresh: set[str] = set()
    held = {each["name"]: each for each in old}
    for each in new:
        path = f"{prefix}{each['name']}"
        before = held.get(each["name"])
        if before is None:
            fresh |= {path, *_below(each.get("fields", ()), f"{path}/")}
            if each.get("key"):
                raise ChangeRefused(f"Field '{path}' cannot be a new key.", "CannotChangeKey")
            if each.get("stored") is False:
                raise ChangeRefused(f"Field '{path}' is new and not stored.", "CannotChangeStored")
        elif _fixed(before) != _fixed(each):
            raise ChangeRefused(
                f"Existing field '{path}' cannot be changed.", "CannotChangeExistingField"
            )
        else:
            fresh |= _check_fields(before.get("fields", ()), each.get("fields", ()), f"{path}/")
    return fresh


def _fixed(field: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in field.items() if key not in ("retrievable", "fields")}


def _below(fields: Sequence[Mapping[str, Any]], prefix: str) -> set[str]:
    found: set[str] = set()
    for each in fields:
        path = f"{prefix}{each['name']}"
        found |= {path, *_below(each.get("fields", ()), f"{path}/")}
    return found
