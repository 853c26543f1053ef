"""Quality checks of the layers and of admission, run by Great Expectations on frames of metrics.

A frame holds ids, counts and flags, never document text, and so does what comes out: one
`freshground.core.records.Check` for each rule of the layer's suite. Importing this package is
cheap; Great Expectations is loaded by the first `run` on a frame that has rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.expectations.summary import assertions_facet, worst

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from freshground.core.records import Check
    from quality.expectations.suite import Layer

__all__ = ["assertions_facet", "run", "worst"]


def run(layer: Layer, frame: pd.DataFrame, limits: Mapping[str, float]) -> list[Check]:
    """Run a layer's suite over a frame and return one Check for each rule, in the suite's order.

    `frame` has the columns that the layer's module lists (others are ignored) and one row for each
    object version, document or chunk. Null where the layer's module does not allow it is a failing
    row. With no rows, rules about rows pass. `limits` holds the numbers that the rules name.

    Raises ConfigError for an unknown layer, a missing limit or one that is no finite number, and
    Fatal for a missing column or one of a type that a rule cannot be evaluated on.
    """
    from quality.expectations import runner

    return runner.run(layer, frame, limits)
