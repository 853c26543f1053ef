"""The identity of an embedding space."""

from __future__ import annotations

from freshground.core.ids import digest
from freshground.core.records import EmbeddingSpace

FP32_CLASS = "cos>=0.999 of fp32"
"""Every runtime that the probe texts admit: its vectors and the fp32 reference's are one space."""


def make_space(
    *,
    model: str,
    weights: str,
    pooling: str,
    prefix: str,
    dimensions: int,
    precision: str,
) -> EmbeddingSpace:
    """Return a space of unit vectors with its id.

    The model's name or folder, the runtime and the query prefix are no part of the id: they do not
    change what a stored vector means.
    """
    identity = digest("space", weights, pooling, "unit", prefix, str(dimensions), precision)
    return EmbeddingSpace(
        model=model,
        weights=weights,
        pooling=pooling,
        normalised=True,
        prefix=prefix,
        dimensions=dimensions,
        precision=precision,
        id=identity,
    )
