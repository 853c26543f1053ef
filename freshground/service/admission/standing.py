"""Which documents of a source are to be served, and as what: the one door to that question.

Each step takes documents and returns them, some set aside or changed: the ledger says what silver
holds, the settings what of it is wanted, admission what of that may be served, people what they
rejected or took down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.admission.scope import scoped
from freshground.service.admission.verdicts import judged
from freshground.service.denial.takedown import withhold

if TYPE_CHECKING:
    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def wanted(context: Context, source_id: str) -> list[Current]:
    """Return a source's live documents, those aside that its settings leave out."""
    current = context.ledger.current(source_id, context.silver_id(source_id))
    return scoped(context, source_id, current)


def admitted(context: Context, source_id: str) -> list[Current]:
    """Return a source's live documents, each as the version that admission lets through."""
    return judged(context, source_id, wanted(context, source_id))


def standing(context: Context, source_id: str) -> list[Current]:
    """Return a source's live documents as they are to be served, by doc_id."""
    return withhold(context, source_id, admitted(context, source_id))
