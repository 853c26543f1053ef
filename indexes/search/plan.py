"""What one search asks of a view, and what it finds. Names of fields are paths, all checked."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from indexes.search.text import Everything

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np

    from indexes.filters.ast import Filter
    from indexes.search.text import TextQuery

SCORE = "search.score()"
"""What `Order.by` is when it is no field."""


@dataclass(frozen=True, slots=True)
class TextArm:
    """Full text: `fields` maps paths to boosts. Its best `recall` rows take part in fusion."""

    query: TextQuery
    fields: Mapping[str, float]
    recall: int = 1000


@dataclass(frozen=True, slots=True)
class VectorArm:
    """One vector query; each of its fields is an arm of its own in the fusion."""

    fields: tuple[str, ...]
    vector: np.ndarray
    k: int = 50
    exact: bool = False
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Order:
    """One key to sort by: a path, or SCORE. Nulls come first when ascending, last descending."""

    by: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Facet:
    """Counts of a field's values among all matches.

    `sort`: count or value, "-" turning it round. `values` are the bounds of ranges; `interval`
    is a number, or minute, hour, day, week, month, quarter, year, shifted by `offset` minutes.
    """

    path: str
    count: int = 10
    sort: Literal["count", "-count", "value", "-value"] = "count"
    values: tuple[Any, ...] = ()
    interval: float | str | None = None
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Highlight:
    """Passages to mark: `fields` maps paths to how many passages of each."""

    fields: Mapping[str, int]
    before: str = "<em>"
    after: str = "</em>"


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """One search over a view that is narrowed by its filter already.

    Without text and vectors every row is found with a score of 1. `after` is a filter for
    `vectorFilterMode: postFilter`: it is applied to what the arms found. `select` None: every
    retrievable field. `count`: whether the number of all matches is wanted.
    """

    text: TextArm | None = None
    vectors: tuple[VectorArm, ...] = ()
    after: Filter | None = None
    order: tuple[Order, ...] = ()
    facets: tuple[Facet, ...] = ()
    highlight: Highlight | None = None
    select: tuple[str, ...] | None = None
    count: bool = False
    skip: int = 0
    top: int = 50

    @property
    def ranks(self) -> bool:
        """Whether anything says which rows are better: else they are listed, not searched."""
        return bool(self.vectors) or (
            self.text is not None and not isinstance(self.text.query, Everything)
        )


@dataclass(frozen=True, slots=True)
class Found:
    """One hit: `document` is JSON-ready. Arms tell rank (from 1) and score of each arm by name.

    `copies` are addresses in view at which the same passage stands too, the first of
    `copy_count`.
    """

    key: str
    position: int
    score: float
    document: dict[str, Any]
    highlights: dict[str, list[str]] = field(default_factory=dict)
    arms: dict[str, tuple[int, float]] = field(default_factory=dict)
    copies: list[dict[str, Any]] = field(default_factory=list)
    copy_count: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What a search found. `facets` as Azure returns them: lists of {value|from|to, count}."""

    hits: list[Found]
    matches: int
    facets: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
