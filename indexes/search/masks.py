"""`Filter` -> one bool a row, computed over Arrow columns. Two-valued, as `indexes.filters` is.

`indexes.filters.evaluate` is what it is held against.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from indexes.filters.ast import (
    ITEM,
    And,
    Any,
    AnyOf,
    Compare,
    Constant,
    In,
    IsNull,
    Not,
    NotEmpty,
    Or,
)
from indexes.search.columns import at_path, starts_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexes.filters.ast import Filter

_TESTS = {
    "eq": pc.equal,
    "ne": pc.not_equal,
    "gt": pc.greater,
    "ge": pc.greater_equal,
    "lt": pc.less,
    "le": pc.less_equal,
}
KEPT = 64
"""Masks that a segment keeps: 2 MiB at most."""


def mask(part: Filter, rows: int, values: Callable[[str], pa.Array]) -> np.ndarray:
    """Return which of `rows` rows satisfy a filter; `values` returns a field by its path."""
    match part:
        case Constant(value):
            return np.full(rows, value)
        case IsNull(field):
            return _bools(pc.is_null(values(field)))
        case Compare(field, test, value):
            column = values(field)
            found = _TESTS[test](column, pa.scalar(value, column.type))
            return _bools(found.fill_null(test == "ne"))
        case In(field, wanted):
            return _bools(_among(values(field), wanted))
        case AnyOf(field, wanted):
            column = values(field)
            return _any_item(column, _bools(_among(column.flatten(), wanted)))
        case NotEmpty(field):
            return np.diff(starts_of(values(field))) > 0
        case Any(field, inner):
            column = values(field)
            items = column.flatten()
            return _any_item(column, mask(inner, len(items), lambda path: within(items, path)))
        case Not(inner):
            return ~mask(inner, rows, values)
        case And(parts):
            return np.logical_and.reduce([mask(inner, rows, values) for inner in parts])
        case Or(parts):
            return np.logical_or.reduce([mask(inner, rows, values) for inner in parts])


def within(items: pa.Array, path: str) -> pa.Array:
    """Return a path's values of complex items, or the items themselves for `ITEM`."""
    return items if path == ITEM else at_path(items, tuple(path.split("/")))


def _among(column: pa.Array, wanted: tuple[str, ...]) -> pa.BooleanArray:
    return pc.is_in(column, value_set=pa.array(wanted, column.type), skip_nulls=True)


def _any_item(column: pa.ListArray, found: np.ndarray) -> np.ndarray:
    before = np.concatenate([[0], np.cumsum(found)])
    return np.diff(before[starts_of(column)]) > 0


def _bools(found: pa.BooleanArray) -> np.ndarray:
    return found.to_numpy(zero_copy_only=False)


class MaskCache:
    """Masks by their filter, those last used. Parts of an `And` are kept each by itself."""

    def __init__(self, rows: int) -> None:
        self._rows = rows
        self._held: OrderedDict[Filter, np.ndarray] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, part: Filter, values: Callable[[str], pa.Array]) -> np.ndarray:
        """Return the mask of a filter: not to be written to. `values` as `mask` takes it.

        It is not kept: segments would be held in circles, and stay until somebody looks for those.
        """
        if isinstance(part, And):
            return np.logical_and.reduce([self.of(inner, values) for inner in part.parts])
        with self._lock:
            found = self._held.get(part)
            if found is not None:
                self._held.move_to_end(part)
                return found
        found = mask(part, self._rows, values)
        found.setflags(write=False)
        with self._lock:
            self._held[part] = found
            if len(self._held) > KEPT:
                self._held.popitem(last=False)
        return found

    def __len__(self) -> int:
        return len(self._held)
