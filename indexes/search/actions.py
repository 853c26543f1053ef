"""A batch of actions on documents: what each does to what is stored, and how each went.

Actions are checked once; what they do is worked out against the documents as they stand, anew when
another writer came first. Pure, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from indexes.search.azure_types import shown
from indexes.search.documents import DocumentError, checked, completed, key_of, merged

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from indexes.search.definition import Definition

KINDS = ("upload", "merge", "mergeOrUpload", "delete")


@dataclass(frozen=True, slots=True)
class ItemResult:
    """How one action went. `status` is an HTTP status: 201 for a new document, 200 else."""

    key: str
    status: int
    error: str | None = None

    @property
    def succeeded(self) -> bool:
        """Whether the action was done."""
        return self.error is None


@dataclass(frozen=True, slots=True)
class Action:
    """One action that was checked. `document` holds the fields that the client gave."""

    kind: str
    key: str
    document: dict[str, Any] = field(default_factory=dict)
    error: str | None = None


class Stored(Protocol):
    """The documents as they stand."""

    def has(self, key: str) -> bool:
        """Return whether there is a document."""
        ...

    def load(self, key: str) -> Mapping[str, Any]:
        """Return a document's values as `checked` makes them."""
        ...


def action_of(definition: Definition, data: object) -> Action:
    """Return what a client wants done; one that cannot be done carries its error."""
    if not isinstance(data, dict):
        return Action("", "", error=f"The action is {shown(data)}. Give an object.")
    try:
        key = key_of(definition, data)
    except DocumentError as error:
        given = data.get(definition.key.name)
        return Action("", given if isinstance(given, str) else "", error=str(error))
    kind = data.get("@search.action", "upload")
    if kind not in KINDS:
        said = f"The action {shown(kind)} is not known. Actions: {', '.join(KINDS)}."
        return Action("", key, error=said)
    if kind == "delete":
        return Action(kind, key)
    try:
        return Action(kind, key, checked(definition, data))
    except DocumentError as error:
        return Action(kind, key, error=str(error))


def resolve(
    definition: Definition, actions: Sequence[Action], stored: Stored
) -> tuple[list[ItemResult], dict[str, dict[str, Any] | None]]:
    """Return how each action goes, and the documents that change by key: None for one removed.

    Actions act in their order: a later one sees what an earlier one of the same key did.
    """
    results: list[ItemResult] = []
    changed: dict[str, dict[str, Any] | None] = {}
    for action in actions:
        if action.error is not None:
            results.append(ItemResult(action.key, 400, action.error))
            continue
        key = action.key
        there = changed[key] is not None if key in changed else stored.has(key)
        if action.kind == "delete":
            if there:
                changed[key] = None
            results.append(ItemResult(key, 200))
            continue
        if action.kind == "merge" and not there:
            results.append(ItemResult(key, 404, "Document not found."))
            continue
        new = action.document
        if there and action.kind != "upload":
            new = merged(definition.fields, changed.get(key) or stored.load(key), new)
        changed[key] = completed(definition.fields, new)
        results.append(ItemResult(key, 200 if there else 201))
    return results, changed
