"""What a search asks of semantic ranking: `queryType: semantic` and what belongs to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from freshground.service.api.errors import ApiError
from freshground.service.api.queries.parameters import Parameters, invalid, not_served

if TYPE_CHECKING:
    from indexes.search.definition import Definition

_CAPTIONS = re.compile(r"(none|extractive)(?:\|highlight-(true|false))?", re.IGNORECASE)
_OWN = ("semanticConfiguration", "semanticQuery")


@dataclass(frozen=True, slots=True)
class SemanticAsked:
    """The question that hits are read again for, the configuration, and whether captions follow."""

    query: str
    configuration: str | None
    captions: bool
    highlighted: bool


def semantic_asked(
    definition: Definition,  # noqa: ARG001 - answers may come to depend on it
    asked: Parameters,
    search: str | None,
) -> SemanticAsked | None:
    """Return what is asked of semantic ranking, None for nothing. ApiError 400."""
    kind = asked.choice("queryType", {"simple": "simple", "full": "full", "semantic": "semantic"},
                        "simple")  # fmt: skip
    if kind == "full":
        raise not_served("queryType", "full, which is the whole Lucene syntax,", "Use simple.")
    configuration, query = (asked.text(name) for name in _OWN)
    captions = _CAPTIONS.fullmatch(asked.text("captions") or "none")
    if captions is None:
        raise invalid(
            "captions", "is wrong", "Write none, extractive or extractive|highlight-true."
        )
    answers = asked.text("answers")
    if answers is not None and answers.lower() != "none":
        raise not_served("answers", "extracting answers", "Ask for captions.")
    # No ranking is waited for, and none is partial: these two change nothing.
    asked.choice("semanticErrorHandling", {"fail": 0, "partial": 0}, 0)
    asked.whole("semanticMaxWaitInMilliseconds", 700, 2**31 - 1)
    extractive = captions[1].lower() == "extractive"
    if kind != "semantic" and configuration is None and query is None and not extractive:
        return None
    text = query or search or ""
    if text.strip() in {"", "*"}:
        raise ApiError(400, "InvalidParameter", "Semantic ranking needs a text in 'search'.")
    return SemanticAsked(text, configuration, extractive, captions[2] != "false")
