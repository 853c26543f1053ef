"""What a list of checks comes to."""

from __future__ import annotations

from openlineage.client.facet_v2 import data_quality_assertions_dataset as facet

from freshground.core.records import Check
from quality.expectations import assertions_facet, worst


def made(check_id: str, severity: str, *, passed: bool) -> Check:
    return Check(check_id, "gold", severity, passed, 1.0, 1.0, 10, 0 if passed else 1)


def test_worst_is_the_greatest_severity_that_failed() -> None:
    fine = made("a", "critical", passed=True)
    warned = made("b", "warning", passed=False)
    broken = made("c", "critical", passed=False)
    assert worst([]) == "passed"
    assert worst([fine, made("d", "warning", passed=True)]) == "passed"
    assert worst([fine, warned]) == "warning"
    assert worst([broken, warned, fine]) == "critical"
    assert worst(iter([warned, broken])) == "critical"


def test_failed_check_of_unknown_severity_is_not_waved_through() -> None:
    assert worst([made("a", "grave", passed=False)]) == "critical"


def test_assertions_are_what_openlineage_takes() -> None:
    checks = [
        made("gold.tokens_within_bound", "critical", passed=False),
        made("gate.recall", "critical", passed=True),
    ]
    assertions = assertions_facet(checks)
    assert assertions == [
        {"assertion": "gold.tokens_within_bound", "success": False, "column": "tokens"},
        {"assertion": "gate.recall", "success": True},
    ]
    built = [facet.Assertion(**assertion) for assertion in assertions]
    assert [(a.assertion, a.success, a.column) for a in built] == [
        ("gold.tokens_within_bound", False, "tokens"),
        ("gate.recall", True, None),
    ]
