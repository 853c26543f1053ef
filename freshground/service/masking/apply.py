"""Masks documents for the project they belong to, and seals what stood in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.core.errors import Quarantine
from freshground.core.ids import digest
from freshground.lake.sealed import Sealed
from freshground.service.masking.keys import masking_key
from freshground.service.workers.pool import Job

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from freshground.core.findings import Finding
    from freshground.core.records import Document
    from freshground.lake.admissions import Version
    from freshground.service.context import Context

_VERSION = "2"
"""Raised by hand when the same findings would mask otherwise."""

_FUNCTION = "freshground.service.masking.work:noted"


def masking_id(context: Context) -> str:
    """Return the identity of the project's masking: another key or version masks anew."""
    return digest("masking", _VERSION, masking_key(context).id)


def masked(
    context: Context, wanted: Iterable[tuple[Version, Document, Sequence[Finding]]]
) -> Iterator[tuple[Version, Document | Quarantine | None]]:
    """Yield each version masked, in any order; its values sealed first where a key is for that.

    None for one that stays what it is. It is done in worker processes: a Quarantine is what kept
    one from being masked.
    """
    key = masking_key(context)
    jobs = (Job(version, (document, found, key.pseudonyms)) for version, document, found in wanted)
    for version, result in context.workers.each(_FUNCTION, jobs):
        if isinstance(result, Quarantine):
            yield version, result
            continue
        clean, values = result
        if key.sealing is not None and values:
            from quality.admission.sealing import seal

            doc_id = version[0]
            sealed = {p: seal(key.sealing, doc_id, p, value) for p, value in values.items()}
            Sealed(context.lake.files).keep(doc_id, key.id, sealed)
        yield version, clean
