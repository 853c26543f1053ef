"""What a rule and a suite are. Data only: `runner` turns it into Great Expectations."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Literal

from freshground.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

Layer = Literal["bronze", "silver", "admission", "gold", "candidate"]
Severity = Literal["critical", "warning"]

ROWS = "rows"
"""The part that is the caller's frame itself."""


@dataclass(frozen=True, slots=True)
class Present:
    """The column holds a value."""


@dataclass(frozen=True, slots=True)
class Unique:
    """No two rows hold the same value."""


@dataclass(frozen=True, slots=True)
class Flag:
    """The column, a boolean, holds `value`."""

    value: bool = True


@dataclass(frozen=True, slots=True)
class Between:
    """The column, a number, lies in the closed range. A bound is a number or a limit's name."""

    low: float | str | None = None
    high: float | str | None = None


Test = Present | Unique | Flag | Between


@dataclass(frozen=True, slots=True)
class Rule:
    """One check.

    `name` follows the layer in the check id. `means` says what a failing row means and what to do.
    `sample` is the column whose values name failing rows, None where the row needs no name.
    `mostly` is the least share of rows that must hold. `nullable` skips rows that hold null, which
    fail otherwise. `part` is which of the suite's frames the rule reads. A rule that `decides` says
    what becomes of a row: all failing ones are named, and it is left out where the frame lacks its
    column.
    """

    name: str
    severity: Severity
    column: str
    test: Test
    means: str
    sample: str | None
    mostly: float = 1.0
    nullable: bool = False
    part: str = ROWS
    decides: bool = False


Prepared = tuple[dict[str, "pd.DataFrame"], "Mapping[str, float]"]


def as_it_is(frame: pd.DataFrame, limits: Mapping[str, float]) -> Prepared:
    """Return the caller's frame as the one part, and the limits unchanged."""
    return {ROWS: frame}, limits


@dataclass(frozen=True, slots=True)
class Suite:
    """A layer's rules.

    `columns` must stand in a frame that has rows. `prepare` derives the parts that rules read and
    may add limits.
    """

    layer: Layer
    columns: tuple[str, ...]
    rules: tuple[Rule, ...]
    prepare: Callable[[pd.DataFrame, Mapping[str, float]], Prepared] = as_it_is

    def check_id(self, rule: Rule) -> str:
        """Return a rule's stable id, such as `gold.tokens_within_bound`."""
        return f"{self.layer}.{rule.name}"


def limit(limits: Mapping[str, float], name: str, needed_by: str) -> float:
    """Return a limit as a finite number, else raise ConfigError that says who needs it."""
    if name not in limits:
        known = ", ".join(sorted(limits)) or "none"
        raise ConfigError(
            f"{needed_by} needs the limit {name!r}, which is not given (given: {known}).",
            f"Pass {name!r} in limits.",
        )
    value = limits[name]
    if not isinstance(value, Real) or not math.isfinite(value):
        raise ConfigError(
            f"The limit {name!r} of {needed_by} is {value!r}, which is no finite number.",
            f"Pass a number as {name!r}.",
        )
    return float(value)


def bounds(
    test: Between, limits: Mapping[str, float], needed_by: str
) -> tuple[float | None, float | None]:
    """Return the two bounds as numbers, None where open. ConfigError when low exceeds high."""
    low, high = (
        limit(limits, bound, needed_by) if isinstance(bound, str) else bound
        for bound in (test.low, test.high)
    )
    if low is not None and high is not None and low > high:
        raise ConfigError(
            f"{needed_by} has the range {low:g} to {high:g}, which nothing can meet.",
            "Check the limits.",
        )
    return low, high
