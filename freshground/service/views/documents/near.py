"""Documents that are nearly the same as one, as far as signatures were made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from freshground.service.duplicates.signing import signatures
from freshground.service.views.documents.catalogue import visible
from quality.duplicates.signatures import read

if TYPE_CHECKING:
    from freshground.service.context import Context
    from freshground.service.duplicates.signing import Version
    from freshground.service.views.documents.catalogue import Catalogue, Entry

ALIKE = 0.85
"""From this estimate of what two texts share on, they are shown side by side."""


def near(
    context: Context, whole: Catalogue, entry: Entry, reader: frozenset[str] | None
) -> list[dict[str, Any]]:
    """Return what is nearly the same as a document and may be known of, most alike first.

    Rows of the catalogue with `similarity`, an estimate of 0 to 1, 1 for the same text, and
    `same_numbers`. Copies of the same bytes are left out. Nothing where nothing was signed.
    """
    own = _version(entry)
    signed = signatures(context)
    if own not in signed:
        return []
    versions, hashed, numbers = context.lake.signatures.kept("near", lambda: _arrays(signed))
    at = versions[own]
    jaccard = np.mean(hashed == hashed[at], axis=1)
    similarity = 2 * jaccard / (1 + jaccard)
    places = {version: place for version, place in versions.items() if similarity[place] >= ALIKE}
    found = []
    for version, place in places.items():
        other = whole.by_id.get(version[0])
        if other is None or other is entry or _version(other) != version:
            continue
        if other.content_hash == entry.content_hash or not (other.open and visible(other, reader)):
            continue
        same = signed[version][0] == signed[own][0]
        found.append(
            {
                **other.as_dict(),
                "similarity": 1.0 if same else min(float(similarity[place]), 0.995),
                "same_numbers": bool(np.array_equal(numbers[place], numbers[at])),
            }
        )
    return sorted(found, key=lambda row: (-row["similarity"], row["source"], row["key"]))


def _version(entry: Entry) -> Version:
    return entry.doc_id, entry.content_hash or "", entry.silver_id or ""


def _arrays(
    signed: dict[Version, tuple[str, bytes]],
) -> tuple[dict[Version, int], np.ndarray, np.ndarray]:
    hashed, numbers = read([blob for _, blob in signed.values()])
    return {version: place for place, version in enumerate(signed)}, hashed, numbers
