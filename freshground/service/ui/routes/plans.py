"""Decisions about plans that a guard stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshground.service.plans import approvals
from freshground.service.ui.routing import Asked, Done, action

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.routing import BaseRoute

    from freshground.service.ui.board import Board

_DIGITS = 12


def router(board: Board) -> list[BaseRoute]:
    """Return the routes."""

    def approve_plan(asked: Asked) -> Done:
        return _decided(asked, approvals.approve, "approved: the next refresh lets exactly it pass")

    def reject_plan(asked: Asked) -> Done:
        return _decided(asked, approvals.reject, "rejected: it stays stopped")

    return [
        action(board, "/plans/{source}/approve", approve_plan),
        action(board, "/plans/{source}/reject", reject_plan),
    ]


def _decided(asked: Asked, decide: Callable[..., dict[str, object]], said: str) -> Done:
    source = asked.path["source"]
    row = decide(
        asked.context,
        source,
        plan=asked.form.get("plan") or None,  # the one that was looked at, and no other
        by=asked.person.name,
        comment=asked.comment,
    )
    plan = str(row["plan"])
    facts = {"plan": plan, "affected": row["affected"]}
    return Done("/", f"Plan {plan[:_DIGITS]} of source {source} is {said}.", source, facts)
