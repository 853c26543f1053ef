"""Rows of unit length."""

from __future__ import annotations

import numpy as np

from freshground.core.errors import Fatal

_LEAST_NORM = 1e-12


def unit_rows(vectors: np.ndarray, origin: str) -> np.ndarray:
    """Return float32 rows of shape (n, d) scaled to unit length.

    Raises Fatal for a row that has no direction: not finite, or zero.
    """
    rows = np.ascontiguousarray(vectors, dtype=np.float32)
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    if not np.isfinite(norms).all() or (norms < _LEAST_NORM).any():
        bad = int(np.argmax(~np.isfinite(norms[:, 0]) | (norms[:, 0] < _LEAST_NORM)))
        found = f"{origin} returned a vector without direction (norm {norms[bad, 0]}, row {bad})."
        raise Fatal(found, "Check the model; nothing of this batch was kept.")
    return rows / norms
