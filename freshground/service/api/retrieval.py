"""What a knowledge base's `retrieve` asks for: the request, checked field by field.

Without a language model there is nothing to plan a query from a conversation or to write an
answer with, so only intents are taken, and what was found is returned as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from freshground.service.api.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping

INTENTS = 16
TEXT = 10_000
"""Characters of an intent."""
OUTPUT_TOKENS = 5_000
"""How long the answer may be where the caller does not say."""
MOST_OUTPUT_TOKENS = 200_000
RUNTIME_S = 30.0
MOST_RUNTIME_S = 600

_MODEL = (
    "No language model is served here. Send `intents`: "
    '[{"type": "semantic", "search": "the question in plain words"}].'
)
_KNOWN = frozenset(
    {
        "intents", "messages", "maxRuntimeInSeconds", "maxOutputSizeInTokens", "maxOutputSize",
        "includeActivity", "knowledgeSourceParams", "outputMode", "retrievalReasoningEffort",
    }
)  # fmt: skip
_KNOWN_PARAMS = frozenset(
    {
        "kind", "knowledgeSourceName", "filterAddOn", "includeReferences",
        "includeReferenceSourceData", "alwaysQuerySource", "rerankerThreshold",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retrieval:
    """One retrieval: what is looked for, in which rows, and how much may come back.

    `output_tokens` bounds the text of the answer in cl100k_base tokens, `runtime_s` the seconds
    after which no further intent is begun.
    """

    intents: tuple[str, ...]
    where: str | None = None
    output_tokens: int = OUTPUT_TOKENS
    runtime_s: float = RUNTIME_S
    activity: bool = False
    references: bool = True
    source_data: bool = True


def read_retrieval(body: Mapping[str, Any], source: str) -> Retrieval:
    """Return what a request's body asks of the knowledge source named so.

    ApiError 400 names what is wrong, and what needs a language model or a cross-encoder.
    """
    unknown = sorted(set(body) - _KNOWN)
    if unknown:
        _refuse("UnknownParameter", f"The request has {unknown[0]!r}, which is not known.")
    _refuse_models(body)
    params = _params(body.get("knowledgeSourceParams"), source)
    limit = body.get("maxOutputSizeInTokens")
    if limit is None:
        limit = body.get("maxOutputSize")  # its name in previews
    return Retrieval(
        intents=_intents(body.get("intents")),
        where=_typed(params, "filterAddOn", str),
        output_tokens=_number(limit, "maxOutputSizeInTokens", MOST_OUTPUT_TOKENS, OUTPUT_TOKENS),
        runtime_s=_number(
            body.get("maxRuntimeInSeconds"), "maxRuntimeInSeconds", MOST_RUNTIME_S, RUNTIME_S
        ),
        activity=bool(_typed(body, "includeActivity", bool)),
        references=_typed(params, "includeReferences", bool) is not False,
        source_data=_typed(params, "includeReferenceSourceData", bool) is not False,
    )


def _refuse_models(body: Mapping[str, Any]) -> None:
    if body.get("messages"):
        _refuse("LanguageModelUnavailable", f"`messages` need a language model. {_MODEL}")
    if body.get("outputMode") not in (None, "extractiveData"):
        _refuse("LanguageModelUnavailable", f"outputMode has to be extractiveData. {_MODEL}")
    effort = body.get("retrievalReasoningEffort")
    if effort is None:
        return
    if not isinstance(effort, dict) or effort.get("kind") != "minimal":
        _refuse(
            "LanguageModelUnavailable",
            f"retrievalReasoningEffort has to be of the kind minimal. {_MODEL}",
        )


def _intents(given: Any) -> tuple[str, ...]:
    if not isinstance(given, list) or not given:
        _refuse("MissingIntents", "`intents` is empty or missing: send at least one.")
    if len(given) > INTENTS:
        _refuse("TooManyIntents", f"There are {len(given)} intents; {INTENTS} is the most.")
    found: list[str] = []
    for each in given:
        if not isinstance(each, dict) or each.get("type", "semantic") != "semantic":
            _refuse("InvalidIntent", "An intent is {'type': 'semantic', 'search': TEXT}.")
        text = each.get("search")
        if not isinstance(text, str) or not text.strip() or len(text) > TEXT:
            _refuse(
                "InvalidIntent", f"`search` of an intent is a text of 1 to {TEXT:,} characters."
            )
        found.append(text)
    return tuple(dict.fromkeys(found))


def _params(given: Any, source: str) -> Mapping[str, Any]:
    if given is None or given == []:
        return {}
    if not isinstance(given, list) or len(given) != 1 or not isinstance(given[0], dict):
        _refuse(
            "InvalidKnowledgeSourceParams",
            "knowledgeSourceParams is a list of one object: this knowledge base has one source.",
        )
    params: Mapping[str, Any] = given[0]
    unknown = sorted(set(params) - _KNOWN_PARAMS)
    if unknown:
        _refuse("UnknownParameter", f"knowledgeSourceParams has {unknown[0]!r}, which is unknown.")
    if params.get("kind", "searchIndex") != "searchIndex":
        _refuse("InvalidKnowledgeSourceParams", "Knowledge sources here are of kind searchIndex.")
    if params.get("knowledgeSourceName", source) != source:
        _refuse(
            "UnknownKnowledgeSource",
            f"This knowledge base's one source is {source!r}; "
            f"{str(params['knowledgeSourceName'])[:80]!r} was named.",
        )
    if params.get("rerankerThreshold") is not None:
        _refuse(
            "SemanticRankingUnavailable",
            "rerankerThreshold needs the scores of a cross-encoder, which retrieval does not use. "
            "Leave it out.",
        )
    return params


def _typed(body: Mapping[str, Any], name: str, kind: type) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        _refuse("InvalidParameter", f"{name} is {type(value).__name__}, not {kind.__name__}.")
    return value


def _number(value: Any, name: str, most: int, usual: Any) -> Any:
    if value is None:
        return usual
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
        _refuse("InvalidParameter", f"{name} is a whole number from 1 to {most:,}.")
    return value


def _refuse(code: str, said: str) -> NoReturn:
    raise ApiError(400, code, said)
