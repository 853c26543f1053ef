"""Vectors of texts that masking did not change are copied: only masked texts are embedded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from freshground.lake.schemas import VECTORS
from freshground.service.admission.standing import standing

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context

_AT_ONCE = 2_000


def copy_vectors(context: Context, target: Context, index: IndexSettings) -> int:
    """Copy the vectors that an index's masked chunks share with production; return how many."""
    recipe = target.recipe(index)
    documents = [d for s in index.sources for d in standing(target, s)]
    wanted = target.ledger.text_hashes(documents, recipe.chunker_id) if documents else set()
    missing = sorted(wanted - target.ledger.known_vectors(recipe.space_id))
    copied = 0
    for start in range(0, len(missing), _AT_ONCE):
        found = context.ledger.vectors(recipe.space_id, missing[start : start + _AT_ONCE])
        rows = [
            {
                "space_id": recipe.space_id,
                "embed_hash": name,
                "vector": np.asarray(vector, np.float32).tolist(),
                "run_id": target.run_id,
            }
            for name, vector in sorted(found.items())
        ]
        target.lake.vectors.append(pa.Table.from_pylist(rows, schema=VECTORS))
        copied += len(rows)
    return copied
