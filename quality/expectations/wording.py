"""What a check asks, in Great Expectations' words, also where it passed and nothing more is kept.

Importing it loads no Great Expectations.
"""

from __future__ import annotations

from typing import Any

from quality.expectations.catalogue import SUITES
from quality.expectations.suite import Between, Flag, Present, Rule, Unique

RULES: dict[str, Rule] = {
    suite.check_id(rule): rule for suite in SUITES.values() for rule in suite.rules
}
"""All rules of all suites, by check id."""


def described(check_id: str) -> dict[str, Any] | None:
    """Return type and kwargs of a check's expectation, and what a failing row means; else None.

    A bound that the settings set is given by the limit's name.
    """
    rule = RULES.get(check_id)
    if rule is None:
        return None
    kind, own = _asked(rule)
    return {
        "type": kind,
        "kwargs": {"column": rule.column, **own, "mostly": rule.mostly},
        "means": rule.means,
    }


def _asked(rule: Rule) -> tuple[str, dict[str, Any]]:
    match rule.test:
        case Present():
            return "expect_column_values_to_not_be_null", {}
        case Unique():
            return "expect_column_values_to_be_unique", {}
        case Flag(value):
            return "expect_column_values_to_be_in_set", {"value_set": [value]}
        case Between(low, high):
            bounds = {"min_value": low, "max_value": high}
            return "expect_column_values_to_be_between", bounds
