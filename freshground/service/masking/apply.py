"""Masks a document for the project it belongs to: one door for admission and for exports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.ids import digest
from freshground.lake.sealed import Sealed
from freshground.service.masking.keys import Noting, masking_key
from quality.admission.masking import mask

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document
    from freshground.service.context import Context

_VERSION = "1"
"""Raised by hand when the same findings would mask otherwise."""


def masking_id(context: Context) -> str:
    """Return the identity of the project's masking: another key or version masks anew."""
    return digest("masking", _VERSION, masking_key(context).id)


def masked(
    context: Context, doc_id: str, document: Document, findings: Sequence[Finding]
) -> Document:
    """Return the document masked, its values sealed first where the project has a key for that."""
    key = masking_key(context)
    noting = Noting(key.pseudonyms)
    done = mask(document, findings, noting)
    if key.sealing is not None and noting.values:
        from quality.admission.sealing import seal

        sealed = {p: seal(key.sealing, doc_id, p, value) for p, value in noting.values.items()}
        Sealed(context.lake.files).keep(doc_id, key.id, sealed)
    return done
