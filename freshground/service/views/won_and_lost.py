"""Golden questions by their ids: texts for who may read the documents that answer them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from freshground.core.errors import ConfigError
from freshground.service.asking.evaluation import names_of
from freshground.service.stages.golden import golden
from freshground.service.stages.regression import NOTE
from freshground.service.views.questions import may_see
from freshground.service.views.readable import objects

if TYPE_CHECKING:
    from collections.abc import Collection

    from freshground.core.settings import IndexSettings
    from freshground.service.context import Context
    from freshground.service.views.readable import Sight
    from indexes.release import Manifest

_ROUNDING = 1e-9
"""As in `quality.regression`: less is a tie."""


def texts(
    context: Context, index: IndexSettings, ids: Collection[str], seen: Sight
) -> dict[str, str | None]:
    """Return the texts of those questions that somebody may see; None where the file has none now.

    See `questions.may_see`: a question tells what the documents that answer it say.
    """
    if not ids:
        return {}
    try:
        asked = {question.id: question for question in golden(context, index)}
    except ConfigError:
        asked = {}
    answers = {name for i in ids if i in asked for name in asked[i].documents}
    hidden: set[str] = set()
    known: set[str] = set()
    for row in objects(context, index.sources).values() if answers else ():
        names = answers.intersection(names_of(row))
        known |= names
        if names and not seen.row(row):
            hidden |= names
    if seen.groups is not None:
        hidden |= answers - known
    found: dict[str, str | None] = {}
    for name in ids:
        question = asked.get(name)
        if question is None:
            if seen.groups is None:
                found[name] = None
        elif hidden.isdisjoint(question.documents) and may_see(seen, question, readable=True):
            found[name] = question.text
    return found


def won_and_lost(
    context: Context, index: IndexSettings, manifest: Manifest, seen: Sight
) -> dict[str, Any] | None:
    """Return the questions that a candidate answers better and worse than what was live then.

    By nDCG@10, the greatest change first; `hidden` counts those that somebody may not see. None
    where no questions were asked.
    """
    note = context.releases.noted(manifest, NOTE)
    if note is None:
        return None
    after = {row["query_id"]: row["ndcg_10"] for row in note["results"]}
    against, before = _live(context, index, manifest, note)
    changes = {name: after[name] - before[name] for name in after if name in before}
    changed = [name for name, change in changes.items() if abs(change) > _ROUNDING]
    shown = texts(context, index, changed, seen)
    rows = [
        {"id": name, "text": shown[name], "before": before[name], "after": after[name]}
        for name in sorted(shown, key=lambda name: (-abs(changes[name]), name))
    ]
    return {
        "asked": len(after),
        "compared": len(changes),
        "against": against,
        "ndcg_10": _mean(list(after.values())),
        "live_ndcg_10": _mean([before[name] for name in changes]),
        "won": [row for row in rows if row["after"] > row["before"]],
        "lost": [row for row in rows if row["after"] < row["before"]],
        "ties": len(changes) - len(changed),
        "hidden": len(changed) - len(shown),
    }


def _live(
    context: Context, index: IndexSettings, manifest: Manifest, note: dict[str, Any]
) -> tuple[int | None, dict[str, float]]:
    """Return what was live, and its results: as asked then, else as it was asked when new."""
    live = note.get("live")
    if live is not None:
        return live["release"], live["ndcg_10"]
    pointer = context.releases.published(index.id).get(manifest.parent or 0)
    parent = context.releases.find(index.id, pointer.candidate) if pointer else None
    older = context.releases.noted(parent, NOTE) if parent else None
    if older is None:
        return None, {}
    return manifest.parent, {row["query_id"]: row["ndcg_10"] for row in older["results"]}


def _mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None
