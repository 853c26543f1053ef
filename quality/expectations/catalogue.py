"""All suites, by layer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from quality.expectations import admission, bronze, candidate, gold, silver

if TYPE_CHECKING:
    from quality.expectations.suite import Layer, Suite

SUITES: dict[Layer, Suite] = {
    module.SUITE.layer: module.SUITE for module in (bronze, silver, admission, gold, candidate)
}

COLUMNS: dict[str, str] = {
    suite.check_id(rule): rule.column for suite in SUITES.values() for rule in suite.rules
}
"""The column that each check is about, by check id."""
