"""`vectorQueries` as clients write them -> the vector arms of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.parameters import Parameters, invalid, not_served
from freshground.service.api.queries.paths import field_for
from indexes.search.plan import VectorArm

if TYPE_CHECKING:
    from collections.abc import Callable

    from indexes.search.definition import Definition

MOST = 10
"""Vector queries in one search."""

K = 50
K_MOST = 10_000
WEIGHT_MOST = 1e6
TEXT_MOST = 32_766
"""Characters of a text that is searched or vectorised."""

_KINDS = {name: name for name in ("vector", "text", "imageUrl", "imageBinary")}
_REFUSED = {
    "oversampling": "oversampling, since vectors are not compressed,",
    "rerankWithOriginalVectors": "compression of vectors",
    "threshold": "a threshold of similarity",
    "filterOverride": "a filter of one vector query",
    "perDocumentVectorLimit": "several vectors in a document",
    "queryRewrites": "rewriting of queries",
    "url": "searching by image",
    "base64Image": "searching by image",
}


def vector_arms(
    definition: Definition, value: Any, encode: Callable[[str], np.ndarray]
) -> tuple[tuple[VectorArm, ...], list[tuple[str, np.ndarray]]]:
    """Return the arms, and the texts that were vectorised with their vectors. ApiError 400."""
    if value is None:
        return (), []
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise invalid("vectorQueries", "is not a list of objects")
    if len(value) > MOST:
        raise invalid("vectorQueries", f"holds {len(value)} queries", f"{MOST} is the most.")
    texts: list[tuple[str, np.ndarray]] = []
    arms = tuple(_arm(definition, Parameters(each), encode, texts) for each in value)
    return arms, texts


def _arm(
    definition: Definition,
    asked: Parameters,
    encode: Callable[[str], np.ndarray],
    texts: list[tuple[str, np.ndarray]],
) -> VectorArm:
    kind = asked.choice("kind", _KINDS, "")
    if not kind:
        raise invalid("vectorQueries", "has a query without a kind", "It is vector or text.")
    if kind.startswith("image"):
        raise not_served("vectorQueries", f"kind {kind}", "Send the image's vector.")
    asked.refuse(_REFUSED, {})
    fields = asked.items("fields") or _searchable(definition)
    for path in fields:
        if not field_for(definition, path, "searchable", "vectorQueries").is_vector:
            raise invalid("vectorQueries", f"names field {path!r}", "It holds no vectors.")
    if not fields:
        raise invalid("vectorQueries", "is asked", f"Index '{definition.name}' has no vectors.")
    k = asked.whole("k", 1, K_MOST) or K
    exact = asked.flag("exhaustive")
    weight = asked.number("weight", 0, WEIGHT_MOST)
    if weight == 0:
        raise invalid("weight", "is 0", "It lies above 0.")
    if kind == "text":
        text = asked.text("text")
        if not text or not text.strip() or len(text) > TEXT_MOST:
            raise invalid("text", "is empty or too long", f"At most {TEXT_MOST} characters.")
        asked.close("A vector query of kind text")
        vector = encode(text)
        texts.append((text, vector))
    else:
        vector = _vector(asked.take("vector"))
        asked.close("A vector query of kind vector")
    for path in fields:
        wanted = definition.vectors[path].dimensions
        if len(vector) != wanted:
            raise ApiError(
                400,
                "InvalidVector",
                f"The query's vector has {len(vector)} dimensions, and those of field '{path}' "
                f"have {wanted}.",
            )
    return VectorArm(fields, vector, k, exact, 1.0 if weight is None else float(weight))


def _searchable(definition: Definition) -> tuple[str, ...]:
    return tuple(path for path, field in definition.vectors.items() if field.searchable)


def _vector(value: Any) -> np.ndarray:
    if not isinstance(value, list) or not value:
        raise ApiError(400, "InvalidVector", "The query's vector is no list of numbers.")
    if any(type(each) not in (int, float) for each in value):
        raise ApiError(400, "InvalidVector", "The query's vector holds something but numbers.")
    with np.errstate(over="ignore"):
        vector = np.asarray(value, np.float32)
    if not np.isfinite(vector).all() or not vector.any():
        raise ApiError(400, "InvalidVector", "The query's vector is zero, or has no finite length.")
    return vector
