"""Runs a suite with Great Expectations. The only module that imports it.

Its cost is per expectation and call, not per row: about 4 ms where only the verdict is asked, twice
that with counts. So every rule is first asked whether all rows hold, and only those where some do
not are asked again for counts, ids and the verdict with the share that the rule tolerates.
"""

from __future__ import annotations

import functools
import math
import os
import threading
from typing import TYPE_CHECKING, Any, cast

from freshground.core.errors import ConfigError, Fatal
from freshground.core.records import Check
from quality.expectations.catalogue import SUITES
from quality.expectations.suite import Between, Flag, Layer, Present, Rule, Suite, Unique, bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

SAMPLE_SIZE = 20
"""The greatest number of ids in a check's sample."""

_OBSERVED = 10
_COUNTS = ("element_count", "missing_count", "unexpected_count", "unexpected_percent")

# One context serves the process; its datasource remembers the batch of the last call.
_lock = threading.Lock()


@functools.cache
def _great_expectations() -> tuple[Any, Any]:
    """Return the module and a batch definition for frames, of one context without storage."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    # It takes seconds to import, so not before the first run.
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset("frame")
    return gx, asset.add_batch_definition_whole_dataframe("frame")


def run(layer: Layer, frame: pd.DataFrame, limits: Mapping[str, float]) -> list[Check]:
    """See `quality.expectations.run`."""
    suite = SUITES.get(layer)
    if suite is None:
        raise ConfigError(
            f"There is no suite for the layer {layer!r}.", f"Known: {', '.join(SUITES)}."
        )
    missing = [column for column in suite.columns if column not in frame.columns]
    if missing and not frame.empty:
        raise Fatal(
            f"The {layer} frame lacks the column {missing[0]!r}.",
            f"It needs: {', '.join(suite.columns)}.",
        )
    parts, limits = suite.prepare(frame, limits)
    checks: dict[str, Check] = {}
    for part, of_part in parts.items():
        rules = [
            rule
            for rule in suite.rules
            if rule.part == part and not (rule.decides and rule.column not in of_part)
        ]
        checks |= _Part(suite, rules, of_part, limits).checks()
    return [checks[rule.name] for rule in suite.rules if rule.name in checks]


class _Part:
    """The rules that read one frame."""

    def __init__(
        self, suite: Suite, rules: list[Rule], frame: pd.DataFrame, limits: Mapping[str, float]
    ) -> None:
        self.suite = suite
        self.rules = rules
        self.ranges = {
            rule.name: bounds(rule.test, limits, suite.check_id(rule))
            for rule in rules
            if isinstance(rule.test, Between)
        }
        columns = dict.fromkeys(
            name for rule in rules for name in (rule.column, rule.sample) if name is not None
        )
        self.frame = frame if frame.empty else frame[list(columns)]

    def checks(self) -> dict[str, Check]:
        """Return a check for each rule, by the rule's name."""
        if self.frame.empty:
            return {rule.name: self._check(rule, {}, passed=True) for rule in self.rules}
        verdicts = self._validate(self.rules, "BOOLEAN_ONLY", strictly=True)
        verdicts |= self._count([r for r in self.rules if not verdicts[r.name]["success"]])
        return {
            rule.name: self._check(
                rule,
                verdicts[rule.name]["result"],
                passed=verdicts[rule.name]["success"],
                config=verdicts[rule.name]["config"],
            )
            for rule in self.rules
        }

    def _count(self, rules: Iterable[Rule]) -> dict[str, Any]:
        """Validate with counts and, where rows have names, with the ids of failing rows."""
        groups: dict[tuple[str | None, bool], list[Rule]] = {}
        for rule in rules:
            groups.setdefault((rule.sample, _names_all(rule)), []).append(rule)
        verdicts: dict[str, Any] = {}
        for (sample, names_all), group in groups.items():
            result_format: dict[str, Any] = {
                "result_format": "COMPLETE" if names_all else "SUMMARY",
                "partial_unexpected_count": SAMPLE_SIZE,
            }
            if sample is not None:
                result_format["unexpected_index_column_names"] = [sample]
            verdicts |= self._validate(group, result_format)
        return verdicts

    def _validate(
        self, rules: list[Rule], result_format: Any, *, strictly: bool = False
    ) -> dict[str, Any]:
        """Return Great Expectations' results by rule name; Fatal where a rule raised.

        `strictly` lets no row fail, whatever share the rule tolerates.
        """
        with _lock:
            gx, definition = _great_expectations()
            batch = definition.get_batch(batch_parameters={"dataframe": self.frame})
            expectations = [
                self._expectation(gx.expectations, rule, 1.0 if strictly else rule.mostly)
                for rule in rules
            ]
            outcome = batch.validate(
                gx.ExpectationSuite(name=self.suite.layer, expectations=expectations),
                result_format=result_format,
            )
        verdicts: dict[str, Any] = {}
        for result in outcome.results:
            name = result.expectation_config.meta["rule"]
            reason = _raised(result.exception_info)
            if reason is not None:
                raise Fatal(
                    f"The check {self.suite.layer}.{name} could not be evaluated: {reason}.",
                    "Look at the type of its column.",
                )
            verdicts[name] = {
                "success": bool(result.success),
                "result": result.result,
                "config": result.expectation_config,
            }
        return verdicts

    def _expectation(self, types: Any, rule: Rule, mostly: float) -> Any:
        common = {
            "column": rule.column,
            "mostly": mostly,
            "severity": rule.severity,
            "meta": {"rule": rule.name},
        }
        match rule.test:
            case Present():
                return types.ExpectColumnValuesToNotBeNull(**common)
            case Unique():
                return types.ExpectColumnValuesToBeUnique(**common)
            case Flag(value):
                return types.ExpectColumnValuesToBeInSet(value_set=[value], **common)
            case Between():
                low, high = self.ranges[rule.name]
                return types.ExpectColumnValuesToBeBetween(min_value=low, max_value=high, **common)

    def _check(
        self, rule: Rule, result: Mapping[str, Any], *, passed: bool, config: Any = None
    ) -> Check:
        rows = len(self.frame)
        failing = int(result.get("unexpected_count", 0))
        named: list[Any] = []
        if rule.sample is not None:
            kind = "" if _names_all(rule) else "partial_"
            listed = result.get(f"{kind}unexpected_index_list") or ()
            named = [row[rule.sample] for row in listed]
        if rows and not rule.nullable and not isinstance(rule.test, Present):
            # Great Expectations leaves nulls out of every test but the one for nulls.
            null = self._column(rule.column).isna()
            if null.any():
                failing += int(null.sum())
                passed = passed and (rows - failing) / rows >= rule.mostly
                if rule.sample is not None:
                    named += self._column(rule.sample).loc[null].tolist()
        value, threshold = self._measure(rule, rows, failing)
        ids = tuple(dict.fromkeys(str(name) for name in named if name is not None))
        return Check(
            check_id=self.suite.check_id(rule),
            layer=self.suite.layer,
            severity=rule.severity,
            passed=passed,
            value=value,
            threshold=threshold,
            rows=rows,
            failing=failing,
            sample=ids[:SAMPLE_SIZE],
            detail="" if passed else f"{failing} of {rows} failing: {rule.means}",
            failing_ids=ids if _names_all(rule) else (),
            expectation=_said(rule, result, config) if failing and config is not None else None,
        )

    def _column(self, name: str) -> pd.Series:
        return cast("pd.Series", self.frame[name])

    def _measure(self, rule: Rule, rows: int, failing: int) -> tuple[float | None, float | None]:
        """Return value and threshold: the extreme and its bound of a range, else shares."""
        if not isinstance(rule.test, Between):
            return ((rows - failing) / rows if rows else None), rule.mostly
        low, high = self.ranges[rule.name]
        if not rows:
            return None, low if high is None else high
        column = self._column(rule.column)
        least, greatest = float(column.min()), float(column.max())
        if high is None or (low is not None and least < low):
            return _finite(least), low
        return _finite(greatest), high


def _said(rule: Rule, result: Mapping[str, Any], config: Any) -> dict[str, Any]:
    """Return what is kept of a result: bounded, and of values numbers alone."""
    kwargs = {name: config.kwargs[name] for name in sorted(config.kwargs) if name != "batch_id"}
    said: dict[str, Any] = {"type": config.type, "kwargs": kwargs}
    said |= {name: result[name] for name in _COUNTS if name in result}
    if isinstance(rule.test, Between):
        values = (float(value) for value in result.get("partial_unexpected_list") or ())
        said["observed"] = [value for value in values if math.isfinite(value)][:_OBSERVED]
    return said


def _names_all(rule: Rule) -> bool:
    """Whether all failing rows are named: what fails a critical check is not to be published."""
    return (rule.severity == "critical" or rule.decides) and rule.sample is not None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _raised(info: Mapping[str, Any]) -> str | None:
    """Return the message of an exception in an `exception_info`, flat or nested by metric."""
    entries = [info] if "raised_exception" in info else info.values()
    for entry in entries:
        if entry.get("raised_exception"):
            return str(entry.get("exception_message"))
    return None
