"""Extractive grounding: passages for several intents, merged, without doubles, within a budget."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chunking.tokens import count
from freshground.core.clock import iso
from freshground.service.api.agents.asking import ask
from indexes.fusion import RRF_K

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from freshground.core.clock import Clock
    from freshground.service.api.agents.asking import Answer
    from freshground.service.api.agents.retrieval import Retrieval
    from freshground.service.api.served.catalog import Served
    from indexes.search.plan import Found

HITS = 50
"""Passages that each intent may bring."""
REFERENCES = 200

SOURCE_FIELDS = (
    "source_uri", "title", "headings", "page_first", "page_last", "table_header", "cells",
    "start", "end",
    "source_modified_at", "indexed_at", "release", "stale",
)  # fmt: skip
"""What a reference tells of its passage, besides the key."""

_FIELDS = ("text", *SOURCE_FIELDS)
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Asked:
    """How one intent went. `found` is None where time ran out before it."""

    text: str
    at: str | None
    elapsed_ms: int
    found: int | None


@dataclass
class Grounding:
    """Passages, best first, and the text of the answer that holds them all."""

    passages: list[tuple[Found, int]] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    text: str = "[]"
    tokens: int = 2
    doubles: int = 0
    left_out: int = 0

    @property
    def partial(self) -> bool:
        """Whether an intent was not looked for any more."""
        return any(each.found is None for each in self.asked)


def ground(
    served: Served, wanted: Retrieval, clock: Clock, timer: Callable[[], float]
) -> Grounding:
    """Look for each intent in what may be seen, and return what fits into the budget.

    Rankings are joined by rank (RRF over intents). `timer` counts seconds. ApiError 400 for a
    filter that is wrong.
    """
    grounding = Grounding()
    start = timer()
    best: dict[str, tuple[Found, int, float]] = {}
    for number, text in enumerate(wanted.intents):
        began = timer()
        if number and began - start >= wanted.runtime_s:
            grounding.asked.append(Asked(text, None, 0, None))
            continue
        found = ask(served, text, where=wanted.where, k=HITS, select=_FIELDS)
        grounding.answers.append(found)
        for rank, hit in enumerate(found.hits, 1):
            known, by, score = best.get(hit.key, (hit, number, 0.0))
            best[hit.key] = (known, by, score + 1 / (RRF_K + rank))
        elapsed = round(1000 * (timer() - began))
        grounding.asked.append(Asked(text, iso(clock.now()), elapsed, len(found.hits)))
    ranked = sorted(best.values(), key=lambda each: (-each[2], each[0].key))
    _fill(grounding, [(hit, by) for hit, by, _ in ranked], wanted.output_tokens)
    return grounding


def answer(grounding: Grounding, wanted: Retrieval, source: str) -> dict[str, Any]:
    """Return the body of the answer, as clients of 2026-04-01 read it."""
    body: dict[str, Any] = {
        "response": [{"role": "assistant", "content": [{"type": "text", "text": grounding.text}]}]
    }
    if wanted.activity:
        body["activity"] = _activity(grounding, wanted, source)
    if wanted.references:
        body["references"] = [
            {
                "type": "searchIndex",
                "id": str(place),
                "activitySource": by,
                "docKey": hit.key,
                **({"sourceData": _source_data(hit)} if wanted.source_data else {}),
            }
            for place, (hit, by) in enumerate(grounding.passages)
        ]
    return body


def _fill(grounding: Grounding, ranked: Sequence[tuple[Found, int]], budget: int) -> None:
    """Take passages while they fit. One that is too long is left out, shorter ones after it not."""
    entries: list[str] = []
    seen: set[str] = set()
    used = 2  # the brackets
    for hit, by in ranked:
        text = _SPACE.sub(" ", str(hit.document.get("text") or "")).strip().casefold()
        if text in seen:
            grounding.doubles += 1
            continue
        seen.add(text)
        entry = _entry(len(entries), hit)
        [tokens] = count([entry])
        if used + tokens + 1 > budget or len(entries) == REFERENCES:
            grounding.left_out += 1
            continue
        used += tokens + 1  # the comma
        entries.append(entry)
        grounding.passages.append((hit, by))
    # Tokens of parts may add up to less than those of the whole.
    while True:
        grounding.text = f"[{','.join(entries)}]"
        [grounding.tokens] = count([grounding.text])
        if grounding.tokens <= budget or not entries:
            return
        entries.pop()
        grounding.passages.pop()
        grounding.left_out += 1


def _entry(number: int, hit: Found) -> str:
    document = hit.document
    told = {
        "ref_id": number,
        "title": document.get("title") or "",
        "source_modified_at": document.get("source_modified_at"),
        "content": document.get("text") or "",
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def _source_data(hit: Found) -> dict[str, Any]:
    return {name: hit.document.get(name) for name in SOURCE_FIELDS}


def _activity(grounding: Grounding, wanted: Retrieval, source: str) -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = []
    for number, asked in enumerate(grounding.asked):
        record: dict[str, Any] = {
            "type": "searchIndex",
            "id": number,
            "knowledgeSourceName": source,
            "queryTime": asked.at,
            "count": asked.found or 0,
            "elapsedMs": asked.elapsed_ms,
            "searchIndexArguments": {
                "search": asked.text,
                "filter": wanted.where,
                "sourceDataFields": [{"name": name} for name in SOURCE_FIELDS],
                "searchFields": [],
            },
        }
        if asked.found is None:
            record["error"] = {
                "code": "OutOfTime",
                "message": f"{wanted.runtime_s:g} s were over before this intent was begun.",
            }
        records.append(record)
    return records
