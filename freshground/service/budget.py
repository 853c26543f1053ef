"""What may still be spent on embedding, and which documents have to wait for it.

Documents are let in at the source, whole, the oldest first; the first that does not fit holds back
those after it, so that a large one is not overtaken for ever. What was let in is embedded to the
end, even if it was estimated too low: that counts against the day.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING

from freshground.service.estimate import Cost, lake_cost, past_of
from freshground.service.stages.desired import desired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from freshground.core.records import ObjectStat
    from freshground.core.settings import Budget, IndexSettings
    from freshground.service.context import Context
    from freshground.service.estimate import Past
    from ingestion.difference import Difference

_LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass
class Meter:
    """One limit: `limit` and `used` in tokens or money, over the `indexes` that it is set for.

    The first thing always fits: a document larger than the whole limit goes alone.
    """

    limit: float
    used: float
    money: bool
    indexes: frozenset[str]

    def amount(self, costs: Mapping[str, tuple[float, float]]) -> float:
        """Return what costs, as (tokens, money) by index, are to this meter."""
        return sum(cost[self.money] for name, cost in costs.items() if name in self.indexes)

    def fits(self, amount: float) -> bool:
        """Return whether an amount may be spent."""
        return not amount or not self.used or self.used + amount <= self.limit


@dataclass
class Meters:
    """All limits of a project, as they stand: spent today, or waiting in the lake to be spent.

    `payers` are the indexes that are charged: of those that share texts and space, the first.
    """

    meters: list[Meter] = field(default_factory=list)
    payers: list[IndexSettings] = field(default_factory=list)
    pasts: dict[tuple[str, str], Past] = field(default_factory=dict)

    def take(self, costs: Mapping[str, tuple[float, float]]) -> bool:
        """Charge costs, as (tokens, money) by index, if every meter allows; return whether."""
        if not all(meter.fits(meter.amount(costs)) for meter in self.meters):
            return False
        for meter in self.meters:
            meter.used += meter.amount(costs)
        return True


def limited(context: Context) -> bool:
    """Return whether the settings limit anything."""
    return context.settings.budget.limited or any(
        index.budget.limited for index in context.settings.indexes
    )


def read_meters(context: Context) -> Meters:
    """Return the meters of all limits; none when nothing is limited, and then nothing is read."""
    found = Meters()
    if not limited(context):
        return found
    spent_today, spent_run = spent(context)
    waiting: dict[str, tuple[float, float]] = {}
    known: dict[str, set[str]] = {}
    paid: set[tuple[str, str, str]] = set()
    for index in context.settings.indexes:
        state = desired(context, index)
        space, chunker_id = state.recipe.space_id, state.recipe.chunker_id
        texts = known.setdefault(space, context.ledger.known_vectors(space))
        exact, rough = lake_cost(context, index, state, texts)
        waiting[index.id] = _priced(context, index, exact + rough)
        places = {(source_id, chunker_id, space) for source_id in index.sources}
        if not places <= paid:
            found.payers.append(index)
        paid |= places
    everything = frozenset(waiting)
    for budget, names in (
        (context.settings.budget, everything),
        *((index.budget, frozenset({index.id})) for index in context.settings.indexes),
    ):
        found.meters += _meters(budget, names, waiting, spent_today, spent_run)
    return found


def _meters(
    budget: Budget,
    names: frozenset[str],
    waiting: Mapping[str, tuple[float, float]],
    today: Mapping[str, tuple[float, float]],
    run: Mapping[str, tuple[float, float]],
) -> list[Meter]:
    found: list[Meter] = []
    for limit, money, spent_so_far in (
        (budget.tokens_per_day, False, today),
        (budget.money_per_day, True, today),
        (budget.tokens_per_run, False, run),
        (budget.money_per_run, True, run),
    ):
        if limit is not None:
            meter = Meter(limit, 0.0, money, names)
            meter.used = meter.amount(spent_so_far) + meter.amount(waiting)
            found.append(meter)
    return found


def spent(
    context: Context,
) -> tuple[dict[str, tuple[float, float]], dict[str, tuple[float, float]]]:
    """Return (tokens, money) by index, of today in UTC and of this run."""
    midnight = datetime.combine(context.clock.now().astimezone(UTC).date(), time(), UTC)
    today: dict[str, tuple[float, float]] = {}
    run: dict[str, tuple[float, float]] = {}
    for row in context.lake.journal.entries("cost", since=midnight):
        for sums in (today, run) if row.run_id == context.run_id else (today,):
            tokens, money = sums.get(row.subject, (0.0, 0.0))
            sums[row.subject] = (tokens + row.body["tokens"], money + row.body["money"])
    return today, run


def left_for_rewriting(context: Context, index: IndexSettings) -> float:
    """Return how many tokens may be embedded now of an index that is written anew; inf: all.

    One at least while nothing was spent, so that it ends some day.
    """
    price = context.settings.encoder_of(index).price_per_million_tokens / 1e6
    today, run = spent(context)
    everything = frozenset(i.id for i in context.settings.indexes)
    left = math.inf
    for budget, names in (
        (context.settings.budget, everything),
        (index.budget, frozenset({index.id})),
    ):
        for meter in _meters(budget, names, {}, today, run):
            rest = max(0.0 if meter.used else 1e-9, meter.limit - meter.used)
            if not meter.money:
                left = min(left, rest)
            elif price:
                left = min(left, rest / price)
    return left


def note_spent(context: Context, index: IndexSettings, texts: int, tokens: float) -> None:
    """Record in the journal what was embedded, at the price of now."""
    price = context.settings.encoder_of(index).price_per_million_tokens
    body = {
        "texts": texts,
        "tokens": round(tokens),
        "price_per_million_tokens": price,
        "money": round(tokens * price / 1e6, 9),
    }
    context.lake.journal.add(context.run_id, "cost", index.id, body)


def deferred(context: Context, difference: Difference, meters: Meters) -> list[ObjectStat]:
    """Return the new and changed documents of a source that have to wait, the oldest first.

    The others are charged to the meters. Moves cost nothing. Objects are read only when not all
    fits.
    """
    source_id = difference.source.id
    payers = [index for index in meters.payers if source_id in index.sources]
    if not meters.meters or not payers:
        return []
    for index in payers:
        meters.pasts[index.id, source_id] = past_of(context, index, source_id)
    everything = [*difference.changes.added, *difference.changes.suspects]
    whole: dict[str, tuple[float, float]] = {}
    for stat in everything:
        for name, cost in _costs(context, meters, payers, source_id, stat).items():
            tokens, money = whole.get(name, (0.0, 0.0))
            whole[name] = (tokens + cost[0], money + cost[1])
    if all(m.used + m.amount(whole) <= m.limit for m in meters.meters):
        meters.take(whole)
        return []
    costs = {
        stat.key: (stat, _costs(context, meters, payers, source_id, stat))
        for stat in difference.added
    }
    for edit in difference.edits:
        own = {
            index.id: _priced(context, index, meters.pasts[index.id, source_id].cost_of_edit(edit))
            for index in payers
        }
        costs[edit.stat.key] = (edit.stat, own)
    order = sorted(costs.values(), key=lambda c: (c[0].modified_at or _LATEST, c[0].key))
    for place, (_, own) in enumerate(order):
        if not meters.take(own):
            return [stat for stat, _ in order[place:]]
    return []


def _costs(
    context: Context,
    meters: Meters,
    payers: list[IndexSettings],
    source_id: str,
    stat: ObjectStat,
) -> dict[str, tuple[float, float]]:
    return {
        index.id: _priced(
            context, index, meters.pasts[index.id, source_id].cost(stat.key, stat.size)
        )
        for index in payers
    }


def _priced(context: Context, index: IndexSettings, cost: Cost) -> tuple[float, float]:
    price = context.settings.encoder_of(index).price_per_million_tokens
    return cost.tokens, cost.tokens * price / 1e6
