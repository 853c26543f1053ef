"""What was asked that found a document: how many answers by day, and the golden questions."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from freshground.service.views.questions import last, questions
from freshground.service.views.readable import objects, sight

if TYPE_CHECKING:
    from collections.abc import Iterable

    from freshground.core.settings import IndexSettings
    from freshground.lake.found import Words
    from freshground.service.context import Context

DAYS = 30


def found_by(
    context: Context, doc_id: str, own: frozenset[str] | None = None
) -> dict[str, Any] | None:
    """Return what found a document in the last 30 days, for somebody with groups. JSON-ready.

    None when they may not read it, or no source lists it; `own` None is every known group. Counts
    are of answers of the service; `words` are those that who looks could have asked, and are kept
    only where `serve.log.query_text` is set.
    """
    row = objects(context, context.settings.source_ids).get(doc_id)
    if row is None or not sight(context, own).row(row):
        return None
    today = context.clock.now().astimezone(UTC).date()
    first = today - timedelta(days=DAYS - 1)
    finds = context.lake.found.of(doc_id, first)
    by_day: dict[str, list[int]] = {str(first + timedelta(days=n)): [0, 0] for n in range(DAYS)}
    for find in finds:
        counts = by_day[find.day.isoformat()]
        counts[0] += find.answers
        counts[1] += find.first
    indexes = [i for i in context.settings.indexes if row["source_id"] in i.sources]
    golden = [_golden(context, index, doc_id, own) for index in indexes]
    words = _words((w for find in finds for w in find.words), own)
    return {
        "doc_id": doc_id,
        "days": DAYS,
        "since": first.isoformat(),
        "answers": sum(find.answers for find in finds),
        "first": sum(find.first for find in finds),
        "of": sum(find.of for find in finds),
        "by_day": [{"day": day, "answers": a, "first": f} for day, (a, f) in by_day.items()],
        "golden": [each for each in golden if each["questions"] or each["hidden"]],
        "words_kept": context.settings.serve.log.query_text,
        "words": words,
    }


def _golden(
    context: Context, index: IndexSettings, doc_id: str, own: frozenset[str] | None
) -> dict[str, Any]:
    """Return the golden questions whose first ten in the live release hold a document.

    `rank` None: it answers the question, and is not among them. `hidden` counts those that others
    may see.
    """
    answers = last(context, index)
    ranking = answers.ranking if answers else {}
    told = questions(context, index, own)
    found: list[dict[str, Any]] = []
    for question in told["questions"]:
        ranked = ranking.get(question["id"], [])
        rank = ranked.index(doc_id) + 1 if doc_id in ranked else None
        right = any(each["doc_id"] == doc_id for each in question["relevant"])
        wrong = any(each["doc_id"] == doc_id for each in question["not_relevant"])
        if rank is not None or right or wrong:
            kept = {name: question[name] for name in ("id", "text", "groups", "source", "asked")}
            verdict = "answers it" if right else "does not answer it" if wrong else None
            found.append({**kept, "rank": rank, "verdict": verdict})
    seen = {question["id"] for question in told["questions"]}
    hidden = sum(doc_id in ranked for name, ranked in ranking.items() if name not in seen)
    found.sort(key=lambda each: (each["rank"] is None, each["rank"] or 0, each["id"]))
    release = answers.release if answers else None
    return {"index": index.id, "release": release, "questions": found, "hidden": hidden}


def _words(words: Iterable[Words], own: frozenset[str] | None) -> list[str]:
    """Return the questions that somebody with these groups could have asked themselves."""
    seen = (
        each.text
        for each in words
        if own is None or (each.groups is not None and own.issuperset(each.groups))
    )
    return list(dict.fromkeys(seen))[:20]
