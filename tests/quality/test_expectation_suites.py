"""Each check has a frame that trips it and one that only just does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from freshground.core.errors import ConfigError, Fatal
from quality.expectations import run
from quality.expectations.catalogue import SUITES
from quality.expectations.runner import SAMPLE_SIZE

pytestmark = pytest.mark.slow

if TYPE_CHECKING:
    from freshground.core.records import Check

ROWS = 10
ADMISSION = [rule.column for rule in SUITES["admission"].rules]
REFUSALS = [name for name in ADMISSION if name.startswith("quarantine_")]
LIMITS: dict[str, dict[str, float]] = {
    "bronze": {},
    "silver": {},
    "admission": {},
    "gold": {"max_tokens": 200, "max_encoder_tokens": 256, "min_coverage": 0.98},
    "candidate": {
        "dimensions": 384,
        "expected_rows": ROWS,
        "expected_documents": 2,
        "documents_in_engine": 2,
        "rows_in_engine": ROWS,
        "hash_matches": 1,
    },
}


def ident(kind: str, number: int) -> str:
    return f"{kind}{number:031x}"


def healthy(layer: str, rows: int = ROWS) -> pd.DataFrame:
    """Return a frame that meets every rule; in gold and candidate five chunks a document."""
    documents = [ident("d", i) for i in range(rows)]
    of_chunks = [ident("d", i // 5) for i in range(rows)]
    chunks = [ident("c", i) for i in range(rows)]
    columns: dict[str, dict[str, Any]] = {
        "bronze": {
            "doc_id": documents,
            "key": [f"folder/{i}.md" for i in range(rows)],
            "content_hash": [ident("h", i) for i in range(rows)],
            "size": [100] * rows,
            "seconds_ahead": [-5.0] * rows,
            "groups_known": [True] * rows,
        },
        "silver": {
            "doc_id": documents,
            "chars": [100] * rows,
            "elements": [3] * rows,
            "spans_ok": [True] * rows,
            "title_present": [True] * rows,
            "language": ["en"] * rows,
            "replacement_share": [0.0] * rows,
        },
        "admission": {"doc_id": documents, **{name: [0] * rows for name in ADMISSION}},
        "gold": {
            "chunk_id": chunks,
            "doc_id": of_chunks,
            "tokens": [150] * rows,
            "encoder_tokens": [180] * rows,
            "span_ok": [True] * rows,
            "has_document": [True] * rows,
            "empty": [False] * rows,
            "doc_coverage": [1.0 if i % 5 == 0 else np.nan for i in range(rows)],
        },
        "candidate": {
            "chunk_id": chunks,
            "doc_id": of_chunks,
            "vector_length": [384] * rows,
            "vector_norm": [1.0] * rows,
            "has_document": [True] * rows,
            "row_hash": [ident("h", i) for i in range(rows)],
        },
    }
    return pd.DataFrame(columns[layer])


def check(check_id: str, frame: pd.DataFrame, **limits: float) -> tuple[Check, list[str]]:
    """Return one check, and the ids of all checks that failed."""
    layer = check_id.partition(".")[0]
    checks = run(layer, frame, LIMITS[layer] | limits)  # type: ignore[arg-type]
    found = {item.check_id: item for item in checks}
    return found[check_id], [item.check_id for item in checks if not item.passed]


# check id: column, values that trip it, values that just do not; they go into the first rows.
CELLS: dict[str, tuple[str, list[Any], list[Any]]] = {
    "bronze.doc_id_present": ("doc_id", [None], ["x"]),
    "bronze.key_present": ("key", [None], [""]),
    "bronze.content_hash_present": ("content_hash", [None], ["x"]),
    "bronze.doc_id_unique": ("doc_id", [ident("d", 1)], [ident("d", ROWS)]),
    "bronze.size_positive": ("size", [0], [1]),
    "bronze.access_known": ("groups_known", [False], [True]),
    "bronze.modified_not_in_future": ("seconds_ahead", [300.001], [300.0, None]),
    "silver.doc_id_unique": ("doc_id", [ident("d", 1)], [ident("d", ROWS)]),
    "silver.text_present": ("chars", [0], [1]),
    "silver.elements_present": ("elements", [0], [1]),
    "silver.spans_in_text": ("spans_ok", [False], [True]),
    "silver.replacement_characters": ("replacement_share", [0.0101], [0.01]),
    "silver.title_completeness": ("title_present", [False] * 6, [False] * 5),
    "silver.language_known": ("language", [None] * 3, [None] * 2),
    **{f"admission.{name}": (name, [2, 1], [0]) for name in REFUSALS},
    "gold.chunk_id_unique": ("chunk_id", [ident("c", 1)], [ident("c", ROWS)]),
    "gold.text_present": ("empty", [True], [False]),
    "gold.tokens_within_bound": ("tokens", [201], [200, 1]),
    "gold.encoder_tokens_within_bound": ("encoder_tokens", [257], [256]),
    "gold.span_matches_text": ("span_ok", [False], [True]),
    "gold.no_orphan": ("has_document", [False], [True]),
    "gold.coverage": ("doc_coverage", [0.9799], [0.98]),
    "candidate.chunk_id_unique": ("chunk_id", [ident("c", 1)], [ident("c", ROWS)]),
    "candidate.vector_length": ("vector_length", [383], [384]),
    "candidate.vector_norm": ("vector_norm", [1.0011], [1.0009, 0.9991]),
    "candidate.no_orphan": ("has_document", [False], [True]),
    "candidate.row_hash_present": ("row_hash", [None], ["x"]),
}
# check id: limits that trip it, limits that just do not, checks that the first trip as well.
SCALARS: dict[str, tuple[dict[str, float], dict[str, float], set[str]]] = {
    "candidate.count_parity": ({"rows_in_engine": ROWS - 1}, {"rows_in_engine": ROWS}, set()),
    "candidate.document_parity": ({"expected_documents": 3}, {"expected_documents": 2}, set()),
    "candidate.row_hash_matches": ({"hash_matches": 0}, {"hash_matches": 1}, set()),
    "candidate.not_empty": (
        {"rows_in_engine": 0},
        {"rows_in_engine": 1, "expected_rows": 1},
        {"candidate.count_parity"},
    ),
}
WARNINGS = {
    "bronze.size_positive",
    "bronze.access_known",
    "bronze.modified_not_in_future",
    "silver.replacement_characters",
    "silver.title_completeness",
    "silver.language_known",
    *(f"admission.{name}" for name in ADMISSION),
}
COUNTED = {f"admission.{name}" for name in ADMISSION if name not in REFUSALS}
"""What is as the policy wants it: counted and named, no failure."""


def with_cells(layer: str, column: str, values: list[Any]) -> pd.DataFrame:
    frame = healthy(layer)
    cells = frame[column].tolist()
    frame[column] = values + cells[len(values) :]
    return frame


def test_every_check_is_tried() -> None:
    known = {suite.check_id(rule) for suite in SUITES.values() for rule in suite.rules}
    assert known == CELLS.keys() | SCALARS.keys() | COUNTED


@pytest.mark.parametrize("check_id", sorted(COUNTED))
def test_what_is_masked_or_restricted_is_named_and_no_failure(check_id: str) -> None:
    column = check_id.partition(".")[2]
    found, failed = check(check_id, with_cells("admission", column, [1] * ROWS))
    assert failed == []
    assert (found.passed, found.failing) == (True, ROWS)
    assert set(found.failing_ids) == {ident("d", number) for number in range(ROWS)}


def test_a_policy_asks_only_what_it_can_decide() -> None:
    frame = healthy("admission")[["doc_id", "quarantine_scan", "mask_secret"]]
    assert [item.check_id for item in run("admission", frame, {})] == [
        "admission.quarantine_scan",
        "admission.mask_secret",
    ]


@pytest.mark.parametrize("layer", SUITES)
def test_healthy_frame_passes_every_check(layer: str) -> None:
    checks = run(layer, healthy(layer), LIMITS[layer])  # type: ignore[arg-type]
    assert [item.check_id for item in checks] == [
        SUITES[layer].check_id(rule)  # type: ignore[index]
        for rule in SUITES[layer].rules  # type: ignore[index]
    ]
    for item in checks:
        assert (item.passed, item.failing, item.sample, item.detail) == (True, 0, (), ""), item
        assert item.layer == layer
        assert item.severity == ("warning" if item.check_id in WARNINGS else "critical")


@pytest.mark.parametrize("check_id", CELLS)
def test_rows_trip_their_check_and_no_other(check_id: str) -> None:
    column, bad, good = CELLS[check_id]
    layer = check_id.partition(".")[0]
    found, failed = check(check_id, with_cells(layer, column, bad))
    assert failed == [check_id]
    assert found.failing == (2 if check_id.endswith("_unique") else len(bad))
    assert found.rows == (2 if check_id == "gold.coverage" else ROWS)
    assert found.detail.startswith(f"{found.failing} of {found.rows} failing: ")
    assert 1 <= len(found.sample) <= found.failing
    assert all(len(name) == 32 and name[0] in "cdh" for name in found.sample), found.sample

    found, failed = check(check_id, with_cells(layer, column, good))
    assert failed == []
    assert found.passed


@pytest.mark.parametrize("check_id", SCALARS)
def test_totals_trip_their_check(check_id: str) -> None:
    bad, good, also = SCALARS[check_id]
    found, failed = check(check_id, healthy("candidate"), **bad)
    assert set(failed) == {check_id} | also
    assert (found.rows, found.failing, found.sample) == (1, 1, ())
    assert check(check_id, healthy("candidate"), **good)[1] == []


@pytest.mark.parametrize(
    ("check_id", "column", "values", "value", "threshold"),
    [
        ("gold.tokens_within_bound", "tokens", [250], 250, 200),
        ("gold.tokens_within_bound", "tokens", [0], 0, 1),
        ("gold.tokens_within_bound", "tokens", [], 150, 200),
        ("candidate.vector_norm", "vector_norm", [0.5], 0.5, 0.999),
        ("candidate.vector_norm", "vector_norm", [float("inf")], None, 1.001),
        ("gold.span_matches_text", "span_ok", [False], 0.9, 1.0),
        ("silver.title_completeness", "title_present", [False] * 4, 0.6, 0.5),
        ("gold.coverage", "doc_coverage", [0.5], 0.5, 0.98),
    ],
)
def test_value_and_threshold_are_in_the_unit_of_the_check(
    check_id: str, column: str, values: list[Any], value: float | None, threshold: float
) -> None:
    found, _ = check(check_id, with_cells(check_id.partition(".")[0], column, values))
    assert found.value == (None if value is None else pytest.approx(value))
    assert found.threshold == pytest.approx(threshold)


@pytest.mark.parametrize(
    ("check_id", "column"),
    [
        ("silver.text_present", "chars"),
        ("silver.spans_in_text", "spans_ok"),
        ("gold.tokens_within_bound", "tokens"),
        ("gold.chunk_id_unique", "chunk_id"),
        ("gold.coverage", "doc_coverage"),
        ("candidate.vector_norm", "vector_norm"),
    ],
)
def test_null_where_none_is_allowed_is_a_failing_row(check_id: str, column: str) -> None:
    found, failed = check(check_id, with_cells(check_id.partition(".")[0], column, [None]))
    assert failed == [check_id]
    assert found.failing == 1


def test_nulls_and_failing_rows_are_counted_together() -> None:
    found, _ = check("gold.tokens_within_bound", with_cells("gold", "tokens", [None, 500]))
    assert found.failing == 2
    assert set(found.sample) == {ident("c", 0), ident("c", 1)}
    tolerated = with_cells("silver", "title_present", [None, None, False, False, False])
    assert check("silver.title_completeness", tolerated)[0].passed
    too_many = with_cells("silver", "title_present", [None, None, None, False, False, False])
    assert not check("silver.title_completeness", too_many)[0].passed


def test_coverage_is_judged_by_document_wherever_its_value_stands() -> None:
    frame = healthy("gold")
    frame["doc_coverage"] = [np.nan] * 4 + [0.99] + [np.nan] * 4 + [0.5]
    found, _ = check("gold.coverage", frame)
    assert (found.rows, found.failing, found.sample) == (2, 1, (ident("d", 1),))


@pytest.mark.parametrize("layer", SUITES)
def test_empty_frame_passes(layer: str) -> None:
    nothing = {
        "expected_rows": 0,
        "expected_documents": 0,
        "documents_in_engine": 0,
        "rows_in_engine": 0,
        "empty_allowed": 1,
    }
    for frame in (pd.DataFrame(), healthy(layer, rows=0)):
        checks = run(layer, frame, LIMITS[layer] | nothing)  # type: ignore[arg-type]
        assert all(item.passed for item in checks)
        assert {item.rows for item in checks} <= {0, 1}


def test_index_that_becomes_empty_is_critical() -> None:
    nothing = {
        "expected_rows": 0,
        "expected_documents": 0,
        "documents_in_engine": 0,
        "rows_in_engine": 0,
    }
    found, failed = check("candidate.not_empty", pd.DataFrame(), **nothing)
    assert failed == ["candidate.not_empty"]
    assert (found.severity, found.value, found.threshold) == ("critical", 0, 1)


def test_sample_is_bounded_and_holds_distinct_ids() -> None:
    frame = healthy("gold", rows=100)
    frame["span_ok"] = False
    frame["chunk_id"] = [ident("c", i // 50) for i in range(100)]
    found, _ = check("gold.chunk_id_unique", frame)
    assert found.failing == 100
    assert set(found.sample) <= {ident("c", 0), ident("c", 1)}
    assert len(set(found.sample)) == len(found.sample)
    frame = healthy("gold", rows=100)
    frame["span_ok"] = False
    found, _ = check("gold.span_matches_text", frame)
    assert found.failing == 100
    assert len(found.sample) == SAMPLE_SIZE


def test_least_coverage_counts_where_a_document_has_two() -> None:
    frame = healthy("gold")
    frame["doc_coverage"] = [1.0, 0.5, np.nan, np.nan, np.nan, 1.0, 1.0, 1.0, 1.0, 1.0]
    assert check("gold.coverage", frame)[0].sample == (ident("d", 0),)


def test_repeated_row_index_names_only_failing_rows() -> None:
    frame = with_cells("gold", "tokens", [150, 500, None]).set_index(pd.Index([0] * ROWS))
    found, _ = check("gold.tokens_within_bound", frame)
    assert found.failing == 2
    assert found.sample == (ident("c", 1), ident("c", 2))


@pytest.mark.parametrize("layer", SUITES)
def test_kind_of_column_does_not_matter(layer: str) -> None:
    """Nullable extension types, object columns and a repeated row index give the same checks."""
    plain = run(layer, healthy(layer), LIMITS[layer])  # type: ignore[arg-type]
    variants = [healthy(layer).convert_dtypes(), healthy(layer).astype(object)]
    variants.append(healthy(layer).set_index(pd.Index([0] * ROWS)))
    for frame in variants:
        assert run(layer, frame, LIMITS[layer]) == plain  # type: ignore[arg-type]


def test_same_frame_twice_in_one_process_is_judged_anew() -> None:
    frame = healthy("gold")
    assert check("gold.span_matches_text", frame)[0].passed
    frame.loc[3, "span_ok"] = False
    assert check("gold.span_matches_text", frame)[0].sample == (ident("c", 3),)
    frame.loc[3, "span_ok"] = True
    assert check("gold.span_matches_text", frame)[0].passed


def test_frame_is_left_as_it_was() -> None:
    frame = with_cells("gold", "tokens", [None, 500])
    before = frame.copy(deep=True)
    run("gold", frame, LIMITS["gold"])
    pd.testing.assert_frame_equal(frame, before)


def test_unknown_layer_missing_limit_and_column_are_named() -> None:
    with pytest.raises(ConfigError, match="no suite for the layer 'brass'"):
        run("brass", pd.DataFrame(), {})  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"gold.tokens_within_bound needs the limit 'max_tokens'"):
        run("gold", healthy("gold"), {"max_encoder_tokens": 256, "min_coverage": 0.98})
    with pytest.raises(ConfigError, match="needs the limit 'rows_in_engine'"):
        run("candidate", healthy("candidate"), {})
    with pytest.raises(ConfigError, match="no finite number"):
        run("gold", healthy("gold"), LIMITS["gold"] | {"min_coverage": float("nan")})
    with pytest.raises(ConfigError, match="which nothing can meet"):
        run("gold", healthy("gold"), LIMITS["gold"] | {"max_tokens": 0})
    with pytest.raises(Fatal, match="gold frame lacks the column 'span_ok'"):
        run("gold", healthy("gold").drop(columns="span_ok"), LIMITS["gold"])


def test_column_of_a_type_that_cannot_be_judged_is_fatal_not_passed() -> None:
    frame = healthy("gold")
    frame["tokens"] = ["many"] * ROWS
    with pytest.raises(Fatal, match=r"gold.tokens_within_bound could not be evaluated"):
        run("gold", frame, LIMITS["gold"])
