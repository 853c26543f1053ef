"""Which documents of a source its settings leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from freshground.lake.ledger import Current
    from freshground.service.context import Context


def scoped(context: Context, source_id: str, documents: Sequence[Current]) -> Sequence[Current]:
    """Return a source's documents, those excluded that its settings leave out."""
    return documents
