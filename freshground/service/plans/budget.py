"""The limits on embedding, and how much of each is used.

What was spent stands in the journal; what is in the lake and still to be embedded counts as used.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from freshground.core.clock import iso
from freshground.core.ids import digest
from freshground.service.desired import desired
from freshground.service.plans.estimate import lake_cost

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from freshground.core.settings import Budget, IndexSettings
    from freshground.lake.ledger import Current
    from freshground.service.context import Context
    from freshground.service.desired import Desired
    from indexes.embed import EmbedReport

_LISTINGS_READ = 500


@dataclass
class Meter:
    """One limit over some indexes. `weights` says what a token of each counts: 1, or its price.

    `used` was spent, or will be: documents let in already. `rewriting` is what the lake holds and
    no listing was measured for, such as all of it after a change of encoder. It is never refused,
    and shares the limit with new documents: up to half of it is kept for either.
    """

    limit: float
    weights: Mapping[str, float]
    used: float = 0.0
    rewriting: float = 0.0

    def amount(self, tokens: Mapping[str, float]) -> float:
        """Return what tokens by index are to this meter."""
        return sum(self.weights.get(index, 0.0) * count for index, count in tokens.items())

    @property
    def taken(self) -> float:
        """What new documents find taken of the limit."""
        return self.used + min(self.rewriting, self.limit / 2)

    def fits(self, amount: float) -> bool:
        """Return whether a document of that amount may be let in; the first always may."""
        return not self.taken or self.taken + amount <= self.limit


@dataclass
class Meters:
    """All limits of a project. `payers` are the indexes charged: of those that share texts, one."""

    meters: list[Meter] = field(default_factory=list)
    payers: list[IndexSettings] = field(default_factory=list)

    def left(self, index_id: str) -> tuple[float, bool]:
        """Return how many tokens an index may embed that nothing was measured for.

        And whether one text may be larger than that, since half of each limit is still there.
        """
        own = [(m, w) for m in self.meters if (w := m.weights.get(index_id, 0.0))]
        left = min(((m.limit - m.used) / w for m, w in own), default=float("inf"))
        return left, all(m.used <= m.limit / 2 for m, _ in own)


def limited(context: Context) -> bool:
    """Return whether the settings limit anything. Where they do not, nothing here is read."""
    settings = context.settings
    return settings.budget.limited or any(index.budget.limited for index in settings.indexes)


def read_meters(context: Context) -> Meters:
    """Return all limits as they stand."""
    promised: dict[str, float] = {}
    rewriting: dict[str, float] = {}
    known: dict[str, set[str]] = {}
    paid: set[tuple[str, str, str]] = set()
    payers: list[IndexSettings] = []
    for index in context.settings.indexes:
        state = desired(context, index)
        space, chunker_id = state.recipe.space_id, state.recipe.chunker_id
        if space not in known:
            known[space] = context.ledger.known_vectors(space)
        every = frozenset(d.doc_id for d in (*state.documents, *state.build.written))
        fresh = measured(context, index, state)
        for sums, others in ((promised, every - fresh), (rewriting, fresh)):
            exact, rough = lake_cost(context, index, state, known[space], others)
            sums[index.id] = (exact + rough).tokens
        places = {(source_id, chunker_id, space) for source_id in index.sources}
        if not places <= paid:
            payers.append(index)
        paid |= places
    meters: list[Meter] = []
    spent = _spent(context)
    for meter, money, daily in _limits(context):
        for at_run, tokens, cost, index_id in spent:
            if index_id in meter.weights and (daily or at_run == context.run_id):
                meter.used += cost if money else tokens
        meter.used += meter.amount(promised)
        meter.rewriting = meter.amount(rewriting)
        meters.append(meter)
    return Meters(meters, payers)


def _limits(context: Context) -> Iterator[tuple[Meter, bool, bool]]:
    """Yield each limit that is set, unused, and whether it is of money, and of a day."""
    indexes = context.settings.indexes
    budgets: list[tuple[Budget, tuple[IndexSettings, ...]]] = [(context.settings.budget, indexes)]
    budgets += [(index.budget, (index,)) for index in indexes]
    for budget, of in budgets:
        tokens = {index.id: 1.0 for index in of}
        money = {
            index.id: context.settings.encoder_of(index).price_per_million_tokens / 1e6
            for index in of
        }
        for limit, weights, daily in (
            (budget.tokens_per_run, tokens, False),
            (budget.tokens_per_day, tokens, True),
            (budget.money_per_run, money, False),
            (budget.money_per_day, money, True),
        ):
            if limit is not None:
                yield Meter(limit, weights), weights is money, daily


def _spent(context: Context) -> list[tuple[str, float, float, str]]:
    """Return (run, tokens, money, index) of what was embedded on this day, in UTC."""
    midnight = datetime.combine(context.clock.now().astimezone(UTC).date(), time(), UTC)
    return [
        (row.run_id, row.body["tokens"], row.body["money"], row.subject)
        for row in context.lake.journal.entries("cost", since=midnight)
    ]


def note_spent(context: Context, index: IndexSettings, done: EmbedReport) -> None:
    """Record in the journal what was embedded, at the price of now, by source and model."""
    price = context.settings.encoder_of(index).price_per_million_tokens
    space = context.encoder(index).space
    body = {
        "texts": done.embedded,
        "tokens": round(done.tokens),
        "price_per_million_tokens": price,
        "money": round(done.tokens * price / 1e6, 9),
        "sources": _whole(done),
        "model": space.model,
        "space": space.id,
    }
    context.lake.journal.add(context.run_id, "cost", index.id, body)


def _whole(done: EmbedReport) -> dict[str, dict[str, int]]:
    """Return texts and tokens by source in whole numbers that add up to those of all."""
    found = {
        source_id: {"texts": texts, "tokens": round(tokens)}
        for source_id, (texts, tokens) in sorted(done.sources.items())
    }
    largest = max(found.values(), key=lambda each: each["tokens"], default=None)
    if largest is not None:
        largest["tokens"] += round(done.tokens) - sum(each["tokens"] for each in found.values())
    return found


def ways(context: Context, source_id: str) -> list[str]:
    """Return the names of how a source's documents are cut and embedded; a listing notes them."""
    indexes = [index for index in context.settings.indexes if source_id in index.sources]
    return sorted({_way(context, index) for index in indexes})


def _way(context: Context, index: IndexSettings) -> str:
    recipe = context.recipe(index)
    return digest(recipe.chunker_id, recipe.space_id)[:16]


def measured(context: Context, index: IndexSettings, state: Desired) -> frozenset[str]:
    """Return the documents that a listing let in after measuring them for this index.

    Others were in the lake before: before there was a limit, or under another encoder.
    """
    way = _way(context, index)
    times: dict[str, set[str | None]] = defaultdict(set)
    for source_id in index.sources:
        for row in context.lake.journal.entries(
            "listing", "partial_listing", subject=source_id, last=_LISTINGS_READ
        ):
            if way in row.body.get("measured", ()):
                times[source_id].add(row.body["listed_at"])

    def is_measured(document: Current) -> bool:
        row = document.row
        # A moved document has texts of before, which cost nothing and so were not measured.
        return row["moved_from"] is None and iso(row["first_listed_at"]) in times[row["source_id"]]

    return frozenset(d.doc_id for d in state.documents if is_measured(d))
