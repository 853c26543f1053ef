"""What an index's fields are and what they may be used for, in the terms of Azure AI Search.

Source: the REST API's `SearchIndex` and `SearchField`, version 2026-04-01.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

STRING = "Edm.String"
STRINGS = "Collection(Edm.String)"
COMPLEX = "Edm.ComplexType"
VECTOR = "Collection(Edm.Single)"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. `type` is an Edm type; `fields` are the parts of a complex one.

    `analyzer` names how a searchable text is cut into terms: a language of
    `indexes.engines.bm25.tokenizer` ("english"), or "simple": words, case folded, no stems.
    `dimensions` and `profile` belong to vectors alone. What is not `kept` can be searched, and
    nothing else is held of it: no view returns its values.
    """

    name: str
    type: str
    key: bool = False
    searchable: bool = False
    filterable: bool = False
    sortable: bool = False
    facetable: bool = False
    retrievable: bool = True
    analyzer: str | None = None
    dimensions: int | None = None
    profile: str | None = None
    kept: bool = True
    fields: tuple[Field, ...] = ()

    @property
    def is_vector(self) -> bool:
        """Whether the field holds vectors."""
        return self.dimensions is not None

    @property
    def is_collection(self) -> bool:
        """Whether a row may hold several values of it. A vector is one value."""
        return self.type.startswith("Collection(") and not self.is_vector


@dataclass(frozen=True)
class Definition:
    """An index's fields. `raw` is the definition as JSON-ready data, as a client reads it back.

    `suggesters` maps names to field paths. `searched` are the fields that a search without
    `searchFields` reads; empty, all searchable texts. `collapsed` is a text field whose equal
    values make rows the same passage, which a search that ranks returns once, telling `addressed`
    of the other rows; None: every row is a hit of its own, as in Azure.
    """

    name: str
    fields: tuple[Field, ...]
    suggesters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    searched: tuple[str, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)
    collapsed: str | None = None
    addressed: tuple[str, ...] = ()

    @cached_property
    def paths(self) -> Mapping[str, Field]:
        """All fields by their path: parts of a complex one are `Address/City`."""
        return dict(_walk(self.fields, ""))

    @cached_property
    def key(self) -> Field:
        """The key field."""
        return next(f for f in self.fields if f.key)

    @cached_property
    def vectors(self) -> Mapping[str, Field]:
        """The vector fields by name."""
        return {path: f for path, f in self.paths.items() if f.is_vector}

    @cached_property
    def texts(self) -> Mapping[str, Field]:
        """The searchable texts by path."""
        return {p: f for p, f in self.paths.items() if f.searchable and not f.is_vector}

    @cached_property
    def filterable(self) -> frozenset[str]:
        """The paths that a filter may name."""
        return frozenset(path for path, each in self.paths.items() if each.filterable)

    @property
    def default_texts(self) -> tuple[str, ...]:
        """The fields that a search reads which names none."""
        return self.searched or tuple(self.texts)


def _walk(fields: tuple[Field, ...], prefix: str) -> Iterator[tuple[str, Field]]:
    for each in fields:
        path = f"{prefix}{each.name}"
        yield path, each
        yield from _walk(each.fields, f"{path}/")
