"""What an index should serve, beside what it serves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from freshground.service.admission.standing import standing
from freshground.service.duplicates.leaving import without_near
from indexes.plan import IndexPlan, compare
from indexes.release import as_of

if TYPE_CHECKING:
    from freshground.core.settings import IndexSettings
    from freshground.lake.ledger import Current
    from freshground.lake.pointers import Pointer
    from freshground.service.context import Context
    from indexes.candidate import Recipe
    from indexes.plan import Served
    from indexes.release import Manifest


@dataclass(frozen=True)
class Desired:
    """One reading of an index's sources and its live release.

    `plan` compares with the live release, `build` with what the candidate starts from: the same,
    unless the recipe changed and everything is written anew. `pending` counts documents that
    silver has not seen, `uncut` names those that gold has not.
    """

    documents: list[Current]
    listings: dict[str, dict[str, Any]]
    pending: int
    uncut: frozenset[str]
    recipe: Recipe
    live: tuple[Pointer, Manifest] | None
    served: dict[str, Served]
    plan: IndexPlan
    build: IndexPlan

    @property
    def same_recipe(self) -> bool:
        """Whether the candidate may start from the live release."""
        return self.live is not None and self.live[1].recipe == self.recipe.id

    def as_of(self, index: IndexSettings) -> str | None:
        """The oldest of the sources' newest complete listings."""
        return as_of(self.listings, index.sources)


def desired(context: Context, index: IndexSettings) -> Desired:
    """Read the ledger for an index."""
    # The live release first: what is read of the lake after it is no older than what it serves, so
    # that no plan takes it back. Then the listing: rows that a concurrent ingest adds after it only
    # make us fresher than said.
    live = context.releases.live(index.id)
    served = context.releases.served(live[1]) if live else {}
    newest = context.lake.journal.latest("listing")
    listings = {s: newest[s].body for s in index.sources if s in newest}
    recipe = context.recipe(index)
    documents: list[Current] = []
    uncut: set[str] = set()
    for source_id in index.sources:
        current = standing(context, source_id)
        documents += current
        cut = context.ledger.chunked(source_id, recipe.chunker_id)
        uncut |= {
            d.doc_id
            for d in current
            if d.content_hash is not None and (d.doc_id, d.content_hash, d.silver_id) not in cut
        }
    documents = without_near(context, index, documents)
    plan = compare(documents, served, recipe.id)
    same = live is not None and live[1].recipe == recipe.id
    return Desired(
        documents,
        listings,
        sum(d.state == "pending" for d in documents),
        frozenset(uncut),
        recipe,
        live,
        served,
        plan,
        plan if same else compare(documents, {}, recipe.id),
    )
