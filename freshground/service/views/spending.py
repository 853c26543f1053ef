"""What each index has cost today, and how far that is from its limits."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from freshground.core.settings import Budget
    from freshground.service.context import Context


def spending(context: Context) -> dict[str, dict[str, Any]]:
    """Return by index `tokens_today`, `money_today` and the daily `limits` that bind it.

    A day is one in UTC. A limit has `of` (the index, or project), `unit` (tokens or money), `used`,
    `limit` and `share`, which may be above 1: what was let in is embedded to its end.
    """
    midnight = datetime.combine(context.clock.now().astimezone(UTC).date(), time(), UTC)
    tokens = {index.id: 0.0 for index in context.settings.indexes}
    money = dict(tokens)
    for row in context.lake.journal.entries("cost", since=midnight):
        if row.subject in tokens:
            tokens[row.subject] += row.body["tokens"]
            money[row.subject] += row.body["money"]
    whole = _limits(context.settings.budget, "project", sum(tokens.values()), sum(money.values()))
    return {
        index.id: {
            "tokens_today": tokens[index.id],
            "money_today": round(money[index.id], 9),
            "limits": [
                *_limits(index.budget, index.id, tokens[index.id], money[index.id]),
                *whole,
            ],
        }
        for index in context.settings.indexes
    }


def _limits(budget: Budget, of: str, tokens: float, money: float) -> list[dict[str, Any]]:
    return [
        {"of": of, "unit": unit, "used": round(used, 9), "limit": limit, "share": used / limit}
        for unit, used, limit in (
            ("tokens", tokens, budget.tokens_per_day),
            ("money", money, budget.money_per_day),
        )
        if limit is not None
    ]
