"""What a list of checks comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from quality.expectations.catalogue import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.records import Check


def worst(checks: Iterable[Check]) -> Literal["passed", "warning", "critical"]:
    """Return the greatest severity among failed checks, or passed when none failed.

    A failed check of a severity that is not `warning` counts as critical.
    """
    failed = {check.severity for check in checks if not check.passed}
    if not failed:
        return "passed"
    return "warning" if failed == {"warning"} else "critical"


def assertions_facet(checks: Iterable[Check]) -> list[dict[str, Any]]:
    """Return the `assertions` of an OpenLineage DataQualityAssertionsDatasetFacet.

    Each has `assertion` (the check id), `success`, and `column` where the check is of a suite.
    """
    assertions: list[dict[str, Any]] = []
    for check in checks:
        assertion: dict[str, Any] = {"assertion": check.check_id, "success": check.passed}
        if check.check_id in COLUMNS:
            assertion["column"] = COLUMNS[check.check_id]
        assertions.append(assertion)
    return assertions
